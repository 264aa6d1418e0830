package block

import (
	"math"

	"cellnet/internal/kernel"
)

// norm is one batch norm in training: of z, a dense batch of n images.
type norm struct {
	channels, padded, pixels int

	z []float32 // [capacity][pixels][padded], what is normalized

	partial []float32 // [capacity][3][padded]: sums, squares and pivots of each image
	mean    []float32
	invStd  []float64
	scale   []float32 // y = scale*z + shift
	shift   []float32

	// z's gradient is gradY*dy + gradZ*z + gradOne.
	gradY, gradZ, gradOne []float32
}

func newNorm(channels, pixels, capacity int, z []float32) *norm {
	padded := kernel.Pad(channels)
	vector := func() []float32 { return make([]float32, padded) }
	return &norm{
		channels: channels, padded: padded, pixels: pixels, z: z,
		partial: make([]float32, capacity*3*padded),
		mean:    vector(), invStd: make([]float64, channels), scale: vector(), shift: vector(),
		gradY: vector(), gradZ: vector(), gradOne: vector(),
	}
}

// image returns z of one image.
func (b *norm) image(i int) []float32 {
	size := b.pixels * b.padded
	return b.z[i*size:][:size]
}

func (b *norm) partials(i int) (first, second, pivot []float32) {
	p := b.partial[i*3*b.padded:]
	return p[:b.padded], p[b.padded:][:b.padded], p[2*b.padded:][:b.padded]
}

// observe takes the sums of image i, whose z is complete.
func (b *norm) observe(k *kernel.Kernels, i int) {
	sum, squares, pivot := b.partials(i)
	z := b.image(i)
	copy(pivot, z[:b.padded])
	k.Moments(sum, squares, z, pivot, b.pixels, b.padded)
}

// settle computes the batch's statistics from the sums of n images, sets scale
// and shift and moves the running statistics: the variance is biased in the
// normalization and unbiased in the running value.
func (b *norm) settle(p Norm, n int) {
	count := float64(n * b.pixels)
	pixels := float64(b.pixels)
	for c := range b.channels {
		var mean float64
		for i := range n {
			sum, _, pivot := b.partials(i)
			mean += float64(pivot[c]) + float64(sum[c])/pixels
		}
		mean /= float64(n)
		var squares float64
		for i := range n {
			sum, square, pivot := b.partials(i)
			s := float64(sum[c])
			d := float64(pivot[c]) + s/pixels - mean
			squares += float64(square[c]) - s*s/pixels + pixels*d*d
		}
		squares = math.Max(squares, 0)
		b.mean[c] = float32(mean)
		b.invStd[c] = 1 / math.Sqrt(squares/count+Epsilon)
		scale := float64(p.Weight[c]) * b.invStd[c]
		b.scale[c] = float32(scale)
		b.shift[c] = float32(float64(p.Bias[c]) - scale*mean)
		p.RunningMean[c] += Momentum * (float32(mean) - p.RunningMean[c])
		p.RunningVar[c] += Momentum * (float32(squares/(count-1)) - p.RunningVar[c])
	}
	*p.Batches++
}

// observeGrad takes the sums of the gradient of image i.
func (b *norm) observeGrad(k *kernel.Kernels, dy []float32, i int) {
	sum, dot, _ := b.partials(i)
	k.GradSums(sum, dot, dy, b.image(i), b.mean, b.pixels, b.padded)
}

// settleGrad computes the parameters' gradients and the factors of z's.
func (b *norm) settleGrad(p Norm, grad NormGrad, n int) {
	count := float64(n * b.pixels)
	for c := range b.channels {
		var total, dot float64
		for i := range n {
			sum, d, _ := b.partials(i)
			total += float64(sum[c])
			dot += float64(d[c])
		}
		grad.Bias[c] = float32(total)
		grad.Weight[c] = float32(dot * b.invStd[c])
		a := float64(p.Weight[c]) * b.invStd[c]
		slope := -a * b.invStd[c] * b.invStd[c] * dot / count
		b.gradY[c] = float32(a)
		b.gradZ[c] = float32(slope)
		b.gradOne[c] = float32(-a*total/count - slope*float64(b.mean[c]))
	}
}

// storeGrad writes z's gradient of image i into dst.
func (b *norm) storeGrad(k *kernel.Kernels, dst kernel.Plane, dy []float32, i, rows, cols int) {
	k.NormGrad(dst, dy, b.image(i), b.gradY, b.gradZ, b.gradOne, rows, cols, b.padded)
}
