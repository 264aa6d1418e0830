package train

import (
	"math"

	"gorgonia.org/gorgonia"
)

// RMSprop is torch.optim.RMSprop with its defaults, the alternative of the
// published configs; each step is rounded to float32:
//
//	g += Decay*p
//	square = 0.99*square + 0.01*g*g
//	buf = Momentum*buf + g/(sqrt(square) + 1e-8)
//	p -= rate * buf
//
// The zero value has a rate of zero.
type RMSprop struct {
	Rate     float64
	Momentum float64
	Decay    float64
	memory
}

var _ Optimizer = (*RMSprop)(nil)

// The defaults of torch.optim.RMSprop.
const (
	rmspropAlpha   = 0.99
	rmspropEpsilon = 1e-8
)

// SetRate sets the learning rate.
func (o *RMSprop) SetRate(rate float64) { o.Rate = rate }

// Step changes the parameters by their gradients, and sets these to zero.
func (o *RMSprop) Step(model []gorgonia.ValueGrad) error {
	rate, momentum, decay := float32(o.Rate), float32(o.Momentum), float32(o.Decay)
	const alpha, rest, epsilon = float32(rmspropAlpha), float32(1 - rmspropAlpha), float32(rmspropEpsilon)
	for _, m := range model {
		p, err := parameterOf(m)
		if err != nil {
			return err
		}
		square, err := o.of(p, "square_avg")
		if err != nil {
			return err
		}
		buffer, err := o.of(p, momentumBuffer)
		if err != nil {
			return err
		}
		for i, g := range p.Gradient {
			g += float32(decay * p.Numbers[i])
			square[i] = float32(alpha*square[i]) + float32(float32(rest*g)*g)
			average := float32(math.Sqrt(float64(square[i]))) + epsilon
			buffer[i] = float32(momentum*buffer[i]) + g/average
			p.Numbers[i] -= float32(rate * buffer[i])
		}
		clear(p.Gradient)
	}
	return nil
}
