package block

import (
	"cellnet/cell"
	"cellnet/internal/kernel"
)

// cellGrad is what a cell's gradient needs beside the forward pass.
type cellGrad struct {
	groups  [][]group // convolutions that leave each node and whose gradient isn't zero
	dx      []float32
	nodes   [][]float32 // gradients of the nodes, dense batches, until the next block's
	pooled  [][]float32 // gradients of what is pooled on the way to each node, dense batches; nil if nothing is
	params  []ConvNormGrad
	packing packing
}

// prepare allocates the gradient's memory at its first use.
func (b *Cell) prepareGrad() {
	if b.grad.groups != nil {
		return
	}
	reaches := b.reaching()
	b.grad.dx = b.memory.dx()
	b.grad.groups, b.grad.pooled = make([][]group, b.nodes), make([][]float32, b.nodes)
	for node := range b.nodes {
		live := b.filter(func(e edge) bool { return e.from == node && reaches[e.to] })
		b.grad.groups[node] = b.plan.groups(node, b.side, live)
		if reaches[node] || node == 0 {
			b.prepare(node, b.grad.groups[node], b.grad.packing.backward)
		}
	}
	for _, e := range b.edges {
		if e.conv >= 0 {
			b.grad.params = append(b.grad.params, b.memory.grad(e))
		}
		if e.pooled && reaches[e.to] && b.grad.pooled[e.to] == nil {
			b.grad.pooled[e.to] = b.work.floats(b.capacity * b.size(e.to))
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
	b.grad.nodes = grads
	b.work.chunks(n, b.chunk, func(s *scratch, from, count int) { b.observeInto(k, s, last, grads[last], from, count) })
	b.settleInto(last, n)
	for node := last - 1; node >= 0; node-- {
		if !reaches[node] && node > 0 {
			continue
		}
		if node > 0 {
			grads[node] = b.work.shared(useNode+node, b.capacity*b.size(node))
		}
		b.nodeGrad(grads, node, n)
		if node > 0 {
			b.settleInto(node, n)
		}
	}
	b.show(n, grads)
	return b.grad.dx, b.grad.params
}

// observeInto takes the sums of the batch norms whose results a node adds up.
func (b *Cell) observeInto(k *kernel.Kernels, s *scratch, node int, dy []float32, from, count int) {
	size := b.size(node)
	if pooled := b.grad.pooled[node]; pooled != nil {
		padded := b.padded(node)
		for i := from; i < from+count; i++ {
			k.AvgPoolGrad(pooled[i*size:][:size], dy[i*size:][:size], s.densely(usePool, b.side*padded), b.side, b.side, padded, false)
		}
	}
	for _, e := range b.edges {
		if e.to == node && e.conv >= 0 {
			b.norms[e.conv].observeGrad(k, b.gradOfNorm(e, dy)[from*size:][:count*size], from, count)
		}
	}
	b.mixing.observe(b, node, dy[from*size:][:count*size], from, count)
}

// gradOfNorm returns the gradient of what the norm of an edge gives, a dense
// batch, from that of the node it leads to.
func (b *Cell) gradOfNorm(e edge, dy []float32) []float32 {
	if e.pooled {
		return b.grad.pooled[e.to]
	}
	return dy
}

func (b *Cell) settleInto(node, n int) {
	for _, e := range b.edges {
		if e.to == node && e.conv >= 0 {
			share := b.norms[e.conv].settleGrad(b.Params[e.conv].Norm, b.grad.params[e.conv].NormGrad, b.mixing.factors.of(e), n)
			b.mixing.share(e, share)
		}
	}
	b.mixing.settle(b, node, n)
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
		size := group.gradSize()
		if b.work.InputsOnly {
			size = 0
		}
		g.sizes = append(g.sizes, size)
		g.total += size
	}
	live := b.filter(func(e edge) bool { return e.from == node && grads[e.to] != nil })
	f := b.mixing.factors
	g.skips, g.pools = f.sources(live, cell.Identity, to, b.padded(node)), f.sources(live, cell.AveragePool, to, b.padded(node))

	sums := newWeightSums(b.work, b.side, g.total).each(n, func(s *scratch, sums []float32, from, count int) {
		oneChunk := count <= b.chunk
		for done := 0; done < count; done += b.chunk {
			g.images(s, sums, from+done, min(b.chunk, count-done), oneChunk)
		}
		if b.work.InputsOnly {
			return
		}
		g.eachSum(sums, func(group group, sum []float32) {
			group.weightGradEnd(k, sum, group.transformed(s, oneChunk))
		})
	})
	if b.work.InputsOnly {
		return
	}
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

// images works on count images from number from on; oneChunk: they are all of
// the chunk.
func (g *nodeGrad) images(s *scratch, sums []float32, from, count int, oneChunk bool) {
	size := g.size(g.node)
	positive, linear := g.throughConvs(s, sums, from, count, oneChunk)
	image := func(images []float32, i int) []float32 {
		if images == nil {
			return nil
		}
		return images[i*size:][:size]
	}
	for i := range count {
		g.add(s, image(positive, i), image(linear, i), from+i)
	}
	if g.node > 0 {
		g.observeInto(g.work.Kernels, s, g.node, g.grads[g.node], from, count)
	}
}

// throughConvs returns the gradients of the node's positive part and of the node
// itself that arrive by convolutions, nil where there are none, and adds those
// of the convolutions' weights.
func (g *nodeGrad) throughConvs(s *scratch, sums []float32, from, count int, oneChunk bool) (positive, linear []float32) {
	k, size, padded := g.work.Kernels, g.size(g.node), g.padded(g.node)
	g.eachSum(sums, func(group group, sum []float32) {
		in := g.Cell.images(g.node, from)[:count*size]
		if group.wantsPositive() {
			relu := s.densely(useInput, g.chunk*size)
			k.ReLUCopy(kernel.Dense(relu, g.side, padded), in, count*g.side, g.side, padded)
			in = relu
		}
		wide, outSize := group.wide(), g.size(g.nodes-1)
		pixels := g.side * g.side
		dz := s.densely(useNormGrad, g.chunk*pixels*wide)
		for c, e := range group.edges {
			dy := g.gradOfNorm(e, g.grads[e.to])
			for i := range count {
				dst := kernel.Dense(dz[i*pixels*wide+c*group.outPad:], g.side, wide)
				g.norms[e.conv].storeGrad(k, dst, dy[(from+i)*outSize:][:outSize], from+i, g.side, g.side)
			}
		}
		into, use := &positive, useGrad
		if group.linear {
			into, use = &linear, useLinearGrad
		}
		add := *into != nil
		*into = s.densely(use, g.chunk*size)
		group.inputGrad(k, s, *into, dz, count, add)
		if !g.work.InputsOnly {
			group.weightGrad(k, s, sum, group.transformed(s, oneChunk), in, dz, count)
		}
	})
	return positive, linear
}

// add stores the gradient of image i: positive, where the node is, linear
// everywhere, and what arrives by skip connections and pools.
func (g *nodeGrad) add(s *scratch, positive, linear []float32, i int) {
	k, size, padded := g.work.Kernels, g.size(g.node), g.padded(g.node)
	dst := g.grads[g.node][i*size:][:size]
	gradOf := func(node int) []float32 { return g.grads[node][i*size:][:size] }
	switch {
	case positive != nil:
		s.sums = s.sums[:0]
		for _, t := range g.skips {
			if g.mixing.factors != nil {
				continue
			}
			s.sums = append(s.sums, gradOf(t.node))
			for extra := 1; t.times != nil && extra < int(t.times[0]); extra++ {
				s.sums = append(s.sums, gradOf(t.node))
			}
		}
		if g.mixing.factors != nil && len(g.skips) > 0 {
			s.sums = append(s.sums, addSources(k, s, g.skips, gradOf, g.side, padded))
		}
		if linear != nil {
			s.sums = append(s.sums, linear)
		}
		k.MaskedSum(dst, positive, g.image(g.node, i), s.sums, size)
	case linear != nil || len(g.skips) > 0:
		s.terms = s.terms[:0]
		for _, t := range g.skips {
			s.terms = append(s.terms, kernel.Term{X: gradOf(t.node), Scale: t.times})
		}
		if linear != nil {
			s.terms = append(s.terms, kernel.Term{X: linear})
		}
		k.AffineSum(dst, s.zeros(padded), s.terms, kernel.Plane{}, g.side, g.side, padded)
	case len(g.pools) == 0:
		clear(dst)
	}
	if len(g.pools) > 0 {
		begun := positive != nil || linear != nil || len(g.skips) > 0
		k.AvgPoolGrad(dst, addSources(k, s, g.pools, gradOf, g.side, padded), s.densely(usePool, g.side*padded), g.side, g.side, padded, begun)
	}
}
