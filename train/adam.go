package train

import (
	"fmt"
	"math"

	"cellnet/weights"

	"gorgonia.org/gorgonia"
)

// Adam is torch.optim.Adam (Kingma and Ba, ICLR 2015). Weight decay is part of the
// gradient; moments and parameters are rounded to float32 after a step of double
// precision:
//
//	g += Decay*p
//	first = Beta1*first + (1-Beta1)*g
//	second = Beta2*second + (1-Beta2)*g*g
//	p -= Rate/(1-Beta1^t) * first / (sqrt(second/(1-Beta2^t)) + Epsilon)
//
// All parameters take part in every step t. The zero value has a rate of zero.
type Adam struct {
	Rate         float64
	Beta1, Beta2 float64
	Epsilon      float64
	Decay        float64
	steps        int
	memory
}

var _ Optimizer = (*Adam)(nil)

// adamSteps names the number of steps among the tensors of a state.
const adamSteps = "step"

// SetRate sets the learning rate.
func (o *Adam) SetRate(rate float64) { o.Rate = rate }

// Step changes the parameters by their gradients, and sets these to zero.
func (o *Adam) Step(model []gorgonia.ValueGrad) error {
	params := make([]Parameter, len(model))
	for i, m := range model {
		var err error
		if params[i], err = parameterOf(m); err != nil {
			return err
		}
	}
	return o.Update(params)
}

// Update is Step for tensors of no graph.
func (o *Adam) Update(params []Parameter) error {
	t := float64(o.steps + 1)
	rate, correction := o.Rate/(1-math.Pow(o.Beta1, t)), math.Sqrt(1-math.Pow(o.Beta2, t))
	for _, p := range params {
		first, err := o.of(p, "exp_avg")
		if err != nil {
			return err
		}
		second, err := o.of(p, "exp_avg_sq")
		if err != nil {
			return err
		}
		for i, number := range p.Numbers {
			g := float64(p.Gradient[i]) + float64(o.Decay*float64(number))
			m := float64(o.Beta1*float64(first[i])) + float64((1-o.Beta1)*g)
			v := float64(o.Beta2*float64(second[i])) + float64(float64((1-o.Beta2)*g)*g)
			first[i], second[i] = float32(m), float32(v)
			p.Numbers[i] = float32(float64(number) - float64(rate*m)/(math.Sqrt(v)/correction+o.Epsilon))
		}
		clear(p.Gradient)
	}
	o.steps++
	return nil
}

// State copies the tensors, and the number of steps.
func (o *Adam) State() *weights.StateDict {
	s := o.memory.State()
	if o.steps > 0 {
		s.Set(adamSteps, weights.NewInt64(nil, []int64{int64(o.steps)}))
	}
	return s
}

// LoadState copies the tensors of s.
func (o *Adam) LoadState(s *weights.StateDict) error {
	moments, steps := new(weights.StateDict), 0
	for name, t := range s.All() {
		if name != adamSteps {
			moments.Set(name, t)
			continue
		}
		n, err := t.Int64s()
		if err != nil || len(n) != 1 || n[0] < 0 {
			return fmt.Errorf("loading an optimizer's state: tensor %s is no number of steps", name)
		}
		steps = int(n[0])
	}
	if err := o.memory.LoadState(moments); err != nil {
		return err
	}
	o.steps = steps
	return nil
}
