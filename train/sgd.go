package train

import (
	"cellnet/internal/parallel"

	"gorgonia.org/gorgonia"
)

// SGD is stochastic gradient descent as torch.optim.SGD does it. Weight decay
// is part of the gradient, the rate is not part of the momentum, and each
// product and sum is rounded to float32:
//
//	g += Decay*p
//	buf = Momentum*buf + g
//	p -= rate * (g + Momentum*buf)    with Nesterov
//	p -= rate * buf                   without
//
// The zero value is gradient descent at a rate of zero.
type SGD struct {
	Rate     float64
	Momentum float64
	Decay    float64
	Nesterov bool
	memory
}

var _ Optimizer = (*SGD)(nil)

// momentumBuffer is PyTorch's name of what momentum remembers.
const momentumBuffer = "momentum_buffer"

// SetRate sets the learning rate.
func (o *SGD) SetRate(rate float64) { o.Rate = rate }

// Step changes the parameters by their gradients, and sets these to zero.
func (o *SGD) Step(model []gorgonia.ValueGrad) error {
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
func (o *SGD) Update(params []Parameter) error {
	buffers := make([][]float32, len(params))
	for i, p := range params {
		var err error
		if buffers[i], err = o.of(p, momentumBuffer); err != nil {
			return err
		}
	}
	parallel.For(len(params), func(_, i int) { o.step(params[i], buffers[i]) })
	return nil
}

// Buffer is the momentum of a parameter, in place; nil before its first step.
func (o *SGD) Buffer(name string) []float32 { return o.buffer(name, momentumBuffer) }

func (o *SGD) step(p Parameter, buffer []float32) {
	rate, momentum, decay := float32(o.Rate), float32(o.Momentum), float32(o.Decay)
	// The conversions keep products and sums from being fused.
	for i, g := range p.Gradient {
		g += float32(decay * p.Numbers[i])
		step := float32(momentum*buffer[i]) + g
		buffer[i] = step
		if o.Nesterov {
			step = g + float32(momentum*step)
		}
		p.Numbers[i] -= float32(rate * step)
	}
	clear(p.Gradient)
}
