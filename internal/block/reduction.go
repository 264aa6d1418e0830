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

// Reduction is the residual block in training: it halves the side of the images.
type Reduction struct {
	Name     string // for the workspace's reader
	work     *Workspace
	side     int // of the output
	widths   Widths
	inPad    int
	outPad   int
	capacity int
	Params   ReductionParams

	x                    []float32
	middle               []float32 // conv_a's result, normalized
	y                    []float32
	normA, normB         *norm
	chunk                int // images convolved at a time
	a                    *strided
	b, down              *convs
	packing, gradPacking packing

	dx      []float32
	grad    ReductionGrad
	tangent reductionTangent
}

// NewReduction prepares a block of side x side images.
func NewReduction(w *Workspace, side int, widths Widths, capacity int, params ReductionParams) *Reduction {
	half, channels, wide := side/2, widths.In, widths.Out
	r := &Reduction{
		work: w, side: half, widths: widths, inPad: kernel.Pad(channels), outPad: kernel.Pad(wide), capacity: capacity, Params: params,
		a: newStrided(w.Memory, half, half, channels, wide), b: newConvs(half, wide, wide, 9, 1), down: newConvs(half, channels, wide, 1, 1), chunk: chunkOf(half),
	}
	size := capacity * half * half * r.outPad
	r.normA = w.Memory.norm(w.Statistics, wide, half*half, capacity, w.floats(size))
	r.normB = w.Memory.norm(w.Statistics, wide, half*half, capacity, w.floats(size))
	r.middle, r.y = w.floats(size), w.floats(size)
	r.packing.memory, r.gradPacking.memory = w.Memory, w.Memory
	r.prepare(&r.packing, r.packing.forward, func() { r.a.pack(r.Params.A.Conv, nil) })
	return r
}

// prepare adds the packing of all three convolutions by one of its methods, and
// by packA.
func (r *Reduction) prepare(p *packing, add func(*convs, *kernel.Kernels, func(i int) []float32), packA func()) {
	add(r.b, r.work.Kernels, func(int) []float32 { return r.Params.B.Conv })
	add(r.down, r.work.Kernels, func(int) []float32 { return r.Params.Downsample })
	p.packs = append(p.packs, packA)
}

func (r *Reduction) inImage(x []float32, i int) []float32 {
	size := 4 * r.side * r.side * r.inPad
	return x[i*size:][:size]
}

func (r *Reduction) outImage(y []float32, i int) []float32 {
	return imageOf(y, i, r.side*r.side, r.widths.Out)
}

// averaged returns the 2x2 averages of an image.
func averaged(k *kernel.Kernels, s *scratch, x []float32, side, inPad int) []float32 {
	small := s.densely(useReduced, side*side*inPad)
	k.HalfPool(small, x, 2*side, 2*side, inPad)
	return small
}

// from returns the images of a dense batch of outputs from number i on.
func (r *Reduction) from(y []float32, i int) []float32 { return y[i*r.side*r.side*r.outPad:] }

// Forward computes the block of n images x and returns its output, which is
// valid until the next call.
func (r *Reduction) Forward(x []float32, n int) []float32 {
	k := r.work.Kernels
	r.x = x
	r.packing.run(r.work)
	r.work.images(n, func(s *scratch, i int) {
		relu := s.border(useInput, 2*r.side, 2*r.side, r.inPad)
		k.ReLUCopy(relu.Inside(), r.inImage(x, i), 2*r.side, 2*r.side, r.inPad)
		r.a.run(k, s, r.normA.image(i), relu)
		r.normA.observe(k, i, 1)
	})
	r.normA.settle(r.Params.A.Norm, n)

	r.work.chunks(n, r.chunk, func(s *scratch, from, count int) {
		for i := from; i < from+count; i++ {
			s.terms = append(s.terms[:0], kernel.Term{X: r.normA.image(i), Scale: r.normA.scale})
			k.AffineSum(r.outImage(r.middle, i), r.normA.shift, s.terms, kernel.Plane{}, r.side, r.side, r.outPad)
		}
		s.blocks = blocks(s.blocks[:0], r.from(r.normB.z, from), r.outPad)
		r.b.run(k, s, s.blocks, r.from(r.middle, from), count, false)
		r.normB.observe(k, from, count)
	})
	r.normB.settle(r.Params.B.Norm, n)

	r.work.images(n, func(s *scratch, i int) {
		y := r.outImage(r.y, i)
		s.blocks = blocks(s.blocks[:0], y, r.outPad)
		r.down.run(k, s, s.blocks, averaged(k, s, r.inImage(x, i), r.side, r.inPad), 1, false)
		s.terms = append(s.terms[:0], kernel.Term{X: r.normB.image(i), Scale: r.normB.scale}, kernel.Term{X: y})
		k.AffineSum(y, r.normB.shift, s.terms, kernel.Plane{}, r.side, r.side, r.outPad)
	})
	r.show(n, nil, nil)
	return r.y
}

// Backward computes the gradients of the last Forward from that of its output:
// the input's and the parameters'. They are valid until the next call.
func (r *Reduction) Backward(dy []float32, n int) ([]float32, ReductionGrad) {
	k := r.work.Kernels
	half := r.side
	if r.dx == nil {
		in, wide := r.widths.In, r.widths.Out
		r.dx = r.work.floats(r.capacity * 4 * half * half * r.inPad)
		m := r.work.Memory
		r.grad = ReductionGrad{m.convNormGrad(wide, in, 9), m.convNormGrad(wide, wide, 9), m.zeros(wide * in)}
		r.prepare(&r.gradPacking, r.gradPacking.backward, func() { r.a.packTransposed(r.Params.A.Conv) })
	}
	r.gradPacking.run(r.work)

	r.work.chunks(n, r.chunk, func(_ *scratch, from, count int) { r.normB.observeGrad(k, r.from(dy, from), from, count) })
	r.normB.settleGrad(r.Params.B.Norm, r.grad.B.NormGrad, 1, n)

	dmiddle := r.work.shared(useNode, r.capacity*half*half*r.outPad)
	sizeB := r.b.gradSize()
	sums := newWeightSums(r.work, half, sizeB).each(n, func(s *scratch, sums []float32, from, count int) {
		transformed := r.b.transformed(s, count <= r.chunk)
		for done := 0; done < count; done += r.chunk {
			r.chunkGradB(s, sums, transformed, dy, dmiddle, from+done, min(r.chunk, count-done))
		}
		if !r.work.InputsOnly {
			r.b.weightGradEnd(k, sums, transformed)
		}
	})
	if !r.work.InputsOnly {
		r.b.collect(0, r.grad.B.Conv, sums)
	}
	r.normA.settleGrad(r.Params.A.Norm, r.grad.A.NormGrad, 1, n)

	sizeA := r.a.gradSize()
	total := sizeA + r.down.gradSize()
	sums = newWeightSums(r.work, half, total).each(n, func(s *scratch, sums []float32, from, count int) {
		for i := from; i < from+count; i++ {
			r.imageGradA(s, sums[:sizeA], sums[sizeA:], dy, dmiddle, i)
		}
	})
	if !r.work.InputsOnly {
		r.a.collect(r.grad.A.Conv, sums)
		r.down.collect(0, r.grad.Downsample, sums[sizeA:])
	}
	r.show(n, dy, dmiddle)
	return r.dx, r.grad
}

// chunkGradB computes the gradient of the middle of count images from number
// from on, and adds that of conv_b's weights.
func (r *Reduction) chunkGradB(s *scratch, sums, transformed, dy, dmiddle []float32, from, count int) {
	k, size := r.work.Kernels, r.side*r.side*r.outPad
	dz, g := s.densely(useNormGrad, r.chunk*size), s.densely(useGrad, r.chunk*size)
	for i := range count {
		r.normB.storeGrad(k, kernel.Dense(dz[i*size:], r.side, r.outPad), r.outImage(dy, from+i), from+i, r.side, r.side)
	}
	r.b.inputGrad(k, s, g, dz, count, false)
	if !r.work.InputsOnly {
		r.b.weightGrad(k, s, sums, transformed, r.from(r.middle, from), dz, count)
	}
	for i := range count {
		k.MaskedSum(r.outImage(dmiddle, from+i), g[i*size:][:size], r.outImage(r.middle, from+i), nil, size)
	}
	r.normA.observeGrad(k, r.from(dmiddle, from), from, count)
}

// imageGradA computes the gradient of image i, and adds those of conv_a's and
// the downsampling's weights.
func (r *Reduction) imageGradA(s *scratch, sumsA, sumsDown, dy, dmiddle []float32, i int) {
	k, half := r.work.Kernels, r.side
	x := r.inImage(r.x, i)
	relu, dz := s.border(useInput, 2*half, 2*half, r.inPad), s.border(useNormGrad, half, half, r.outPad)
	k.ReLUCopy(relu.Inside(), x, 2*half, 2*half, r.inPad)
	r.normA.storeGrad(k, dz.Inside(), r.outImage(dmiddle, i), i, half, half)
	g := s.densely(useGrad, len(x))
	r.a.inputGrad(k, s, g, dz)
	if !r.work.InputsOnly {
		r.a.weightGrad(k, sumsA, relu, dz)
	}
	dx := r.inImage(r.dx, i)
	k.MaskedSum(dx, g, x, nil, len(x))

	if !r.work.InputsOnly {
		r.down.weightGrad(k, s, sumsDown, nil, averaged(k, s, x, half, r.inPad), r.outImage(dy, i), 1)
	}
	dsmall := s.densely(useReduced, half*half*r.inPad)
	r.down.inputGrad(k, s, dsmall, r.outImage(dy, i), 1, false)
	k.HalfPoolGradAdd(dx, dsmall, 2*half, 2*half, r.inPad)
}
