package train

import (
	"fmt"
	"math"

	"cellnet/data"
)

// Recipe says how a network is trained. Start from [Preset]; the zero value is no
// recipe.
type Recipe struct {
	Epochs    int      // after those of the warm-up
	WarmUp    int      // epochs in which the rate rises from 0 to Rate, step by step
	BatchSize int      // images of a step; the last step of an epoch takes what is left
	Rate      float64  // learning rate to start from
	Schedule  Schedule // of the rate after the warm-up
	Method    Method
	Momentum  float64
	Nesterov  bool    // with MethodSGD only
	Decay     float64 // weight decay, of every parameter
	Smoothing float64 // share of the target that is spread evenly over all classes
	Cutout    int     // see data.Augmentation
}

// Method is a kind of optimizer.
type Method uint8

// The methods of the published configs.
const (
	MethodSGD Method = iota
	MethodRMSprop
)

var methodNames = [...]string{"SGD", "RMSprop"}

// String gives the published name, such as "SGD".
func (m Method) String() string {
	if int(m) >= len(methodNames) {
		return fmt.Sprintf("Method(%d)", uint8(m))
	}
	return methodNames[m]
}

// Preset returns the benchmark's recipe of 1, 12, 90 or 200 epochs: SGD with
// Nesterov momentum 0.9 and weight decay 5e-4 on batches of 256, and a rate that
// falls from 0.1 to 0 on a cosine.
func Preset(epochs int) (Recipe, error) {
	switch epochs {
	case 1, 12, 90, 200:
		return Recipe{
			Epochs: epochs, BatchSize: data.DefaultBatchSize, Rate: 0.1, Schedule: Cosine{},
			Method: MethodSGD, Momentum: 0.9, Nesterov: true, Decay: 5e-4,
		}, nil
	}
	return Recipe{}, fmt.Errorf("no recipe %d: the benchmark's are 01, 12, 90 and 200", epochs)
}

// TotalEpochs counts the epochs, those of the warm-up included.
func (r Recipe) TotalEpochs() int { return r.WarmUp + r.Epochs }

// RateAt is the learning rate of a step of an epoch of so many steps, both
// counted from 0. It is the same for all steps of an epoch, except in the
// warm-up.
func (r Recipe) RateAt(epoch, step, steps int) float64 {
	if epoch < r.WarmUp {
		return (float64(epoch) + float64(step)/float64(steps)) / float64(r.WarmUp) * r.Rate
	}
	return r.Schedule.rate(r, epoch-r.WarmUp)
}

// Optimizer returns a new optimizer by the recipe. Its rate is to be set.
func (r Recipe) Optimizer() Optimizer {
	if r.Method == MethodRMSprop {
		return &RMSprop{Momentum: r.Momentum, Decay: r.Decay}
	}
	return &SGD{Momentum: r.Momentum, Decay: r.Decay, Nesterov: r.Nesterov}
}

// Limits that no sensible recipe comes near, against mistyped numbers.
const (
	maxEpochs    = 100000
	maxBatchSize = 65536
	maxCutout    = 256
)

// Validate returns an error that names the first field that is out of range.
func (r Recipe) Validate() error {
	switch {
	case r.Epochs < 1 || r.Epochs > maxEpochs:
		return fmt.Errorf("recipe: %d epochs, want 1 to %d", r.Epochs, maxEpochs)
	case r.WarmUp < 0 || r.WarmUp > maxEpochs:
		return fmt.Errorf("recipe: %d warm-up epochs, want 0 to %d", r.WarmUp, maxEpochs)
	case r.BatchSize < 2 || r.BatchSize > maxBatchSize:
		return fmt.Errorf("recipe: batch size %d, want 2 to %d", r.BatchSize, maxBatchSize)
	case !(r.Rate > 0) || math.IsInf(r.Rate, 0):
		return fmt.Errorf("recipe: learning rate %g, want a positive number", r.Rate)
	case r.Schedule == nil:
		return fmt.Errorf("recipe: no schedule of the learning rate")
	case int(r.Method) >= len(methodNames):
		return fmt.Errorf("recipe: unknown optimizer %v", r.Method)
	case !(r.Momentum >= 0 && r.Momentum < 1):
		return fmt.Errorf("recipe: momentum %g, want 0 or more and less than 1", r.Momentum)
	case r.Nesterov && r.Method != MethodSGD:
		return fmt.Errorf("recipe: Nesterov's momentum is of SGD, the optimizer is %v", r.Method)
	case r.Nesterov && r.Momentum == 0:
		return fmt.Errorf("recipe: Nesterov's momentum needs a momentum")
	case !(r.Decay >= 0) || math.IsInf(r.Decay, 0):
		return fmt.Errorf("recipe: weight decay %g, want 0 or more", r.Decay)
	case !(r.Smoothing >= 0 && r.Smoothing < 1):
		return fmt.Errorf("recipe: label smoothing %g, want 0 or more and less than 1", r.Smoothing)
	case r.Cutout < 0 || r.Cutout > maxCutout:
		return fmt.Errorf("recipe: cutout of %d pixels, want 0 to %d", r.Cutout, maxCutout)
	}
	if err := r.Schedule.validate(); err != nil {
		return fmt.Errorf("recipe: %w", err)
	}
	return nil
}
