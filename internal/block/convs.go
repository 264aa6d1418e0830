package block

import (
	"cellnet/internal/kernel"
)

// convs is a set of convolutions of stride 1 and one kernel size that read the
// positive part of the same image: side by side they are one convolution with
// more outputs, and their input gradient is one with more inputs. 3x3 kernels
// go by Winograd's algorithm, several images at a time.
type convs struct {
	side, taps       int
	in, out, count   int // channels of each convolution; how many there are
	inPad, outPad    int
	weights          []float32 // [tap][in][count*outPad]
	transposed       []float32 // [tap][count*outPad][inPad]
	u, uTransposed   []float32 // Winograd's transforms of these
	forward, inverse kernel.Conv
	ofWeights        kernel.Conv
}

// newConvs prepares count convolutions of taps (1 or 9) taps on side x side
// images.
func newConvs(side, in, out, taps, count int) *convs {
	c := &convs{side: side, taps: taps, in: in, out: out, count: count, inPad: kernel.Pad(in), outPad: kernel.Pad(out)}
	point := func(in, inPad, outPad int) kernel.Conv {
		return kernel.Conv{Rows: side, Cols: side, In: in, InPixel: inPad, InRow: side * inPad, Taps: []int{0}, OutPixel: outPad, OutRow: side * outPad}
	}
	c.forward = point(in, c.inPad, c.outPad)
	c.inverse = point(c.wide(), c.wide(), c.inPad)
	c.ofWeights = point(in, c.inPad, c.wide())
	return c
}

// wide is the number of channels of all outputs.
func (c *convs) wide() int { return c.count * c.outPad }

// winograd is the 3x3 convolution of n dense images.
func (c *convs) winograd(n, in, inPad, outPad int, relu bool) *kernel.Winograd {
	return &kernel.Winograd{
		Images: n, Rows: c.side, Cols: c.side,
		In: in, InPixel: inPad, InRow: c.side * inPad, InImage: c.side * c.side * inPad,
		OutPixel: outPad, OutRow: c.side * outPad, OutImage: c.side * c.side * outPad,
		ReLU: relu,
	}
}

// chunkOf tells how many images of side x side pixels are best convolved at a
// time: as many as make up for one of 32x32.
func chunkOf(side int) int {
	const tile, enough = 4, 64
	tiles := (side + tile - 1) / tile
	return max(1, enough/(tiles*tiles))
}

// reserve makes a buffer of n numbers at its first use.
func reserve(buf *[]float32, n int) {
	if *buf == nil {
		*buf = make([]float32, n)
	}
}

// pack takes the weights of convolution i, times a scale for each output.
func (c *convs) pack(i int, w, scale []float32) {
	reserve(&c.weights, c.taps*c.in*c.wide())
	kernel.PackWeights(c.weights, w, c.out, c.in, c.taps, c.wide(), i*c.outPad, scale)
}

// packed ends the packing of all convolutions' weights.
func (c *convs) packed(k *kernel.Kernels) {
	if c.taps == 1 {
		return
	}
	g := c.winograd(1, c.in, c.inPad, c.outPad, true)
	reserve(&c.u, g.TransformedLen(c.wide()))
	k.WinogradWeights(g, c.u, c.weights, c.wide())
}

// packTransposed takes the weights of convolution i for the input gradient.
func (c *convs) packTransposed(i int, w []float32) {
	kernel.PackTransposed(c.transposed, w, c.out, c.in, c.taps, c.wide(), c.inPad, i*c.outPad)
}

// blocks appends the outputs of an image, or of the first of several, split in
// blocks of Lane channels.
func blocks(list [][]float32, image []float32, channels int) [][]float32 {
	for c := 0; c < channels; c += kernel.Lane {
		list = append(list, image[c:])
	}
	return list
}

// run computes all convolutions of n dense images; out has the blocks of their
// outputs in order, for the first image. For 1x1 kernels in is the images'
// positive part, for 3x3 the images themselves.
func (c *convs) run(k *kernel.Kernels, s *scratch, out [][]float32, in []float32, n int, add bool) {
	if c.taps == 9 {
		k.WinogradConv(c.winograd(n, c.in, c.inPad, c.outPad, true), &s.winograd, out, in, c.u, add)
		return
	}
	g := c.forward
	g.Rows *= n
	k.Conv(&g, out, in, c.weights, add)
}

// inputGrad computes the gradient of the positive parts of n images from those
// of all outputs, side by side in dz.
func (c *convs) inputGrad(k *kernel.Kernels, s *scratch, dst, dz []float32, n int, add bool) {
	s.blocks = blocks(s.blocks[:0], dst, c.inPad)
	if c.taps == 9 {
		k.WinogradConv(c.winograd(n, c.wide(), c.wide(), c.inPad, false), &s.winograd, s.blocks, dz, c.uTransposed, add)
		return
	}
	g := c.inverse
	g.Rows *= n
	k.Conv(&g, s.blocks, dz, c.transposed, add)
}

// gradSize is the length of the sums that weightGrad adds to.
func (c *convs) gradSize() int { return c.taps * c.in * c.wide() }

// transformed returns the sums that weightGrad keeps in between for images that
// come in several chunks; nil if they come in one.
func (c *convs) transformed(s *scratch, oneChunk bool) []float32 {
	if c.taps == 1 || oneChunk || s.direct {
		return nil
	}
	return s.densely(useTransformed, c.winograd(1, c.in, c.inPad, c.wide(), true).TransformedLen(c.wide()))
}

// weightGrad adds the gradient of the weights by n images (in as in run) to
// sums, or with transformed, which begins as zero, to that instead if the
// kernel has a transform.
func (c *convs) weightGrad(k *kernel.Kernels, s *scratch, sums, transformed, in, dz []float32, n int) {
	if c.taps == 9 && s.direct {
		c.directWeightGrad(k, s, sums, in, dz, n)
		return
	}
	if c.taps == 9 {
		g := c.winograd(n, c.in, c.inPad, c.wide(), true)
		if transformed == nil {
			k.WinogradWeightGradAtOnce(g, &s.winograd, sums, in, dz, c.wide())
		} else {
			k.WinogradWeightGrad(g, &s.winograd, transformed, in, dz, c.wide())
		}
		return
	}
	g := c.ofWeights
	g.Rows *= n
	k.WeightGrad(&g, sums, in, kernel.Dense(dz, c.side, c.wide()), c.wide())
}

// directWeightGrad is weightGrad of 3x3 kernels without a transform.
func (c *convs) directWeightGrad(k *kernel.Kernels, s *scratch, sums, in, dz []float32, n int) {
	g := c.ofWeights
	g.InRow, g.Taps = (c.side+2)*c.inPad, borderTaps(c.side, c.inPad)
	pixels := c.side * c.side
	border := s.border(useInput, c.side, c.side, c.inPad)
	for i := range n {
		k.ReLUCopy(border.Inside(), in[i*pixels*c.inPad:][:pixels*c.inPad], c.side, c.side, c.inPad)
		k.WeightGrad(&g, sums, border.Whole().Data, kernel.Dense(dz[i*pixels*c.wide():], c.side, c.wide()), c.wide())
	}
}

// weightGradEnd adds transformed to sums and clears it.
func (c *convs) weightGradEnd(k *kernel.Kernels, sums, transformed []float32) {
	if c.taps == 9 && transformed != nil {
		k.WinogradWeightGradEnd(c.winograd(1, c.in, c.inPad, c.wide(), true), sums, transformed, c.wide())
	}
}

// collect hands out the gradient of convolution i.
func (c *convs) collect(i int, dst, sums []float32) {
	kernel.UnpackWeights(dst, sums, c.out, c.in, c.taps, c.wide(), i*c.outPad)
}

// packing is the work of bringing weights into the order that the kernels want,
// before a pass over the images: all of packs, then all of transforms, each in
// any order.
type packing struct {
	memory            *Memory // of what is packed; nil for memory of its own
	packs, transforms []func()
	packed            bool
}

// reserve makes a buffer of n numbers at its first use: zeros, unless all of them
// will be written.
func (p *packing) reserve(buf *[]float32, n int, all bool) {
	switch {
	case *buf != nil || p.memory == nil:
		reserve(buf, n)
	case all:
		*buf = p.memory.take(n)
	default:
		*buf = p.memory.zeros(n)
	}
}

func (p *packing) run(w *Workspace) {
	if w.Frozen && p.packed {
		return
	}
	p.packed = true
	for _, list := range [][]func(){p.packs, p.transforms} {
		w.images(len(list), func(_ *scratch, i int) { list[i]() })
	}
}

// forward adds what the forward pass of c needs; weights returns those of
// convolution i.
func (p *packing) forward(c *convs, k *kernel.Kernels, weights func(i int) []float32) {
	p.reserve(&c.weights, c.taps*c.in*c.wide(), c.out == c.outPad)
	for i := range c.count {
		p.packs = append(p.packs, func() { c.pack(i, weights(i), nil) })
	}
	p.transform(c, k, c.winograd(1, c.in, c.inPad, c.outPad, true), &c.u, c.weights, c.wide())
}

// backward adds what the input gradient of c needs.
func (p *packing) backward(c *convs, k *kernel.Kernels, weights func(i int) []float32) {
	p.reserve(&c.transposed, c.taps*c.wide()*c.inPad, c.out == c.outPad && c.in == c.inPad)
	for i := range c.count {
		p.packs = append(p.packs, func() { c.packTransposed(i, weights(i)) })
	}
	p.transform(c, k, c.winograd(1, c.wide(), c.wide(), c.inPad, false), &c.uTransposed, c.transposed, c.inPad)
}

// transform adds the transform of packed weights into u, if c has one, in parts
// of a few input channels.
func (p *packing) transform(c *convs, k *kernel.Kernels, g *kernel.Winograd, u *[]float32, packed []float32, out int) {
	if c.taps == 1 {
		return
	}
	const part = 32
	p.reserve(u, g.TransformedLen(out), true)
	for first := 0; first < g.In; first += part {
		p.transforms = append(p.transforms, func() {
			k.WinogradWeightsOf(g, *u, packed, out, first, min(part, g.In-first))
		})
	}
}
