package block

import "cellnet/internal/kernel"

// ReductionParams are the parameters of a residual block of stride 2.
type ReductionParams struct {
	A, B       ConvNorm  // conv_a (3x3, stride 2) and conv_b (3x3)
	Downsample []float32 // 1x1 convolution behind a 2x2 average, OIHW
}

// ReductionGrad holds the gradients of [ReductionParams].
type ReductionGrad struct {
	A, B       ConvNormGrad
	Downsample []float32
}

// Reduction is the residual block in training: it halves the side of the images
// and doubles their channels.
type Reduction struct {
	work     *Workspace
	side     int // of the output
	channels int // of the output
	inPad    int
	outPad   int
	capacity int
	Params   ReductionParams

	x            []float32
	middle       []float32 // conv_a's result, normalized
	y            []float32
	normA, normB *norm
	a            *strided
	b, down      *convs

	dx   []float32
	grad ReductionGrad
}

// NewReduction prepares a block from side x side images of channels channels.
func NewReduction(w *Workspace, side, channels, capacity int, params ReductionParams) *Reduction {
	half, wide := side/2, 2*channels
	r := &Reduction{
		work: w, side: half, channels: wide, inPad: kernel.Pad(channels), outPad: kernel.Pad(wide), capacity: capacity, Params: params,
		a: newStrided(half, half, channels, wide), b: newConvs(half, half, wide, wide, 9, 1), down: newConvs(half, half, channels, wide, 1, 1),
	}
	size := capacity * half * half * r.outPad
	r.normA = newNorm(wide, half*half, capacity, make([]float32, size))
	r.normB = newNorm(wide, half*half, capacity, make([]float32, size))
	r.middle, r.y = make([]float32, size), make([]float32, size)
	return r
}

func (r *Reduction) inImage(x []float32, i int) []float32 {
	size := 4 * r.side * r.side * r.inPad
	return x[i*size:][:size]
}

func (r *Reduction) outImage(y []float32, i int) []float32 {
	return imageOf(y, i, r.side*r.side, r.channels)
}

// averaged stores the 2x2 averages of an image, bordered.
func averaged(s *scratch, x []float32, side, inPad int) *kernel.Bordered {
	small := s.densely(useReduced, side*side*inPad)
	kernel.HalfPool(small, x, 2*side, 2*side, inPad)
	border := s.border(useReduced, side, side, inPad)
	copyInside(border.Inside(), small, side, side, inPad)
	return border
}

// copyInside copies a dense image into a view whose pixels lie side by side.
func copyInside(dst kernel.Plane, src []float32, rows, cols, channels int) {
	for row := range rows {
		copy(dst.Data[row*dst.Row:][:cols*channels], src[row*cols*channels:])
	}
}

// Forward computes the block of n images x and returns its output, which is
// valid until the next call.
func (r *Reduction) Forward(x []float32, n int) []float32 {
	k := r.work.Kernels
	r.x = x
	r.a.pack(r.Params.A.Conv, nil)
	r.b.pack(0, r.Params.B.Conv, nil)
	r.down.pack(0, r.Params.Downsample, nil)

	r.work.images(n, func(s *scratch, i int) {
		relu := s.border(useInput, 2*r.side, 2*r.side, r.inPad)
		k.ReLUCopy(relu.Inside(), r.inImage(x, i), 2*r.side, 2*r.side, r.inPad)
		r.a.run(k, s, r.normA.image(i), relu)
		r.normA.observe(k, i)
	})
	r.normA.settle(r.Params.A.Norm, n)

	r.work.images(n, func(s *scratch, i int) {
		relu := s.border(useInput, r.side, r.side, r.outPad)
		s.terms = append(s.terms[:0], kernel.Term{X: r.normA.image(i), Scale: r.normA.scale})
		k.AffineSum(r.outImage(r.middle, i), r.normA.shift, s.terms, relu.Inside(), r.side, r.side, r.outPad)
		s.blocks = blocks(s.blocks[:0], r.normB.image(i), r.outPad)
		r.b.run(k, s.blocks, relu, false)
		r.normB.observe(k, i)
	})
	r.normB.settle(r.Params.B.Norm, n)

	r.work.images(n, func(s *scratch, i int) {
		y := r.outImage(r.y, i)
		s.blocks = blocks(s.blocks[:0], y, r.outPad)
		r.down.run(k, s.blocks, averaged(s, r.inImage(x, i), r.side, r.inPad), false)
		s.terms = append(s.terms[:0], kernel.Term{X: r.normB.image(i), Scale: r.normB.scale}, kernel.Term{X: y})
		k.AffineSum(y, r.normB.shift, s.terms, kernel.Plane{}, r.side, r.side, r.outPad)
	})
	return r.y
}

// Backward computes the gradients of the last Forward from that of its output:
// the input's and the parameters'. They are valid until the next call.
func (r *Reduction) Backward(dy []float32, n int) ([]float32, ReductionGrad) {
	k := r.work.Kernels
	half, wide := r.side, r.channels
	if r.dx == nil {
		in := wide / 2
		r.dx = make([]float32, r.capacity*4*half*half*r.inPad)
		r.grad = ReductionGrad{NewConvNormGrad(wide, in, 9), NewConvNormGrad(wide, wide, 9), make([]float32, wide*in)}
	}
	r.a.packTransposed(r.Params.A.Conv)
	r.b.packTransposed(0, r.Params.B.Conv)
	r.down.packTransposed(0, r.Params.Downsample)

	r.work.images(n, func(_ *scratch, i int) { r.normB.observeGrad(k, r.outImage(dy, i), i) })
	r.normB.settleGrad(r.Params.B.Norm, r.grad.B.NormGrad, n)

	dmiddle := r.work.shared(useNode, r.capacity*half*half*r.outPad)
	sizeB := r.b.gradSize()
	sums := r.zeroed(sizeB)
	r.work.chunks(n, func(s *scratch, chunk, i int) {
		middle := r.outImage(r.middle, i)
		relu, dz := s.border(useInput, half, half, r.outPad), s.border(useNormGrad, half, half, r.outPad)
		k.ReLUCopy(relu.Inside(), middle, half, half, r.outPad)
		r.normB.storeGrad(k, dz.Inside(), r.outImage(dy, i), i, half, half)
		g := s.densely(useGrad, len(middle))
		r.b.inputGrad(k, s, g, dz, false)
		r.b.weightGrad(k, sums[chunk*sizeB:][:sizeB], relu, dz)
		k.MaskedSum(r.outImage(dmiddle, i), g, middle, nil, len(middle))
		r.normA.observeGrad(k, r.outImage(dmiddle, i), i)
	})
	addChunks(r.work, sums, sizeB)
	r.b.collect(0, r.grad.B.Conv, sums)
	r.normA.settleGrad(r.Params.A.Norm, r.grad.A.NormGrad, n)

	sizeA := r.a.gradSize()
	total := sizeA + r.down.gradSize()
	sums = r.zeroed(total)
	r.work.chunks(n, func(s *scratch, chunk, i int) {
		x := r.inImage(r.x, i)
		relu, dz := s.border(useInput, 2*half, 2*half, r.inPad), s.border(useNormGrad, half, half, r.outPad)
		k.ReLUCopy(relu.Inside(), x, 2*half, 2*half, r.inPad)
		r.normA.storeGrad(k, dz.Inside(), r.outImage(dmiddle, i), i, half, half)
		g := s.densely(useGrad, len(x))
		r.a.inputGrad(k, s, g, dz)
		mine := sums[chunk*total:][:total]
		r.a.weightGrad(k, mine[:sizeA], relu, dz)
		dx := r.inImage(r.dx, i)
		k.MaskedSum(dx, g, x, nil, len(x))

		small := averaged(s, x, half, r.inPad)
		copyInside(dz.Inside(), r.outImage(dy, i), half, half, r.outPad)
		r.down.weightGrad(k, mine[sizeA:], small, dz)
		dsmall := s.densely(useReduced, half*half*r.inPad)
		r.down.inputGrad(k, s, dsmall, dz, false)
		kernel.HalfPoolGradAdd(dx, dsmall, 2*half, 2*half, r.inPad)
	})
	addChunks(r.work, sums, total)
	r.a.collect(r.grad.A.Conv, sums)
	r.down.collect(0, r.grad.Downsample, sums[sizeA:])
	return r.dx, r.grad
}

func (r *Reduction) zeroed(size int) []float32 {
	sums := r.work.shared(useGrad, gradChunks*size)
	clear(sums)
	return sums
}
