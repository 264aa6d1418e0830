package block

import "cellnet/internal/kernel"

// Head is the last batch norm with ReLU and the average over pixels, in
// training.
type Head struct {
	Name     string // for the workspace's reader
	work     *Workspace
	side     int
	channels int
	padded   int
	Params   Norm
	norm     *norm
	features []float32
	dx, dy   []float32
	grad     NormGrad
	tangent  headTangent
}

// NewHead prepares a head for side x side images of channels channels.
func NewHead(w *Workspace, side, channels, capacity int, params Norm) *Head {
	padded := kernel.Pad(channels)
	return &Head{
		work: w, side: side, channels: channels, padded: padded, Params: params,
		norm:     newNorm(w.Statistics, channels, side*side, capacity, nil),
		features: make([]float32, capacity*channels),
	}
}

// averagePositive stores each channel's average over pixels of the positive
// part of scale*x + shift.
func averagePositive(k *kernel.Kernels, s *scratch, dst, x, scale, shift []float32, pixels int) {
	means := s.densely(useReduced, len(scale))
	k.PositiveMean(means, x, scale, shift, pixels, len(scale))
	copy(dst, means)
}

// Forward computes the features [n][channels] of n images x, which are valid
// until the next call; those of images beyond n are zero.
func (b *Head) Forward(x []float32, n int) []float32 {
	k := b.work.Kernels
	b.norm.z = x
	pixels := b.side * b.side
	b.work.images(n, func(_ *scratch, i int) { b.norm.observe(k, i, 1) })
	b.norm.settle(b.Params, n)
	b.work.images(n, func(s *scratch, i int) {
		averagePositive(k, s, b.features[i*b.channels:][:b.channels], b.norm.image(i), b.norm.scale, b.norm.shift, pixels)
	})
	clear(b.features[n*b.channels:])
	b.show(n, nil)
	return b.features
}

// Backward computes the gradients of the last Forward from that of the
// features: the input's and the parameters'. They are valid until the next
// call.
func (b *Head) Backward(dfeatures []float32, n int) ([]float32, NormGrad) {
	k := b.work.Kernels
	pixels := b.side * b.side
	if b.dx == nil {
		b.dx, b.dy = b.work.floats(len(b.norm.z)), b.work.floats(len(b.norm.z))
		b.grad = NewNormGrad(b.channels)
	}
	b.work.images(n, func(s *scratch, i int) {
		g := s.densely(useReduced, b.padded)
		copy(g, dfeatures[i*b.channels:][:b.channels])
		dy := imageOf(b.dy, i, pixels, b.channels)
		k.PositiveMeanGrad(dy, g, b.norm.image(i), b.norm.scale, b.norm.shift, pixels, b.padded)
		b.norm.observeGrad(k, dy, i, 1)
	})
	b.norm.settleGrad(b.Params, b.grad, 1, n)
	b.work.images(n, func(_ *scratch, i int) {
		dx := imageOf(b.dx, i, pixels, b.channels)
		b.norm.storeGrad(k, kernel.Dense(dx, b.side, b.padded), imageOf(b.dy, i, pixels, b.channels), i, b.side, b.side)
	})
	b.show(n, b.dy)
	return b.dx, b.grad
}
