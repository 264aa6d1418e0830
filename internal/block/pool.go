package block

import (
	"math"

	"cellnet/internal/kernel"
)

// pool is a pool of any window, of the pixels inside the image.
type pool struct {
	window
	padded   int
	largest  bool // whether it takes the largest value, not the average
	geometry kernel.Conv
	// Averages are convolutions of equal weights, whose results are multiplied at
	// the upper and left edge, where pixels are missing.
	average *channelConv
	edge    float32 // by what the first row and column are multiplied, 0 if no pixel is missing
}

// newPool3x3 is a pool of 3x3 pixels with padding 1; with stride 2 images have
// an even side.
func newPool3x3(side, stride, channels int, largest bool) *pool {
	p := newPool(square(side, 3, stride, 1), channels, largest)
	p.edge = 3.0 / 2
	return p
}

func newPool(w window, channels int, largest bool) *pool {
	p := &pool{window: w, padded: kernel.Pad(channels), largest: largest}
	p.geometry = w.forward(p.padded, p.padded, p.padded)
	if largest {
		return p
	}
	p.average = newChannelConv(w, p.padded)
	for i := range p.average.weights {
		p.average.weights[i] = 1 / float32(len(w.offsets))
	}
	p.average.packTransposed()
	return p
}

// simple tells whether there are kernels for the pool as it is.
func (p *pool) simple() bool { return !p.largest && p.stride == 1 && p.edge != 0 }

// bordered copies an image into a scratch with a border.
func bordered(s *scratch, use int, x []float32, side, padded, border int, value float32) *kernel.Bordered {
	b := s.frame(use, side, padded, border, value)
	in := b.Inside()
	for r := range side {
		copy(in.Data[r*in.Row:][:side*padded], x[r*side*padded:])
	}
	return b
}

// run computes the pool of one image.
func (p *pool) run(k *kernel.Kernels, s *scratch, dst, x []float32) {
	switch {
	case p.simple():
		k.AvgPool(dst, x, s.densely(usePool, p.side*p.padded), p.side, p.side, p.padded, false)
	case p.largest:
		k.MaxPool(&p.geometry, dst, p.lowered(s, x).Whole().Data)
	default:
		p.average.run(k, dst, bordered(s, usePool, x, p.side, p.padded, p.border, 0).Whole().Data)
		p.scaleEdges(kernel.Dense(dst, p.result, p.padded))
	}
}

// lowered copies an image into a scratch with a border of minus infinity.
func (p *pool) lowered(s *scratch, x []float32) *kernel.Bordered {
	return bordered(s, usePool, x, p.side, p.padded, p.border, float32(math.Inf(-1)))
}

// scaleEdges multiplies the averages in the first row and column, of which a
// third of the pixels is missing.
func (p *pool) scaleEdges(v kernel.Plane) {
	if p.edge == 0 {
		return
	}
	for i := range p.result {
		for c := range p.padded {
			v.Data[i*v.Row+c] *= p.edge
			v.Data[i*v.Pixel+c] *= p.edge
		}
	}
}

// addGrad adds the gradient of an image x to dx.
func (p *pool) addGrad(k *kernel.Kernels, s *scratch, dx, x, dy []float32) {
	switch {
	case p.simple():
		k.AvgPoolGrad(dx, dy, s.densely(usePool, p.side*p.padded), p.side, p.side, p.padded, true)
	case p.largest:
		p.addLargestGrad(k, s, dx, x, dy)
	default:
		dz := bordered(s, useNormGrad, dy, p.result, p.padded, p.gradBorder, 0)
		p.scaleEdges(dz.Inside())
		g := s.densely(useGrad, len(dx))
		p.average.inputGrad(k, kernel.Dense(g, p.side, p.padded), dz.Whole().Data)
		s.sums = append(s.sums[:0], dx, g)
		k.MaskedSum(dx, nil, nil, s.sums, len(dx))
	}
}

func (p *pool) addLargestGrad(k *kernel.Kernels, s *scratch, dx, x, dy []float32) {
	in := p.lowered(s, x).Whole().Data
	y := s.densely(useBetween, p.result*p.result*p.padded)
	k.MaxPool(&p.geometry, y, in)
	din := bordered(s, usePoolGrad, dx, p.side, p.padded, p.border, 0)
	k.MaxPoolGradAdd(&p.geometry, din.Whole().Data, in, y, dy)
	inside := din.Inside()
	for r := range p.side {
		copy(dx[r*p.side*p.padded:][:p.side*p.padded], inside.Data[r*inside.Row:])
	}
}
