package block

import (
	"cellnet/internal/kernel"
)

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
		norm:     w.Memory.norm(w.Statistics, channels, side*side, capacity, nil),
		features: w.Memory.zeros(capacity * channels),
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
		b.grad = b.work.Memory.normGrad(b.channels)
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

// Linear is a fully connected layer, both in training and in evaluation.
type Linear struct {
	Name         string // for the workspace's reader
	work         *Workspace
	in, classes  int
	Weight, Bias []float32 // [classes][in], [classes]
	x            []float32
	y, dx        []float32
	grad         LinearGrad
}

// LinearGrad holds the gradients of a [Linear]'s parameters.
type LinearGrad struct{ Weight, Bias []float32 }

// NewLinear prepares a layer from in numbers to classes ones.
func NewLinear(w *Workspace, capacity, in, classes int) *Linear {
	return &Linear{
		work: w, in: in, classes: classes, y: w.Memory.zeros(capacity * classes), dx: w.Memory.zeros(capacity * in),
		grad: LinearGrad{w.Memory.zeros(classes * in), w.Memory.zeros(classes)},
	}
}

// Forward computes [n][classes] of n images x, which are valid until the next
// call; those of images beyond n are zero.
func (l *Linear) Forward(x []float32, n int) []float32 {
	l.x = x
	for i := range n {
		row := x[i*l.in:][:l.in]
		for k := range l.classes {
			sum := l.Bias[k]
			for j, w := range l.Weight[k*l.in:][:l.in] {
				sum += w * row[j]
			}
			l.y[i*l.classes+k] = sum
		}
	}
	clear(l.y[n*l.classes:])
	l.show(n, nil)
	return l.y
}

// Backward computes the gradients of the last Forward from that of its output:
// the input's and the parameters'. They are valid until the next call.
func (l *Linear) Backward(dy []float32, n int) ([]float32, LinearGrad) {
	dw, db := l.grad.Weight, l.grad.Bias
	if !l.work.InputsOnly {
		clear(dw)
		clear(db)
	}
	clear(l.dx)
	for i := range n {
		row, dx := l.x[i*l.in:][:l.in], l.dx[i*l.in:][:l.in]
		for k, g := range dy[i*l.classes:][:l.classes] {
			for j, w := range l.Weight[k*l.in:][:l.in] {
				dx[j] += g * w
			}
			if l.work.InputsOnly {
				continue
			}
			db[k] += g
			dwk := dw[k*l.in:][:l.in]
			for j, v := range row {
				dwk[j] += g * v
			}
		}
	}
	l.show(n, dy)
	return l.dx, l.grad
}
