package block

import "math"

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

// NewNormGrad allocates gradients for channels channels.
func NewNormGrad(channels int) NormGrad {
	return NormGrad{make([]float32, channels), make([]float32, channels)}
}

// NewConvNormGrad allocates gradients for a convolution.
func NewConvNormGrad(out, in, taps int) ConvNormGrad {
	return ConvNormGrad{make([]float32, out*in*taps), NewNormGrad(out)}
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
