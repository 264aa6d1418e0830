package record

import (
	"math"
	"slices"
)

// Curve holds one number for each of some epochs.
type Curve struct {
	Values []float64
	Epochs []int // the epoch of each value; nil stands for 0, 1, 2 ...
}

// Len is the number of values.
func (c Curve) Len() int { return len(c.Values) }

// EpochOf is the epoch of value i.
func (c Curve) EpochOf(i int) int {
	if c.Epochs == nil {
		return i
	}
	return c.Epochs[i]
}

// At gives the value of an epoch.
func (c Curve) At(epoch int) (float64, bool) {
	i := epoch
	if c.Epochs != nil {
		i = slices.Index(c.Epochs, epoch)
	}
	if i < 0 || i >= len(c.Values) {
		return 0, false
	}
	return c.Values[i], true
}

// Upto gives the values of the epochs 0 to last, if all of them are there. The
// slice may be the curve's own.
func (c Curve) Upto(last int) ([]float64, bool) {
	if c.Epochs == nil {
		if last >= len(c.Values) {
			return nil, false
		}
		return c.Values[:last+1], true
	}
	if last >= len(c.Values) {
		return nil, false // an epoch is missing, no need to look which
	}
	values, found := make([]float64, last+1), make([]bool, last+1)
	missing := last + 1
	for i, e := range c.Epochs {
		if e >= 0 && e <= last && !found[e] { // of two values the first counts, as in At
			values[e], found[e] = c.Values[i], true
			missing--
		}
	}
	if missing > 0 {
		return nil, false
	}
	return values, true
}

// NumberAt is At as a number.
func (c Curve) NumberAt(epoch int) Number {
	v, ok := c.At(epoch)
	return Number{v, ok}
}

// Elapsed gives the value of an epoch and the sum of those up to it, of a curve of
// seconds that has all of them.
func (c Curve) Elapsed(epoch int) (seconds, total Number) {
	upto, ok := c.Upto(epoch)
	if !ok || epoch < 0 {
		return Number{}, Number{}
	}
	return NumberOf(upto[epoch]), NumberOf(plainSum(upto))
}

// Distinct reports whether no epoch is there twice.
func (c Curve) Distinct() bool {
	seen := make([]bool, 0, len(c.Epochs))
	for _, e := range c.Epochs {
		if e >= len(seen) {
			seen = append(seen, make([]bool, e+1-len(seen))...)
		}
		if seen[e] {
			return false
		}
		seen[e] = true
	}
	return true
}

// same takes two values that are no numbers for the same.
func (c Curve) same(o Curve) bool {
	return slices.Equal(c.Epochs, o.Epochs) && slices.EqualFunc(c.Values, o.Values, func(a, b float64) bool {
		return a == b || math.IsNaN(a) && math.IsNaN(b)
	})
}

// constant gives n values that are all the same.
func constant(v float64, n int) Curve { return Curve{Values: slices.Repeat([]float64{v}, n)} }

// Add appends the value of an epoch.
func (c *Curve) Add(epoch int, v float64) {
	if c.Epochs == nil && epoch != len(c.Values) {
		c.Epochs = make([]int, len(c.Values), len(c.Values)+1)
		for i := range c.Epochs {
			c.Epochs[i] = i
		}
	}
	c.Values = append(c.Values, v)
	if c.Epochs != nil {
		c.Epochs = append(c.Epochs, epoch)
	}
}

// clone copies the curve.
func (c Curve) clone() Curve {
	return Curve{slices.Clone(c.Values), slices.Clone(c.Epochs)}
}
