package block

import (
	"cellnet/cell/twocell"
	"cellnet/internal/hugepage"
	"cellnet/internal/kernel"
)

// The auxiliary head's geometry: an average of 5x5 pixels at every third leaves
// 2x2 pixels, which a convolution of that size joins.
const (
	auxiliaryPool   = 5
	auxiliaryStride = 3
	auxiliarySide   = 2
	auxiliaryPixels = auxiliarySide * auxiliarySide
	auxiliaryChunk  = 16
)

// Auxiliary is the second head of a network in training, without its
// classifier: average, 1x1 convolution, norm, ReLU, 2x2 convolution, norm, ReLU.
// Images are those behind the first ReLU.
type Auxiliary struct {
	work            *Workspace
	side, capacity  int
	in, inPad       int
	Middle, Last    ConvNorm
	pool            *pool
	first           *tapConv
	norms           [2]*norm
	pooled          []float32 // [capacity][4][inPad]
	middle          []float32 // [capacity][4*128], normalized, positive
	weights         []float32 // of the second convolution, [4*128][768]
	transposed      []float32 // [768][4*128]
	features        []float32
	dx, dmiddle, dy []float32
	gradM, gradL    ConvNormGrad
}

// NewAuxiliary prepares a head for side x side images of channels channels.
func NewAuxiliary(w *Workspace, side, channels, capacity int, middle, last ConvNorm) *Auxiliary {
	var offsets [][2]int
	for y := range auxiliaryPool {
		for x := range auxiliaryPool {
			offsets = append(offsets, [2]int{y, x})
		}
	}
	const joined = auxiliaryPixels * twocell.AuxiliaryMiddle
	b := &Auxiliary{
		work: w, side: side, capacity: capacity, in: channels, inPad: kernel.Pad(channels), Middle: middle, Last: last,
		pool:   newPool(newWindow(side, (side-auxiliaryPool)/auxiliaryStride+1, auxiliaryStride, offsets), channels, false),
		first:  newTapConv(square(auxiliarySide, 1, 1, 1), channels, twocell.AuxiliaryMiddle),
		middle: hugepage.Floats(capacity * joined), features: hugepage.Floats(capacity * twocell.AuxiliaryFeatures),
		weights: make([]float32, joined*twocell.AuxiliaryFeatures), transposed: make([]float32, joined*twocell.AuxiliaryFeatures),
	}
	b.pooled = hugepage.Floats(capacity * auxiliaryPixels * b.inPad)
	b.norms[0] = w.Memory.norm(w.Statistics, twocell.AuxiliaryMiddle, auxiliaryPixels, capacity, hugepage.Floats(capacity*joined))
	b.norms[1] = w.Memory.norm(w.Statistics, twocell.AuxiliaryFeatures, 1, capacity, hugepage.Floats(capacity*twocell.AuxiliaryFeatures))
	return b
}

// joining is the second convolution of count images: each of them is a pixel.
func (b *Auxiliary) joining(count int) kernel.Conv {
	const joined = auxiliaryPixels * twocell.AuxiliaryMiddle
	return kernel.Conv{Rows: 1, Cols: count, In: joined, InPixel: joined, InRow: count * joined, Taps: []int{0}, OutPixel: twocell.AuxiliaryFeatures, OutRow: count * twocell.AuxiliaryFeatures}
}

// separating is its input gradient.
func (b *Auxiliary) separating(count int) kernel.Conv {
	g := b.joining(count)
	g.In, g.InPixel, g.OutPixel = twocell.AuxiliaryFeatures, twocell.AuxiliaryFeatures, auxiliaryPixels*twocell.AuxiliaryMiddle
	g.InRow, g.OutRow = count*g.InPixel, count*g.OutPixel
	return g
}

// rows returns count rows of a batch of size numbers each.
func rows(batch []float32, from, count, size int) []float32 { return batch[from*size:][:count*size] }

// Forward computes the features [n][768] of n images x, valid until the next
// call; those of images beyond n are zero.
func (b *Auxiliary) Forward(x []float32, n int) []float32 {
	const joined = auxiliaryPixels * twocell.AuxiliaryMiddle
	k := b.work.Kernels
	b.first.pack([][]float32{b.Middle.Conv}, nil)
	kernel.PackWeights(b.weights, b.Last.Conv, twocell.AuxiliaryFeatures, twocell.AuxiliaryMiddle, auxiliaryPixels, twocell.AuxiliaryFeatures, 0, nil)
	b.work.images(n, func(s *scratch, i int) {
		pooled := rows(b.pooled, i, 1, auxiliaryPixels*b.inPad)
		b.pool.run(k, s, pooled, imageOf(x, i, b.side*b.side, b.in))
		b.first.run(k, s, b.norms[0].image(i), pooled, false)
		b.norms[0].observe(k, i, 1)
	})
	b.norms[0].settle(b.Middle.Norm, n)
	b.work.chunks(n, auxiliaryChunk, func(s *scratch, from, count int) {
		middle := rows(b.middle, from, count, joined)
		b.positive(s, b.norms[0], middle, from, count)
		g := b.joining(count)
		s.blocks = blocks(s.blocks[:0], b.norms[1].images(from, count), twocell.AuxiliaryFeatures)
		k.Conv(&g, s.blocks, middle, b.weights, false)
		b.norms[1].observe(k, from, count)
	})
	b.norms[1].settle(b.Last.Norm, n)
	b.work.chunks(n, auxiliaryChunk, func(s *scratch, from, count int) {
		b.positive(s, b.norms[1], rows(b.features, from, count, twocell.AuxiliaryFeatures), from, count)
	})
	clear(b.features[n*twocell.AuxiliaryFeatures:])
	return b.features
}

// positive stores the positive part of what a norm makes of some images.
func (b *Auxiliary) positive(s *scratch, t *norm, dst []float32, from, count int) {
	s.terms = append(s.terms[:0], kernel.Term{X: t.images(from, count), Scale: t.scale})
	pixels := count * t.pixels
	b.work.Kernels.AffineSum(dst, t.shift, s.terms, kernel.Dense(dst, pixels, t.padded), 1, pixels, t.padded)
}

// AuxiliaryGrad holds the gradients of an [Auxiliary]'s parameters.
type AuxiliaryGrad struct{ Middle, Last ConvNormGrad }

func (b *Auxiliary) prepareGrad() {
	if b.dx != nil {
		return
	}
	b.dx = hugepage.Floats(b.capacity * b.side * b.side * b.inPad)
	b.dmiddle, b.dy = hugepage.Floats(len(b.middle)), hugepage.Floats(len(b.features))
	b.gradM = b.work.Memory.convNormGrad(twocell.AuxiliaryMiddle, b.in, 1)
	b.gradL = b.work.Memory.convNormGrad(twocell.AuxiliaryFeatures, twocell.AuxiliaryMiddle, auxiliaryPixels)
}

// Backward computes the gradients of the last Forward from that of the features:
// the images' and the parameters'. They are valid until the next call.
func (b *Auxiliary) Backward(dfeatures []float32, n int) ([]float32, AuxiliaryGrad) {
	const joined = auxiliaryPixels * twocell.AuxiliaryMiddle
	b.prepareGrad()
	k := b.work.Kernels
	b.first.packTransposed([][]float32{b.Middle.Conv})
	b.transpose()
	b.work.chunks(n, auxiliaryChunk, func(_ *scratch, from, count int) {
		dy := rows(b.dy, from, count, twocell.AuxiliaryFeatures)
		k.MaskedSum(dy, rows(dfeatures, from, count, twocell.AuxiliaryFeatures), rows(b.features, from, count, twocell.AuxiliaryFeatures), nil, len(dy))
		b.norms[1].observeGrad(k, dy, from, count)
	})
	b.norms[1].settleGrad(b.Last.Norm, b.gradL.NormGrad, 1, n)
	sums := newWeightSums(b.work, auxiliaryChunk, len(b.weights)).each(n, func(s *scratch, sums []float32, from, count int) {
		dz := s.densely(useNormGrad, auxiliaryChunk*twocell.AuxiliaryFeatures)[:count*twocell.AuxiliaryFeatures]
		b.normGrad(b.norms[1], dz, b.dy, from, count)
		g := b.joining(count)
		middle, dmiddle := rows(b.middle, from, count, joined), rows(b.dmiddle, from, count, joined)
		k.WeightGrad(&g, sums, middle, kernel.Dense(dz, count, twocell.AuxiliaryFeatures), twocell.AuxiliaryFeatures)
		g = b.separating(count)
		s.blocks = blocks(s.blocks[:0], dmiddle, joined)
		k.Conv(&g, s.blocks, dz, b.transposed, false)
		k.MaskedSum(dmiddle, dmiddle, middle, nil, len(dmiddle))
		b.norms[0].observeGrad(k, dmiddle, from, count)
	})
	kernel.UnpackWeights(b.gradL.Conv, sums, twocell.AuxiliaryFeatures, twocell.AuxiliaryMiddle, auxiliaryPixels, twocell.AuxiliaryFeatures, 0)
	b.norms[0].settleGrad(b.Middle.Norm, b.gradM.NormGrad, 1, n)
	sums = newWeightSums(b.work, b.side, b.first.gradSize()).each(n, func(s *scratch, sums []float32, from, count int) {
		for i := from; i < from+count; i++ {
			b.imageGrad(s, sums, i)
		}
	})
	b.first.collect([][]float32{b.gradM.Conv}, sums)
	return b.dx, AuxiliaryGrad{b.gradM, b.gradL}
}

// transpose packs the second convolution's weights for its input gradient.
func (b *Auxiliary) transpose() {
	for o := range twocell.AuxiliaryFeatures {
		row := b.transposed[o*auxiliaryPixels*twocell.AuxiliaryMiddle:]
		for i := range twocell.AuxiliaryMiddle {
			for t, v := range b.Last.Conv[(o*twocell.AuxiliaryMiddle+i)*auxiliaryPixels:][:auxiliaryPixels] {
				row[t*twocell.AuxiliaryMiddle+i] = v
			}
		}
	}
}

// normGrad stores the gradient of what a norm reads of some images.
func (b *Auxiliary) normGrad(t *norm, dst, dy []float32, from, count int) {
	pixels := count * t.pixels
	b.work.Kernels.NormGrad(kernel.Dense(dst, pixels, t.padded), rows(dy, from, count, t.pixels*t.padded), t.images(from, count), t.gradY, t.gradZ, t.gradOne, 1, pixels, t.padded)
}

// imageGrad computes the gradient of image i, and adds that of the first
// convolution's weights.
func (b *Auxiliary) imageGrad(s *scratch, sums []float32, i int) {
	k := b.work.Kernels
	dz := s.densely(useNormGrad, auxiliaryPixels*twocell.AuxiliaryMiddle)
	b.normGrad(b.norms[0], dz, b.dmiddle, i, 1)
	b.first.weightGrad(k, sums, rows(b.pooled, i, 1, auxiliaryPixels*b.inPad), kernel.Dense(dz, auxiliarySide, twocell.AuxiliaryMiddle))
	dpooled := s.densely(useReduced, auxiliaryPixels*b.inPad)
	b.first.inputGrad(k, s, kernel.Dense(dpooled, auxiliarySide, b.inPad), dz)
	dx := imageOf(b.dx, i, b.side*b.side, b.in)
	clear(dx)
	b.pool.addGrad(k, s, dx, nil, dpooled)
}

// Rectifier is a ReLU.
type Rectifier struct {
	work  *Workspace
	size  int // of an image
	y, dx []float32
}

// NewRectifier prepares a ReLU of side x side images of channels channels.
func NewRectifier(w *Workspace, side, channels, capacity int) *Rectifier {
	size := side * side * kernel.Pad(channels)
	return &Rectifier{work: w, size: size, y: hugepage.Floats(capacity * size), dx: hugepage.Floats(capacity * size)}
}

// Forward computes the positive part of n images x, valid until the next call.
func (b *Rectifier) Forward(x []float32, n int) []float32 {
	b.work.images(n, func(_ *scratch, i int) {
		y := rows(b.y, i, 1, b.size)
		b.work.Kernels.ReLUCopy(kernel.Dense(y, b.size/kernel.Lane, kernel.Lane), rows(x, i, 1, b.size), 1, b.size/kernel.Lane, kernel.Lane)
	})
	return b.y
}

// Backward computes the gradient of the last Forward's images from that of its
// result, valid until the next call.
func (b *Rectifier) Backward(dy []float32, n int) []float32 {
	b.work.images(n, func(_ *scratch, i int) {
		b.work.Kernels.MaskedSum(rows(b.dx, i, 1, b.size), rows(dy, i, 1, b.size), rows(b.y, i, 1, b.size), nil, b.size)
	})
	return b.dx
}
