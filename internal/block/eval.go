package block

import "cellnet/internal/kernel"

// StemEval is the stem in evaluation.
type StemEval struct {
	work     *Workspace
	side     int
	channels int
	padded   int
	Params   ConvNorm
	geometry kernel.Conv
	weights  []float32
	shift    []float32
	y        []float32
}

// NewStemEval prepares a stem; see [NewStem].
func NewStemEval(w *Workspace, side, channels, capacity int, params ConvNorm) *StemEval {
	padded := kernel.Pad(channels)
	return &StemEval{
		work: w, side: side, channels: channels, padded: padded, Params: params, geometry: stemGeometry(side, padded),
		weights: make([]float32, 9*imageChannels*padded), y: make([]float32, capacity*side*side*padded),
	}
}

// Fold takes the parameters and running statistics as they are now.
func (b *StemEval) Fold() {
	scale, shift := b.Params.fold(b.padded)
	b.shift = shift
	kernel.PackWeights(b.weights, b.Params.Conv, b.channels, imageChannels, 9, b.padded, 0, scale)
}

// Forward computes the stem of n images x (NCHW).
func (b *StemEval) Forward(x []float32, n int) []float32 {
	k := b.work.Kernels
	b.work.images(n, func(s *scratch, i int) {
		y := imageOf(b.y, i, b.side*b.side, b.padded)
		s.blocks = blocks(s.blocks[:0], y, b.padded)
		k.Conv(&b.geometry, s.blocks, interleaved(s, x, i, b.side).Whole().Data, b.weights, false)
		s.terms = append(s.terms[:0], kernel.Term{X: y})
		k.AffineSum(y, b.shift, s.terms, kernel.Plane{}, b.side, b.side, b.padded)
	})
	return b.y
}

// ReductionEval is the residual block of stride 2 in evaluation.
type ReductionEval struct {
	work    *Workspace
	side    int
	inPad   int
	outPad  int
	Params  ReductionParams
	a       *strided
	b, down *convs
	shiftA  []float32
	shiftB  []float32
	y       []float32
}

// NewReductionEval prepares a block; see [NewReduction].
func NewReductionEval(w *Workspace, side int, widths Widths, capacity int, params ReductionParams) *ReductionEval {
	half, channels, wide := side/2, widths.In, widths.Out
	outPad := kernel.Pad(wide)
	return &ReductionEval{
		work: w, side: half, inPad: kernel.Pad(channels), outPad: outPad, Params: params,
		a: newStrided(w.Memory, half, half, channels, wide), b: newConvs(half, wide, wide, 9, 1), down: newConvs(half, channels, wide, 1, 1),
		y: make([]float32, capacity*half*half*outPad),
	}
}

// Fold takes the parameters and running statistics as they are now.
func (r *ReductionEval) Fold() {
	scale, shift := r.Params.A.fold(r.outPad)
	r.a.pack(r.Params.A.Conv, scale)
	r.shiftA = shift
	scale, shift = r.Params.B.fold(r.outPad)
	r.b.pack(0, r.Params.B.Conv, scale)
	r.b.packed(r.work.Kernels)
	r.shiftB = shift
	r.down.pack(0, r.Params.Downsample, nil)
}

// Forward computes the block of n images x.
func (r *ReductionEval) Forward(x []float32, n int) []float32 {
	chunk := min(chunkOf(r.side), evalChunk)
	r.work.chunks(n, chunk, func(s *scratch, from, count int) { r.images(s, x, from, count) })
	return r.y
}

// images computes count images from number from on.
func (r *ReductionEval) images(s *scratch, x []float32, from, count int) {
	k, full, size := r.work.Kernels, 2*r.side, r.side*r.side*r.outPad
	middle := s.densely(useNode, evalChunk*size)
	for i := range count {
		image := imageOf(x, from+i, full*full, r.inPad)
		relu := s.border(useInput, full, full, r.inPad)
		k.ReLUCopy(relu.Inside(), image, full, full, r.inPad)
		mine := middle[i*size:][:size]
		r.a.run(k, s, mine, relu)
		s.terms = append(s.terms[:0], kernel.Term{X: mine})
		k.AffineSum(mine, r.shiftA, s.terms, kernel.Plane{}, r.side, r.side, r.outPad)

		s.blocks = blocks(s.blocks[:0], r.y[(from+i)*size:], r.outPad)
		r.down.run(k, s, s.blocks, averaged(k, s, image, r.side, r.inPad), 1, false)
	}
	s.blocks = blocks(s.blocks[:0], r.y[from*size:], r.outPad)
	r.b.run(k, s, s.blocks, middle, count, true)
	for i := from; i < from+count; i++ {
		y := r.y[i*size:][:size]
		s.terms = append(s.terms[:0], kernel.Term{X: y})
		k.AffineSum(y, r.shiftB, s.terms, kernel.Plane{}, r.side, r.side, r.outPad)
	}
}

// HeadEval is the last batch norm with ReLU and the average, in evaluation.
type HeadEval struct {
	work         *Workspace
	side         int
	channels     int
	padded       int
	Params       Norm
	scale, shift []float32
	features     []float32
}

// NewHeadEval prepares a head; see [NewHead].
func NewHeadEval(w *Workspace, side, channels, capacity int, params Norm) *HeadEval {
	return &HeadEval{work: w, side: side, channels: channels, padded: kernel.Pad(channels), Params: params, features: make([]float32, capacity*channels)}
}

// Fold takes the parameters and running statistics as they are now.
func (b *HeadEval) Fold() { b.scale, b.shift = b.Params.fold(b.padded) }

// Forward computes the features of n images x; those beyond n are zero.
func (b *HeadEval) Forward(x []float32, n int) []float32 {
	k := b.work.Kernels
	pixels := b.side * b.side
	b.work.images(n, func(s *scratch, i int) {
		averagePositive(k, s, b.features[i*b.channels:][:b.channels], imageOf(x, i, pixels, b.channels), b.scale, b.shift, pixels)
	})
	clear(b.features[n*b.channels:])
	return b.features
}
