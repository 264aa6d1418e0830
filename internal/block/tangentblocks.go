package block

import "cellnet/internal/kernel"

// Tangent computes that of the output of the last Forward from a direction of the
// weights; the images don't move.
func (b *Stem) Tangent(direction []float32, n int) []float32 {
	k := b.work.Kernels
	if b.tangent.images < n {
		b.tangent = stemTangent{n, newNormTangent(b.work, b.norm, n, false), b.work.Memory.zeros(len(b.weights)), b.work.floats(n * b.norm.pixels * b.padded)}
	}
	t := &b.tangent
	kernel.PackWeights(t.direction, direction, b.norm.channels, imageChannels, 9, b.padded, 0, nil)
	b.work.images(n, func(s *scratch, i int) {
		s.blocks = blocks(s.blocks[:0], t.norm.of(t.norm.rz, i), b.padded)
		k.Conv(&b.geometry, s.blocks, interleaved(s, b.x, i, b.side).Whole().Data, t.direction, false)
	})
	t.norm.settle(k, b.Params.Norm, n)
	b.work.images(n, func(s *scratch, i int) { t.norm.result(k, s, t.norm.of(t.y, i), i) })
	return t.y
}

// stemTangent is a stem's.
type stemTangent struct {
	images       int
	norm         *normTangent
	direction, y []float32
}

// result computes the tangent of what the norm gives for image i.
func (t *normTangent) result(k *kernel.Kernels, s *scratch, dst []float32, i int) {
	shift := s.densely(useShift, t.padded)
	clear(shift)
	s.terms = t.terms(s.terms[:0], shift, i)
	k.AffineSum(dst, shift, s.terms, kernel.Plane{}, t.pixels, 1, t.padded)
}

// TangentGrad computes the curvature of the weights from the gradient of the
// output, by which [Stem.Backward] ran last, and its tangent.
func (b *Stem) TangentGrad(dy, rdy []float32, n int) float64 {
	k, t := b.work.Kernels, &b.tangent
	t.norm.settleGrad(k, b.Params.Norm, dy, rdy, n)
	b.work.images(n, func(s *scratch, i int) {
		size := b.norm.pixels * b.padded
		t.norm.grads(k, s, s.densely(useNormGrad, size), s.densely(useValue, size), dy, rdy, i)
	})
	return t.norm.curvature(n)
}

// reductionTangent is a residual block's.
type reductionTangent struct {
	images        int
	normA, normB  *normTangent
	direction     *strided
	b, down       convTangent
	middle, y, dx []float32
	dmiddle       []float32
	downCurvature []float64 // of each image
	downTangent   []float32 // of what the downsampling gives by its input's
}

func (r *Reduction) prepareTangent(n int) {
	if r.tangent.images >= n {
		return
	}
	half, in, wide := r.side, r.widths.In, r.widths.Out
	size := n * half * half * r.outPad
	r.tangent = reductionTangent{
		images: n, normA: newNormTangent(r.work, r.normA, n, true), normB: newNormTangent(r.work, r.normB, n, true),
		direction: newStrided(r.work.Memory, half, half, in, wide), b: newConvTangent(half, wide, wide, 9), down: newConvTangent(half, in, wide, 1),
		middle: r.work.floats(size), y: r.work.floats(size), dmiddle: r.work.floats(size), downTangent: r.work.floats(size),
		dx: r.work.floats(n * 4 * half * half * r.inPad), downCurvature: make([]float64, n),
	}
}

// Tangent computes that of the output of the last Forward from that of its input
// and a direction of the weights.
func (r *Reduction) Tangent(rx []float32, a, b, down []float32, n int) []float32 {
	r.prepareTangent(n)
	t, k, half := &r.tangent, r.work.Kernels, r.side
	t.b.pack(r.work, r.Params.B.Conv, b)
	t.down.pack(r.work, r.Params.Downsample, down)
	t.direction.pack(a, nil)
	t.direction.packTransposed(a)
	r.work.images(n, func(s *scratch, i int) {
		x, rx := r.inImage(r.x, i), r.inImage(rx, i)
		q, rz := t.normA.of(t.normA.q, i), t.normA.of(t.normA.rz, i)
		masked := s.densely(useGrad, len(x))
		k.MaskedSum(masked, rx, x, nil, len(x))
		frame := s.border(useInput, 2*half, 2*half, r.inPad)
		copyInto(frame, masked, 2*half, r.inPad)
		r.a.run(k, s, q, frame)
		k.ReLUCopy(frame.Inside(), x, 2*half, 2*half, r.inPad)
		t.direction.run(k, s, rz, frame)
		for j, v := range q {
			rz[j] += v
		}
	})
	t.normA.settle(k, r.Params.A.Norm, n)
	r.work.images(n, func(s *scratch, i int) {
		middle, rmiddle := r.outImage(r.middle, i), r.outImage(t.middle, i)
		t.normA.result(k, s, rmiddle, i)
		masked, positive := s.densely(useGrad, len(middle)), s.densely(useInput, len(middle))
		k.MaskedSum(masked, rmiddle, middle, nil, len(middle))
		k.ReLUCopy(kernel.Dense(positive, half, r.outPad), middle, half, half, r.outPad)
		t.b.run(k, s, t.normB.of(t.normB.q, i), t.normB.of(t.normB.rz, i), masked, positive)
	})
	t.normB.settle(k, r.Params.B.Norm, n)
	r.work.images(n, func(s *scratch, i int) {
		y, q := r.outImage(t.y, i), r.outImage(t.downTangent, i)
		rsmall := s.densely(useInput, half*half*r.inPad)
		k.HalfPool(rsmall, r.inImage(rx, i), 2*half, 2*half, r.inPad)
		down := s.densely(useGrad, len(y))
		t.down.run(k, s, q, down, rsmall, averaged(k, s, r.inImage(r.x, i), half, r.inPad))
		shift := s.densely(useShift, r.outPad)
		clear(shift)
		s.terms = append(t.normB.terms(s.terms[:0], shift, i), kernel.Term{X: down})
		k.AffineSum(y, shift, s.terms, kernel.Plane{}, half, half, r.outPad)
	})
	return t.y
}

// copyInto stores a dense image into a bordered one.
func copyInto(dst *kernel.Bordered, x []float32, side, channels int) {
	inside := dst.Inside()
	for row := range side {
		copy(inside.Data[row*inside.Row:][:side*channels], x[row*side*channels:])
	}
}

// ReductionCurvature has a number of each convolution.
type ReductionCurvature struct{ A, B, Downsample float64 }

// TangentGrad computes the tangent of the gradient of the input from the gradient
// of the output, by which [Reduction.Backward] ran last, and its tangent; and the
// curvature of each convolution.
func (r *Reduction) TangentGrad(dy, rdy []float32, n int) ([]float32, ReductionCurvature) {
	t, k, half := &r.tangent, r.work.Kernels, r.side
	dmiddle := r.work.shared(useNode, r.capacity*half*half*r.outPad)
	t.normB.settleGrad(k, r.Params.B.Norm, dy, rdy, n)
	size := half * half * r.outPad
	r.work.images(n, func(s *scratch, i int) {
		dz, rdz, g := s.densely(useNormGrad, size), s.densely(useValue, size), s.densely(useGrad, size)
		t.normB.grads(k, s, dz, rdz, dy, rdy, i)
		t.b.grad(k, s, g, dz, rdz, false)
		k.MaskedSum(r.outImage(t.dmiddle, i), g, r.outImage(r.middle, i), nil, size)
	})
	t.normA.settleGrad(k, r.Params.A.Norm, dmiddle, t.dmiddle, n)
	r.work.images(n, func(s *scratch, i int) {
		dz, rdz := s.densely(useNormGrad, size), s.densely(useValue, size)
		t.normA.grads(k, s, dz, rdz, dmiddle, t.dmiddle, i)
		x := r.inImage(r.x, i)
		g, other := s.densely(useGrad, len(x)), s.densely(useLinearGrad, len(x))
		frame := s.border(useNormGrad, half, half, r.outPad)
		copyInto(frame, rdz, half, r.outPad)
		r.a.inputGrad(k, s, g, frame)
		copyInto(frame, dz, half, r.outPad)
		t.direction.inputGrad(k, s, other, frame)
		for j, v := range other {
			g[j] += v
		}
		rdx := r.inImage(t.dx, i)
		k.MaskedSum(rdx, g, x, nil, len(x))

		rsmall := s.densely(useReduced, half*half*r.inPad)
		t.down.grad(k, s, rsmall, r.outImage(dy, i), r.outImage(rdy, i), false)
		k.HalfPoolGradAdd(rdx, rsmall, 2*half, 2*half, r.inPad)
		z := s.densely(useSum, size)
		s.blocks = blocks(s.blocks[:0], z, r.outPad)
		r.down.run(k, s, s.blocks, averaged(k, s, x, half, r.inPad), 1, false)
		t.downCurvature[i] = t.normB.inner(k, s, z, r.outImage(rdy, i)) + t.normB.inner(k, s, r.outImage(t.downTangent, i), r.outImage(dy, i))
	})
	var down float64
	for _, v := range t.downCurvature[:n] {
		down += v
	}
	return t.dx, ReductionCurvature{t.normA.curvature(n), t.normB.curvature(n), down}
}

// headTangent is a head's.
type headTangent struct {
	images       int
	norm         *normTangent
	features, dx []float32
	rdy          []float32
}

// Tangent computes that of the features of the last Forward from that of its
// input.
func (b *Head) Tangent(rx []float32, n int) []float32 {
	k, pixels := b.work.Kernels, b.side*b.side
	if b.tangent.images < n {
		size := n * pixels * b.padded
		b.tangent = headTangent{n, newNormTangent(b.work, b.norm, n, false), b.work.Memory.zeros(n * b.channels), b.work.floats(size), b.work.floats(size)}
	}
	t := &b.tangent
	copy(t.norm.rz[:n*pixels*b.padded], rx)
	t.norm.settle(k, b.Params, n)
	b.work.images(n, func(s *scratch, i int) {
		y, ry := s.densely(useValue, pixels*b.padded), s.densely(useGrad, pixels*b.padded)
		b.norm.output(k).one(i, y)
		t.norm.result(k, s, ry, i)
		k.MaskedSum(ry, ry, y, nil, len(ry))
		features := t.features[i*b.channels:][:b.channels]
		for c := range features {
			var sum float64
			for p := range pixels {
				sum += float64(ry[p*b.padded+c])
			}
			features[c] = float32(sum / float64(pixels))
		}
	})
	return t.features
}

// TangentGrad computes the tangent of the gradient of the input from that of the
// features' gradient, by which [Head.Backward] ran last.
func (b *Head) TangentGrad(rdfeatures []float32, n int) []float32 {
	k, t, pixels := b.work.Kernels, &b.tangent, b.side*b.side
	b.work.images(n, func(s *scratch, i int) {
		g := s.densely(useReduced, b.padded)
		clear(g)
		copy(g, rdfeatures[i*b.channels:][:b.channels])
		k.PositiveMeanGrad(t.norm.of(t.rdy, i), g, b.norm.image(i), b.norm.scale, b.norm.shift, pixels, b.padded)
	})
	t.norm.settleGrad(k, b.Params, b.dy, t.rdy, n)
	b.work.images(n, func(s *scratch, i int) {
		t.norm.grads(k, s, s.densely(useNormGrad, pixels*b.padded), t.norm.of(t.dx, i), b.dy, t.rdy, i)
	})
	return t.dx
}
