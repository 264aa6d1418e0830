package block

import "cellnet/internal/kernel"

// packing is the work of bringing weights into the order that the kernels want,
// before a pass over the images: all of packs, then all of transforms, each in
// any order.
type packing struct {
	memory            *Memory // of what is packed; nil for memory of its own
	packs, transforms []func()
	packed            bool
}

// reserve makes a buffer of n zeros at its first use.
func (p *packing) reserve(buf *[]float32, n int) {
	if *buf != nil || p.memory == nil {
		reserve(buf, n)
		return
	}
	*buf = p.memory.take(n)
	clear(*buf)
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
	p.reserve(&c.weights, c.taps*c.in*c.wide())
	for i := range c.count {
		p.packs = append(p.packs, func() { c.pack(i, weights(i), nil) })
	}
	p.transform(c, k, c.winograd(1, c.in, c.inPad, c.outPad, true), &c.u, c.weights, c.wide())
}

// backward adds what the input gradient of c needs.
func (p *packing) backward(c *convs, k *kernel.Kernels, weights func(i int) []float32) {
	p.reserve(&c.transposed, c.taps*c.wide()*c.inPad)
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
	p.reserve(u, g.TransformedLen(out))
	for first := 0; first < g.In; first += part {
		p.transforms = append(p.transforms, func() {
			k.WinogradWeightsOf(g, *u, packed, out, first, min(part, g.In-first))
		})
	}
}
