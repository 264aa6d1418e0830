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

// SetRate sets the learning rate.
func (o *SGD) SetRate(rate float64) { o.Rate = rate }

// Step changes the parameters by their gradients, and sets these to zero.
func (o *SGD) Step(model []gorgonia.ValueGrad) error {
	params, buffers := make([]parameter, len(model)), make([][]float32, len(model))
	for i, m := range model {
		var err error
		if params[i], err = parameterOf(m); err != nil {
			return err
		}
		if buffers[i], err = o.of(params[i], "momentum_buffer"); err != nil {
			return err
		}
	}
	parallel.For(len(params), func(_, i int) { o.step(params[i], buffers[i]) })
	return nil
}

func (o *SGD) step(p parameter, buffer []float32) {
	rate, momentum, decay := float32(o.Rate), float32(o.Momentum), float32(o.Decay)
	// The conversions keep products and sums from being fused.
	for i, g := range p.grad {
		g += float32(decay * p.numbers[i])
		step := float32(momentum*buffer[i]) + g
		buffer[i] = step
		if o.Nesterov {
			step = g + float32(momentum*step)
		}
		p.numbers[i] -= float32(rate * step)
	}
	clear(p.grad)
}
