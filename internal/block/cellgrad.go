package block

import (
	"cellnet/cell"
	"cellnet/internal/kernel"
)

// cellGrad is what a cell's gradient needs beside the forward pass.
type cellGrad struct {
	groups [][]group // convolutions that leave each node and whose gradient isn't zero
	dx     []float32
	params []ConvNormGrad
}

// prepare allocates the gradient's memory at its first use.
func (b *Cell) prepareGrad() {
	if b.grad.groups != nil {
		return
	}
	reaches := b.reaching()
	b.grad.dx = make([]float32, b.capacity*b.imageSize())
	b.grad.groups = make([][]group, b.nodes)
	for node := range b.nodes {
		live := b.filter(func(e edge) bool { return e.from == node && reaches[e.to] })
		b.grad.groups[node] = groupBySize(live, b.side, b.channels)
	}
	for _, e := range b.edges {
		if e.conv >= 0 {
			b.grad.params = append(b.grad.params, NewConvNormGrad(b.channels, b.channels, e.taps()))
		}
	}
}

// Backward computes the gradients of the last Forward from that of its output:
// the input's, and the parameters' in the order of the parameters. They are
// valid until the next call. Those of edges that reach no output are zero.
func (b *Cell) Backward(dy []float32, n int) ([]float32, []ConvNormGrad) {
	b.prepareGrad()
	k := b.work.Kernels
	reaches := b.reaching()
	last := b.nodes - 1
	grads := make([][]float32, b.nodes)
	grads[last] = dy
	grads[0] = b.grad.dx
	b.work.images(n, func(_ *scratch, i int) { b.observeInto(k, last, grads[last], i) })
	b.settleInto(last, n)
	for node := last - 1; node >= 0; node-- {
		if !reaches[node] && node > 0 {
			continue
		}
		if node > 0 {
			grads[node] = b.work.shared(useNode+node, b.capacity*b.imageSize())
		}
		b.nodeGrad(grads, node, n)
		if node > 0 {
			b.settleInto(node, n)
		}
	}
	return b.grad.dx, b.grad.params
}

// observeInto takes the sums of the batch norms whose results a node adds up.
func (b *Cell) observeInto(k *kernel.Kernels, node int, dy []float32, i int) {
	for _, e := range b.edges {
		if e.to == node && e.conv >= 0 {
			b.norms[e.conv].observeGrad(k, dy[i*b.imageSize():][:b.imageSize()], i)
		}
	}
}

func (b *Cell) settleInto(node, n int) {
	for _, e := range b.edges {
		if e.to == node && e.conv >= 0 {
			b.norms[e.conv].settleGrad(b.Params[e.conv].Norm, b.grad.params[e.conv].NormGrad, n)
		}
	}
}

// nodeGrad computes the gradient of a node's value, and of the weights of the
// convolutions that read it, from those of the later nodes.
func (b *Cell) nodeGrad(grads [][]float32, node, n int) {
	k := b.work.Kernels
	groups := b.grad.groups[node]
	size := b.imageSize()
	sizes, total := make([]int, len(groups)), 0
	for j, g := range groups {
		for i, e := range g.edges {
			g.packTransposed(i, b.Params[e.conv].Conv)
		}
		sizes[j] = g.gradSize()
		total += sizes[j]
	}
	sums := b.work.shared(useGrad, gradChunks*total)
	clear(sums)
	live := b.filter(func(e edge) bool { return e.from == node && grads[e.to] != nil })
	skips, pools := sources(live, cell.SkipConnect, to, b.padded), sources(live, cell.AvgPool3x3, to, b.padded)

	b.work.chunks(n, func(s *scratch, chunk, i int) {
		value := b.image(node, i)
		var g []float32
		if len(groups) > 0 {
			g = s.densely(useGrad, size)
			relu := s.border(useInput, b.side, b.side, b.padded)
			k.ReLUCopy(relu.Inside(), value, b.side, b.side, b.padded)
			at := chunk * total
			for j, group := range groups {
				dz := s.border(useNormGrad, b.side, b.side, group.wide())
				for c, e := range group.edges {
					dst := dz.Inside().At(0, 0, c*b.padded)
					b.norms[e.conv].storeGrad(k, dst, grads[e.to][i*size:][:size], i, b.side, b.side)
				}
				group.inputGrad(k, s, g, dz, j > 0)
				group.weightGrad(k, sums[at:][:sizes[j]], relu, dz)
				at += sizes[j]
			}
		}
		dst := grads[node][i*size:][:size]
		gradOf := func(node int) []float32 { return grads[node][i*size:][:size] }
		begun := b.addSkips(s, dst, g, value, skips, gradOf)
		if len(pools) > 0 {
			k.AvgPoolGrad(dst, addSources(k, s, pools, gradOf, b.side, b.padded), s.densely(usePool, b.side*b.padded), b.side, b.side, b.padded, begun)
		} else if !begun {
			clear(dst)
		}
		if node > 0 {
			b.observeInto(k, node, grads[node], i)
		}
	})

	addChunks(b.work, sums, total)
	at := 0
	for j, g := range groups {
		for i, e := range g.edges {
			g.collect(i, b.grad.params[e.conv].Conv, sums[at:])
		}
		at += sizes[j]
	}
}

// addSkips computes dst = (value > 0 ? g : 0) + the gradients that arrive by
// skip connections; a nil g is zero. It tells whether there is anything to add.
func (b *Cell) addSkips(s *scratch, dst, g, value []float32, skips []source, gradOf func(node int) []float32) bool {
	if g == nil && len(skips) == 0 {
		return false
	}
	if g == nil {
		s.terms = s.terms[:0]
		for _, t := range skips {
			s.terms = append(s.terms, kernel.Term{X: gradOf(t.node), Scale: t.times})
		}
		b.work.Kernels.AffineSum(dst, s.zeros(b.padded), s.terms, kernel.Plane{}, b.side, b.side, b.padded)
		return true
	}
	s.sums = s.sums[:0]
	for _, t := range skips {
		s.sums = append(s.sums, gradOf(t.node))
		for extra := 1; t.times != nil && extra < int(t.times[0]); extra++ {
			s.sums = append(s.sums, gradOf(t.node))
		}
	}
	b.work.Kernels.MaskedSum(dst, g, value, s.sums, len(dst))
	return true
}
