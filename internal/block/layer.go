package block

import (
	"cellnet/cell/twocell"
	"cellnet/internal/kernel"
)

// LayerParams are the parameters of a [twocell.Layer]: the weights of its
// convolutions (OIHW), and its batch norm.
type LayerParams struct {
	Weights [][]float32
	Norm
}

// LayerGrad holds the gradients of [LayerParams].
type LayerGrad struct {
	Weights [][]float32
	NormGrad
}

// layerGrad allocates gradients.
func (m *Memory) layerGrad(l twocell.Layer) LayerGrad {
	g := LayerGrad{NormGrad: m.normGrad(l.Out)}
	for _, w := range l.Weights() {
		size := 1
		for _, d := range w.Shape {
			size *= d
		}
		g.Weights = append(g.Weights, m.zeros(size))
	}
	return g
}

// layer is the convolutions of a layer: ReLU, one or two convolutions.
type layer struct {
	side, out     int // of the images and of the result
	inPad, outPad int
	border        int          // of the images
	channel       *channelConv // of a separable layer, else nil
	conv          *tapConv
}

func newLayer(l twocell.Layer, side int) *layer {
	b := &layer{side: side, inPad: kernel.Pad(l.In), outPad: kernel.Pad(l.Out)}
	switch l.Form {
	case twocell.Separable:
		b.channel = newChannelConv(square(side, l.Size, l.Stride, l.Dilation), l.In)
		b.conv = newTapConv(square(b.channel.result, 1, 1, 1), l.In, l.Out)
		b.border = b.channel.border
	case twocell.Projected:
		first := l.Out / 2
		b.conv = newTapConvOf(diagonal(side, l.Stride), l.In, l.Out, part{0, first, 0, 1}, part{first, l.Out - first, 1, 1})
		b.border = b.conv.border
	default:
		b.conv = newTapConv(square(side, l.Size, l.Stride, l.Dilation), l.In, l.Out)
		b.border = b.conv.border
	}
	b.out = b.conv.result
	return b
}

func (l *layer) pixels() int { return l.out * l.out }

// pack takes the weights, times a scale for each output channel (nil: one).
func (l *layer) pack(weights [][]float32, scale []float32) {
	if l.channel != nil {
		l.channel.pack(weights[0])
		weights = weights[1:]
	}
	l.conv.pack(weights, scale)
}

// packTransposed takes the weights for the input gradient, after pack.
func (l *layer) packTransposed(weights [][]float32) {
	if l.channel != nil {
		l.channel.packTransposed()
		weights = weights[1:]
	}
	l.conv.packTransposed(weights)
}

// affine is a scale (nil: one) and a shift for each channel.
type affine struct{ scale, shift []float32 }

// read stores the positive part of an image, or of what an affine function
// makes of it, in a bordered scratch. It returns the scratch, and the values
// before the ReLU.
func (l *layer) read(k *kernel.Kernels, s *scratch, x []float32, a *affine) (bordered *kernel.Bordered, values []float32) {
	bordered = s.frame(useInput, l.side, l.inPad, l.border, 0)
	if a == nil {
		k.ReLUCopy(bordered.Inside(), x, l.side, l.side, l.inPad)
		return bordered, x
	}
	values = s.densely(useValue, l.side*l.side*l.inPad)
	s.terms = append(s.terms[:0], kernel.Term{X: x, Scale: a.scale})
	k.AffineSum(values, a.shift, s.terms, bordered.Inside(), l.side, l.side, l.inPad)
	return bordered, values
}

// run computes the convolutions of one image.
func (l *layer) run(k *kernel.Kernels, s *scratch, dst []float32, bordered *kernel.Bordered, add bool) {
	l.conv.run(k, s, dst, l.between(k, s, bordered), add)
}

// between returns what the last convolution reads.
func (l *layer) between(k *kernel.Kernels, s *scratch, bordered *kernel.Bordered) []float32 {
	if l.channel == nil {
		return bordered.Whole().Data
	}
	z := s.densely(useBetween, l.pixels()*l.inPad)
	l.channel.run(k, z, bordered.Whole().Data)
	return z
}

// gradSize is the length of the sums that backward adds to.
func (l *layer) gradSize() int {
	if l.channel == nil {
		return l.conv.gradSize()
	}
	return l.channel.gradSize() + l.conv.gradSize()
}

// backward returns the gradient of the positive part of an image, valid until
// the next call, and adds that of the weights to sums: from the gradient of the
// result, which dz stores.
func (l *layer) backward(k *kernel.Kernels, s *scratch, sums []float32, bordered *kernel.Bordered, dz func(dst kernel.Plane)) []float32 {
	g := s.densely(useGrad, l.side*l.side*l.inPad)
	grad := s.frame(useNormGrad, l.out, l.outPad, l.conv.gradBorder, 0)
	dz(grad.Inside())
	if l.channel == nil {
		l.conv.weightGrad(k, sums, bordered.Whole().Data, grad.Inside())
		l.conv.inputGrad(k, s, kernel.Dense(g, l.side, l.inPad), grad.Whole().Data)
		return g
	}
	split := l.channel.gradSize()
	l.conv.weightGrad(k, sums[split:], l.between(k, s, bordered), grad.Inside())
	between := s.frame(useBetween, l.out, l.inPad, l.channel.gradBorder, 0)
	l.conv.inputGrad(k, s, between.Inside(), grad.Whole().Data)
	l.channel.weightGrad(k, sums[:split], bordered.Whole().Data, between.Inside())
	l.channel.inputGrad(k, kernel.Dense(g, l.side, l.inPad), between.Whole().Data)
	return g
}

// collect hands out the gradients of the weights.
func (l *layer) collect(dst [][]float32, sums []float32) {
	if l.channel != nil {
		split := l.channel.gradSize()
		l.channel.collect(dst[0], sums[:split])
		dst, sums = dst[1:], sums[split:]
	}
	l.conv.collect(dst, sums)
}
