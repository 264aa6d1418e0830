package block

import (
	"cellnet/cell"
	"cellnet/internal/hugepage"
	"cellnet/internal/kernel"
)

// cellGrad is what a cell's gradient needs beside the forward pass.
type cellGrad struct {
	groups  [][]group // convolutions that leave each node and whose gradient isn't zero
	dx      []float32
	params  []ConvNormGrad
	packing packing
}

// prepare allocates the gradient's memory at its first use.
func (b *Cell) prepareGrad() {
	if b.grad.groups != nil {
		return
	}
	reaches := b.reaching()
	b.grad.dx = hugepage.Floats(b.capacity * b.imageSize())
	b.grad.groups = make([][]group, b.nodes)
	for node := range b.nodes {
		live := b.filter(func(e edge) bool { return e.from == node && reaches[e.to] })
		b.grad.groups[node] = groupBySize(live, b.side, b.channels)
		if reaches[node] || node == 0 {
			b.prepare(b.grad.groups[node], b.grad.packing.backward)
		}
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
	b.grad.packing.run(b.work)
	k := b.work.Kernels
	reaches := b.reaching()
	last := b.nodes - 1
	grads := make([][]float32, b.nodes)
	grads[last] = dy
	grads[0] = b.grad.dx
	b.work.units(n, b.unit, func(_ *scratch, from, count int) { b.observeInto(k, last, grads[last], from, count) })
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
func (b *Cell) observeInto(k *kernel.Kernels, node int, dy []float32, from, count int) {
	for _, e := range b.edges {
		if e.to == node && e.conv >= 0 {
			b.norms[e.conv].observeGrad(k, dy[from*b.imageSize():][:count*b.imageSize()], from, count)
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

// nodeGrad is the computing of a node's gradient, and of the weights of the
// convolutions that read it, from those of the later nodes.
type nodeGrad struct {
	*Cell
	node         int
	grads        [][]float32 // of the nodes, dense batches
	groups       []group
	skips, pools []source // nodes that the gradient arrives from
	sizes        []int    // of the groups' sums
	total        int
}

func (b *Cell) nodeGrad(grads [][]float32, node, n int) {
	k := b.work.Kernels
	g := &nodeGrad{Cell: b, node: node, grads: grads, groups: b.grad.groups[node]}
	for _, group := range g.groups {
		g.sizes = append(g.sizes, group.gradSize())
		g.total += group.gradSize()
	}
	live := b.filter(func(e edge) bool { return e.from == node && grads[e.to] != nil })
	g.skips, g.pools = sources(live, cell.SkipConnect, to, b.padded), sources(live, cell.AvgPool3x3, to, b.padded)

	sums := newWeightSums(b.work, b.side, g.total).each(n, func(s *scratch, sums []float32, from, count int) {
		together := count <= b.unit
		for done := 0; done < count; done += b.unit {
			g.images(s, sums, from+done, min(b.unit, count-done), together)
		}
		g.eachSum(sums, func(group group, sum []float32) {
			group.weightGradEnd(k, sum, group.transformed(s, together))
		})
	})
	g.eachSum(sums, func(group group, sum []float32) {
		b.work.images(len(group.edges), func(_ *scratch, i int) {
			group.collect(i, b.grad.params[group.edges[i].conv].Conv, sum)
		})
	})
}

// eachSum calls f for each group with its part of a chunk's sums.
func (g *nodeGrad) eachSum(sums []float32, f func(group, []float32)) {
	at := 0
	for j, group := range g.groups {
		f(group, sums[at:][:g.sizes[j]])
		at += g.sizes[j]
	}
}

// images works on count images from number from on, together if they are all of
// a chunk.
func (g *nodeGrad) images(s *scratch, sums []float32, from, count int, together bool) {
	size := g.imageSize()
	reaching := g.throughConvs(s, sums, from, count, together)
	for i := range count {
		var masked []float32
		if reaching != nil {
			masked = reaching[i*size:][:size]
		}
		g.add(s, masked, from+i)
	}
	if g.node > 0 {
		g.observeInto(g.work.Kernels, g.node, g.grads[g.node], from, count)
	}
}

// throughConvs returns the gradient of the node's positive part, which arrives
// by convolutions, nil if there are none, and adds that of their weights.
func (g *nodeGrad) throughConvs(s *scratch, sums []float32, from, count int, together bool) []float32 {
	if len(g.groups) == 0 {
		return nil
	}
	k, size := g.work.Kernels, g.imageSize()
	values := g.values[g.node][from*size:][:count*size]
	reaching := s.densely(useGrad, g.unit*size)
	first := true
	g.eachSum(sums, func(group group, sum []float32) {
		in := values
		if group.taps == 1 {
			in = s.densely(useInput, g.unit*size)
			k.ReLUCopy(kernel.Dense(in, g.side, g.padded), values, count*g.side, g.side, g.padded)
		}
		wide := group.wide()
		pixels := g.side * g.side
		dz := s.densely(useNormGrad, g.unit*pixels*wide)
		for c, e := range group.edges {
			for i := range count {
				dst := kernel.Dense(dz[i*pixels*wide+c*g.padded:], g.side, wide)
				g.norms[e.conv].storeGrad(k, dst, g.grads[e.to][(from+i)*size:][:size], from+i, g.side, g.side)
			}
		}
		group.inputGrad(k, s, reaching, dz, count, !first)
		group.weightGrad(k, s, sum, group.transformed(s, together), in, dz, count)
		first = false
	})
	return reaching
}

// add stores the gradient of image i: masked, where the node is positive, and
// what arrives by skip connections and pools.
func (g *nodeGrad) add(s *scratch, masked []float32, i int) {
	k, size := g.work.Kernels, g.imageSize()
	dst := g.grads[g.node][i*size:][:size]
	gradOf := func(node int) []float32 { return g.grads[node][i*size:][:size] }
	switch {
	case masked != nil:
		s.sums = s.sums[:0]
		for _, t := range g.skips {
			s.sums = append(s.sums, gradOf(t.node))
			for extra := 1; t.times != nil && extra < int(t.times[0]); extra++ {
				s.sums = append(s.sums, gradOf(t.node))
			}
		}
		k.MaskedSum(dst, masked, g.image(g.node, i), s.sums, size)
	case len(g.skips) > 0:
		s.terms = s.terms[:0]
		for _, t := range g.skips {
			s.terms = append(s.terms, kernel.Term{X: gradOf(t.node), Scale: t.times})
		}
		k.AffineSum(dst, s.zeros(g.padded), s.terms, kernel.Plane{}, g.side, g.side, g.padded)
	case len(g.pools) == 0:
		clear(dst)
	}
	if len(g.pools) > 0 {
		begun := masked != nil || len(g.skips) > 0
		k.AvgPoolGrad(dst, addSources(k, s, g.pools, gradOf, g.side, g.padded), s.densely(usePool, g.side*g.padded), g.side, g.side, g.padded, begun)
	}
}
