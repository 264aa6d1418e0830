package train

import (
	"fmt"
	"math"
)

// Schedule is how the learning rate changes from epoch to epoch: a [Cosine],
// [MultiStep], [Exponential] or [Linear]. The formulas are those of the published
// training code (AutoDL-Projects, optimizers.py).
type Schedule interface {
	// rate is that of an epoch counted from the end of the warm-up.
	rate(r Recipe, epoch int) float64
	validate() error
	// name and settings are those of the published configs.
	name() string
	settings() []setting
}

// Cosine falls along half a period of a cosine: Min + (rate-Min) * (1 +
// cos(pi*epoch/Period)) / 2.
type Cosine struct {
	Min    float64
	Period int // in epochs; 0 stands for the recipe's epochs
}

// rate stays at Min in as many epochs at the end as the warm-up has: the
// published code counts them from the start of the warm-up when it ends the
// cosine, but from its end within it.
func (c Cosine) rate(r Recipe, epoch int) float64 {
	if epoch+r.WarmUp >= r.Epochs {
		return c.Min
	}
	period := c.Period
	if period == 0 {
		period = r.Epochs
	}
	return c.Min + (r.Rate-c.Min)*(1+math.Cos(math.Pi*float64(epoch)/float64(period)))/2
}

func (c Cosine) validate() error {
	if !(c.Min >= 0) || math.IsInf(c.Min, 0) {
		return fmt.Errorf("lowest learning rate %g, want 0 or more", c.Min)
	}
	if c.Period < 0 {
		return fmt.Errorf("cosine of %d epochs, want 1 or more", c.Period)
	}
	return nil
}

// MultiStep multiplies the rate by each of Factors from the milestone of the same
// place on.
type MultiStep struct {
	Milestones []int // epochs, in rising order
	Factors    []float64
}

func (m MultiStep) rate(r Recipe, epoch int) float64 {
	rate := r.Rate
	for i, milestone := range m.Milestones {
		if epoch >= milestone {
			rate *= m.Factors[i]
		}
	}
	return rate
}

func (m MultiStep) validate() error {
	if len(m.Milestones) != len(m.Factors) {
		return fmt.Errorf("%d milestones and %d gammas, want as many", len(m.Milestones), len(m.Factors))
	}
	last := 0
	for i, milestone := range m.Milestones {
		if milestone < last {
			return fmt.Errorf("milestones %v, want epochs in rising order", m.Milestones)
		}
		last = milestone
		if !positive(m.Factors[i]) {
			return fmt.Errorf("gammas %v, want positive numbers", m.Factors)
		}
	}
	return nil
}

// Exponential multiplies the rate by Factor after every epoch.
type Exponential struct{ Factor float64 }

func (e Exponential) rate(r Recipe, epoch int) float64 {
	return r.Rate * math.Pow(e.Factor, float64(epoch))
}

func (e Exponential) validate() error {
	if !positive(e.Factor) {
		return fmt.Errorf("gamma %g, want a positive number", e.Factor)
	}
	return nil
}

// Linear falls in equal steps, one an epoch, that would reach Min after the last.
type Linear struct{ Min float64 }

func (l Linear) rate(r Recipe, epoch int) float64 {
	return r.Rate * (1 - (r.Rate-l.Min)*float64(epoch)/float64(r.Epochs)/r.Rate)
}

func (l Linear) validate() error {
	if !(l.Min >= 0) || math.IsInf(l.Min, 0) {
		return fmt.Errorf("lowest learning rate %g, want 0 or more", l.Min)
	}
	return nil
}

func positive(v float64) bool { return v > 0 && !math.IsInf(v, 0) }
