package block

import "cellnet/internal/kernel"

// Head is the last batch norm with ReLU and the average over pixels, in
// training.
type Head struct {
	work     *Workspace
	side     int
	channels int
	padded   int
	Params   Norm
	norm     *norm
	values   []float32 // normalized
	features []float32
	dx, dy   []float32
	grad     NormGrad
}

// NewHead prepares a head for side x side images of channels channels.
func NewHead(w *Workspace, side, channels, capacity int, params Norm) *Head {
	padded := kernel.Pad(channels)
	return &Head{
		work: w, side: side, channels: channels, padded: padded, Params: params,
		norm:     newNorm(channels, side*side, capacity, nil),
		values:   make([]float32, capacity*side*side*padded),
		features: make([]float32, capacity*channels),
	}
}

// averagePositive stores each channel's average over pixels of max(x, 0).
func averagePositive(dst, x []float32, pixels, padded int) {
	clear(dst)
	for p := range pixels {
		for c, v := range x[p*padded:][:len(dst)] {
			dst[c] += max(v, 0)
		}
	}
	share := 1 / float32(pixels)
	for c := range dst {
		dst[c] *= share
	}
}

// Forward computes the features [n][channels] of n images x, which are valid
// until the next call; those of images beyond n are zero.
func (b *Head) Forward(x []float32, n int) []float32 {
	k := b.work.Kernels
	b.norm.z = x
	pixels := b.side * b.side
	b.work.images(n, func(_ *scratch, i int) { b.norm.observe(k, i) })
	b.norm.settle(b.Params, n)
	b.work.images(n, func(s *scratch, i int) {
		value := imageOf(b.values, i, pixels, b.channels)
		s.terms = append(s.terms[:0], kernel.Term{X: b.norm.image(i), Scale: b.norm.scale})
		k.AffineSum(value, b.norm.shift, s.terms, kernel.Plane{}, b.side, b.side, b.padded)
		averagePositive(b.features[i*b.channels:][:b.channels], value, pixels, b.padded)
	})
	clear(b.features[n*b.channels:])
	return b.features
}

// Backward computes the gradients of the last Forward from that of the
// features: the input's and the parameters'. They are valid until the next
// call.
func (b *Head) Backward(dfeatures []float32, n int) ([]float32, NormGrad) {
	k := b.work.Kernels
	pixels := b.side * b.side
	if b.dx == nil {
		b.dx, b.dy = make([]float32, len(b.values)), make([]float32, len(b.values))
		b.grad = NewNormGrad(b.channels)
	}
	share := 1 / float32(pixels)
	b.work.images(n, func(_ *scratch, i int) {
		value, dy := imageOf(b.values, i, pixels, b.channels), imageOf(b.dy, i, pixels, b.channels)
		for p := range pixels {
			for c, g := range dfeatures[i*b.channels:][:b.channels] {
				if value[p*b.padded+c] > 0 {
					dy[p*b.padded+c] = g * share
				} else {
					dy[p*b.padded+c] = 0
				}
			}
		}
		b.norm.observeGrad(k, dy, i)
	})
	b.norm.settleGrad(b.Params, b.grad, n)
	b.work.images(n, func(_ *scratch, i int) {
		dx := imageOf(b.dx, i, pixels, b.channels)
		b.norm.storeGrad(k, kernel.Dense(dx, b.side, b.padded), imageOf(b.dy, i, pixels, b.channels), i, b.side, b.side)
	})
	return b.dx, b.grad
}
