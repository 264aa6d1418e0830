package block

import (
	"math"

	"cellnet/internal/kernel"
)

// Epsilon and Momentum are batch norm's constants (PyTorch's defaults);
// momentum is the weight of the new batch in the running statistics.
const (
	Epsilon  = 1e-5
	Momentum = 0.1
)

// Statistics says what a batch norm normalizes with.
type Statistics uint8

// The statistics.
const (
	OfBatch Statistics = iota // those of the batch; the running ones move
	Running                   // the running ones, which stay as they are
	None                      // the norm is the identity, its weight and bias have no effect
)

// Norm is a batch norm's parameters and state, one number a channel. One without
// Batches keeps no running statistics.
type Norm struct {
	Weight, Bias            []float32
	RunningMean, RunningVar []float32
	Batches                 *int64 // num_batches_tracked
}

// ConvNorm is a convolution without bias (weights OIHW) and its batch norm.
type ConvNorm struct {
	Conv []float32
	Norm
}

// NormGrad holds the gradients of a [Norm].
type NormGrad struct{ Weight, Bias []float32 }

// ConvNormGrad holds the gradients of a [ConvNorm].
type ConvNormGrad struct {
	Conv []float32
	NormGrad
}

// normGrad allocates gradients for channels channels.
func (m *Memory) normGrad(channels int) NormGrad {
	return NormGrad{m.zeros(channels), m.zeros(channels)}
}

// convNormGrad allocates gradients for a convolution.
func (m *Memory) convNormGrad(out, in, taps int) ConvNormGrad {
	return ConvNormGrad{m.zeros(out * in * taps), m.normGrad(out)}
}

// fold returns the scale and the shift to which the norm amounts in evaluation,
// padded with zeros.
func (p Norm) fold(padded int) (scale, shift []float32) {
	scale, shift = make([]float32, padded), make([]float32, padded)
	for c, w := range p.Weight {
		s := float64(w) / math.Sqrt(float64(p.RunningVar[c])+Epsilon)
		scale[c] = float32(s)
		shift[c] = float32(float64(p.Bias[c]) - s*float64(p.RunningMean[c]))
	}
	return scale, shift
}

// norm is one batch norm in training: of z, a dense batch of images.
type norm struct {
	statistics Statistics

	channels, padded, pixels int

	z []float32 // [capacity][pixels][padded], what is normalized

	observed []int     // [capacity]: how many images were observed together from this one on
	partial  []float32 // [capacity][3][padded]: their sums, squares and pivots
	mean     []float32
	invStd   []float64
	scale    []float32 // y = scale*z + shift
	shift    []float32

	// z's gradient is gradY*dy + gradZ*z + gradOne.
	gradY, gradZ, gradOne []float32
}

// norm allocates a batch norm of z.
func (m *Memory) norm(s Statistics, channels, pixels, capacity int, z []float32) *norm {
	padded := kernel.Pad(channels)
	vector := func() []float32 { return m.zeros(padded) }
	return &norm{
		statistics: s, channels: channels, padded: padded, pixels: pixels, z: z,
		observed: make([]int, capacity), partial: m.take(capacity * 3 * padded),
		mean: vector(), invStd: make([]float64, channels), scale: vector(), shift: vector(),
		gradY: vector(), gradZ: vector(), gradOne: vector(),
	}
}

// images returns z of count images from number from on.
func (b *norm) images(from, count int) []float32 {
	size := b.pixels * b.padded
	return b.z[from*size:][:count*size]
}

// image returns z of one image.
func (b *norm) image(i int) []float32 { return b.images(i, 1) }

func (b *norm) partials(i int) (first, second, pivot []float32) {
	p := b.partial[i*3*b.padded:]
	return p[:b.channels], p[b.padded:][:b.channels], p[2*b.padded:][:b.channels]
}

// slots returns where the sums of count images from number from on go, of all
// padded channels.
func (b *norm) slots(from, count int) (first, second, pivot []float32) {
	b.observed[from] = count
	p := b.partial[from*3*b.padded:]
	return p[:b.padded], p[b.padded:][:b.padded], p[2*b.padded:][:b.padded]
}

// observe takes the sums of count images from number from on, whose z is
// complete.
func (b *norm) observe(k *kernel.Kernels, from, count int) {
	if b.statistics != OfBatch {
		return
	}
	sum, squares, pivot := b.slots(from, count)
	z := b.images(from, count)
	copy(pivot, z[:b.padded])
	k.Moments(sum, squares, z, pivot, count*b.pixels, b.padded)
}

// settle sets scale and shift for n images, whose sums are complete.
func (b *norm) settle(p Norm, n int) {
	switch b.statistics {
	case OfBatch:
		b.settleBatch(p, n)
	case Running:
		for c, mean := range p.RunningMean {
			b.setStatistics(p, c, float64(mean), float64(p.RunningVar[c]))
		}
	case None:
		for c := range b.channels {
			b.mean[c], b.invStd[c], b.scale[c], b.shift[c] = 0, 1, 1, 0
		}
	}
}

// setStatistics sets what follows from a channel's mean and variance.
func (b *norm) setStatistics(p Norm, c int, mean, variance float64) {
	b.mean[c] = float32(mean)
	b.invStd[c] = 1 / math.Sqrt(variance+Epsilon)
	scale := float64(p.Weight[c]) * b.invStd[c]
	b.scale[c] = float32(scale)
	b.shift[c] = float32(float64(p.Bias[c]) - scale*mean)
}

// settleBatch computes the batch's statistics from the sums of n images and
// moves the running ones: the variance is biased in the normalization and
// unbiased in the running value.
func (b *norm) settleBatch(p Norm, n int) {
	count := float64(n * b.pixels)
	means, squares := make([]float64, b.channels), make([]float64, b.channels)
	for i := 0; i < n; i += b.observed[i] {
		sum, _, pivot := b.partials(i)
		pixels := float64(b.observed[i] * b.pixels)
		for c := range means {
			means[c] += pixels*float64(pivot[c]) + float64(sum[c])
		}
	}
	for c := range means {
		means[c] /= count
	}
	for i := 0; i < n; i += b.observed[i] {
		sum, square, pivot := b.partials(i)
		pixels := float64(b.observed[i] * b.pixels)
		for c, mean := range means {
			// Of x-mean = (x-pivot) + d.
			d := float64(pivot[c]) - mean
			squares[c] += float64(square[c]) + d*(2*float64(sum[c])+pixels*d)
		}
	}
	for c, mean := range means {
		variance := math.Max(squares[c], 0)
		b.setStatistics(p, c, mean, variance/count)
		if p.Batches == nil {
			continue
		}
		p.RunningMean[c] += Momentum * (float32(mean) - p.RunningMean[c])
		p.RunningVar[c] += Momentum * (float32(variance/(count-1)) - p.RunningVar[c])
	}
	if p.Batches != nil {
		*p.Batches++
	}
}

// observeGrad takes the sums of the gradient dy of count images from number
// from on.
func (b *norm) observeGrad(k *kernel.Kernels, dy []float32, from, count int) {
	sum, dot, _ := b.slots(from, count)
	k.GradSums(sum, dot, dy, b.images(from, count), b.mean, count*b.pixels, b.padded)
}

// gradTotals adds up the sums of n images: of the gradient, and of its products
// with z less the mean.
func (b *norm) gradTotals(n int) (totals, dots []float64) {
	totals, dots = make([]float64, b.channels), make([]float64, b.channels)
	for i := 0; i < n; i += b.observed[i] {
		sum, dot, _ := b.partials(i)
		for c := range totals {
			totals[c] += float64(sum[c])
			dots[c] += float64(dot[c])
		}
	}
	return totals, dots
}

// settleGrad computes the parameters' gradients and the factors of z's, where the
// gradient that was observed is of factor times the result. It returns the
// gradient of the factor.
func (b *norm) settleGrad(p Norm, grad NormGrad, factor float32, n int) (ofFactor float64) {
	count := float64(n * b.pixels)
	totals, dots := b.gradTotals(n)
	for c, total := range totals {
		if b.statistics == None {
			b.gradY[c] = factor
			ofFactor += dots[c]
			continue
		}
		ofFactor += float64(p.Weight[c])*b.invStd[c]*dots[c] + float64(p.Bias[c])*total
		total *= float64(factor)
		dots[c] *= float64(factor)
		grad.Bias[c] = float32(total)
		grad.Weight[c] = float32(dots[c] * b.invStd[c])
		a := float64(p.Weight[c]) * b.invStd[c]
		b.gradY[c] = float32(a * float64(factor))
		if b.statistics == Running {
			continue
		}
		slope := -a * b.invStd[c] * b.invStd[c] * dots[c] / count
		b.gradZ[c] = float32(slope)
		b.gradOne[c] = float32(-a*total/count - slope*float64(b.mean[c]))
	}
	return ofFactor
}

// storeGrad writes z's gradient of image i into dst.
func (b *norm) storeGrad(k *kernel.Kernels, dst kernel.Plane, dy []float32, i, rows, cols int) {
	k.NormGrad(dst, dy, b.image(i), b.gradY, b.gradZ, b.gradOne, rows, cols, b.padded)
}
