package block

import "cellnet/internal/kernel"

// imageChannels is the number of channels of an input image, imagePitch what a
// pixel of it takes in memory.
const (
	imageChannels = 3
	imagePitch    = 4
)

// Stem is the first convolution with its batch norm in training: from images in
// NCHW with three channels.
type Stem struct {
	Name     string // for the workspace's reader
	work     *Workspace
	side     int
	padded   int
	Params   ConvNorm
	geometry kernel.Conv
	weights  []float32
	norm     *norm
	x, y     []float32
	grad     *ConvNormGrad
	input    stemInput
	tangent  stemTangent
}

// stemGeometry is the convolution of a bordered image of imagePitch.
func stemGeometry(side, padded int) kernel.Conv {
	return kernel.Conv{
		Rows: side, Cols: side, In: imageChannels,
		InPixel: imagePitch, InRow: (side + 2) * imagePitch, Taps: borderTaps(side, imagePitch),
		OutPixel: padded, OutRow: side * padded,
	}
}

// NewStem prepares a stem to channels channels.
func NewStem(w *Workspace, side, channels, capacity int, params ConvNorm) *Stem {
	padded := kernel.Pad(channels)
	size := capacity * side * side * padded
	return &Stem{
		work: w, side: side, padded: padded, Params: params,
		geometry: stemGeometry(side, padded), weights: w.Memory.zeros(9 * imageChannels * padded),
		norm: w.Memory.norm(w.Statistics, channels, side*side, capacity, w.floats(size)), y: w.floats(size),
	}
}

// interleaved copies image i of an NCHW batch into a bordered NHWC one.
func interleaved(s *scratch, x []float32, i, side int) *kernel.Bordered {
	border := s.border(useInput, side, side, imagePitch)
	inside := border.Inside()
	pixels := side * side
	for c := range imageChannels {
		plane := x[(i*imageChannels+c)*pixels:][:pixels]
		for row := range side {
			out := inside.Data[row*inside.Row+c:]
			for col, v := range plane[row*side:][:side] {
				out[col*imagePitch] = v
			}
		}
	}
	return border
}

// Forward computes the stem of n images x (NCHW) and returns its output, which
// is valid until the next call.
func (b *Stem) Forward(x []float32, n int) []float32 {
	k := b.work.Kernels
	b.x = x
	kernel.PackWeights(b.weights, b.Params.Conv, b.norm.channels, imageChannels, 9, b.padded, 0, nil)
	b.work.images(n, func(s *scratch, i int) {
		s.blocks = blocks(s.blocks[:0], b.norm.image(i), b.padded)
		k.Conv(&b.geometry, s.blocks, interleaved(s, x, i, b.side).Whole().Data, b.weights, false)
		b.norm.observe(k, i, 1)
	})
	b.norm.settle(b.Params.Norm, n)
	b.work.images(n, func(s *scratch, i int) {
		s.terms = append(s.terms[:0], kernel.Term{X: b.norm.image(i), Scale: b.norm.scale})
		k.AffineSum(imageOf(b.y, i, b.side*b.side, b.padded), b.norm.shift, s.terms, kernel.Plane{}, b.side, b.side, b.padded)
	})
	b.show(n, nil)
	return b.y
}

// stemInput is what the gradient of the images needs.
type stemInput struct {
	convs   *convs
	packing packing
	dx      []float32 // NCHW
}

// prepareInput allocates its memory at its first use.
func (b *Stem) prepareInput() {
	if b.input.convs != nil {
		return
	}
	b.input.convs = newConvs(b.side, imageChannels, b.norm.channels, 9, 1)
	b.input.packing.memory = b.work.Memory
	b.input.packing.backward(b.input.convs, b.work.Kernels, func(int) []float32 { return b.Params.Conv })
	b.input.dx = b.work.floats(len(b.y) / b.padded * imageChannels)
}

// InputGrad computes the gradient of the images (NCHW), valid until the next
// call, after [Stem.Backward] and from the same gradient of the output.
func (b *Stem) InputGrad(dy []float32, n int) []float32 {
	b.prepareInput()
	b.input.packing.run(b.work)
	k, pixels := b.work.Kernels, b.side*b.side
	b.work.images(n, func(s *scratch, i int) {
		dz := s.densely(useNormGrad, pixels*b.padded)
		b.norm.storeGrad(k, kernel.Dense(dz, b.side, b.padded), imageOf(dy, i, pixels, b.padded), i, b.side, b.side)
		g := s.densely(useGrad, pixels*b.input.convs.inPad)
		b.input.convs.inputGrad(k, s, g, dz, 1, false)
		for c := range imageChannels {
			plane := b.input.dx[(i*imageChannels+c)*pixels:][:pixels]
			for p := range plane {
				plane[p] = g[p*b.input.convs.inPad+c]
			}
		}
	})
	return b.input.dx
}

// Backward computes the gradients of the parameters, valid until the next call,
// from that of the last Forward's output.
func (b *Stem) Backward(dy []float32, n int) ConvNormGrad {
	k := b.work.Kernels
	if b.grad == nil {
		grad := b.work.Memory.convNormGrad(b.norm.channels, imageChannels, 9)
		b.grad = &grad
	}
	image := func(i int) []float32 { return imageOf(dy, i, b.side*b.side, b.padded) }
	b.work.images(n, func(_ *scratch, i int) { b.norm.observeGrad(k, image(i), i, 1) })
	b.norm.settleGrad(b.Params.Norm, b.grad.NormGrad, 1, n)
	if !b.work.InputsOnly {
		b.weightGrad(image, n)
	}
	b.show(n, dy)
	return *b.grad
}

// weightGrad computes the gradient of the weights.
func (b *Stem) weightGrad(image func(i int) []float32, n int) {
	k, size := b.work.Kernels, len(b.weights)
	sums := newWeightSums(b.work, b.side, size).each(n, func(s *scratch, sums []float32, from, count int) {
		for i := from; i < from+count; i++ {
			dz := s.border(useNormGrad, b.side, b.side, b.padded)
			b.norm.storeGrad(k, dz.Inside(), image(i), i, b.side, b.side)
			k.WeightGrad(&b.geometry, sums, interleaved(s, b.x, i, b.side).Whole().Data, dz.Inside(), b.padded)
		}
	})
	kernel.UnpackWeights(b.grad.Conv, sums, b.norm.channels, imageChannels, 9, b.padded, 0)
}
