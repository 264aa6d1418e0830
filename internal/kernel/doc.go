// Package kernel holds the float32 arithmetic of the network: convolution and
// its gradients, batch-norm passes and pooling, each for one image.
//
// # Layout
//
// Images are NHWC: the channels of a pixel are contiguous, and their number is
// a multiple of [Lane], padded with zeros (see [Pad]). A dense image of
// rows x cols pixels is a slice of rows*cols*channels numbers; a [Plane] is a
// view with its own pitches, such as the interior of a zero-bordered scratch.
//
// Convolution weights are packed once a step from PyTorch's OIHW to
// [tap][input channel][output channel] ([PackWeights]).
//
// # Convolutions
//
// [Kernels.Conv] and [Kernels.WeightGrad] compute any convolution directly, one
// image at a time. 3x3 convolutions of stride 1 go two to three times as fast
// by [Kernels.WinogradConv] and [Kernels.WinogradWeightGrad], the more so the
// more tiles there are to share the weights: small images are best computed
// several at a time.
//
// # Variants
//
// A [Kernels] is one implementation of every primitive: portable Go, which is
// the reference, or assembly for AVX2 or AVX-512. [Best] picks the fastest one
// that the processor runs; the environment variable CELLNET_ISA overrides it.
// Within one variant a result depends on the arguments alone. Between variants
// the order of additions differs, so results differ by rounding.
//
// Methods panic when a slice is too short for the shape: that is a mistake of
// the caller, never of a file.
package kernel

// Lane is the unit to which channel counts are padded: one AVX-512 vector.
const Lane = 16

// wordSize is the number of bytes of a float32.
const wordSize = 4

// Pad returns the number of channels that c channels occupy in memory.
func Pad(c int) int { return (c + Lane - 1) / Lane * Lane }

// Plane is a view of an image: channel k of pixel (r, c) is
// Data[r*Row+c*Pixel+k]. Pitches are in numbers, not bytes.
type Plane struct {
	Data       []float32
	Pixel, Row int
}

// Dense returns the view of a dense image.
func Dense(data []float32, cols, channels int) Plane {
	return Plane{Data: data, Pixel: channels, Row: cols * channels}
}

// At returns the view that begins at pixel (r, c), channel k.
func (p Plane) At(r, c, k int) Plane {
	p.Data = p.Data[r*p.Row+c*p.Pixel+k:]
	return p
}

// need panics unless the plane holds rows x cols pixels of n channels.
func (p Plane) need(rows, cols, n int) {
	if rows > 0 && cols > 0 && n > 0 {
		_ = p.Data[(rows-1)*p.Row+(cols-1)*p.Pixel+n-1]
	}
}

// Bordered is an image scratch with a border of equal pixels, which convolution
// taps may read. Only the interior is ever written.
type Bordered struct {
	data                         []float32
	rows, cols, channels, border int
}

// NewBordered allocates a scratch for rows x cols pixels of n channels, with a
// border of one zero pixel on each side.
func NewBordered(rows, cols, n int) *Bordered { return NewFramed(rows, cols, n, 1, 0) }

// NewFramed allocates a scratch for rows x cols pixels of n channels, with
// border pixels of a value on each side.
func NewFramed(rows, cols, n, border int, value float32) *Bordered {
	b := &Bordered{make([]float32, (rows+2*border)*(cols+2*border)*n), rows, cols, n, border}
	if value != 0 {
		for i := range b.data {
			b.data[i] = value
		}
	}
	return b
}

// Whole is the view that begins at the border's corner: the input of a
// convolution whose padding is the border.
func (b *Bordered) Whole() Plane { return Dense(b.data, b.cols+2*b.border, b.channels) }

// Inside is the view of the image itself.
func (b *Bordered) Inside() Plane { return b.Whole().At(b.border, b.border, 0) }
