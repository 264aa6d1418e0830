package block

import (
	"slices"

	"cellnet/cell"
	"cellnet/internal/kernel"
)

// Cell is a cell in training.
type Cell struct {
	plan
	work     *Workspace
	side     int
	capacity int

	Name    string // for the workspace's reader
	Params  []ConvNorm
	norms   []*norm     // of each convolution
	values  [][]float32 // of each node, dense batches; the input's is the caller's
	out     [][]group   // convolutions that leave each node
	needed  []bool
	chunk   int // images convolved at a time
	packing packing
	memory  cellMemory
	mixing  mixing

	grad    cellGrad
	tangent cellTangent
}

// cellMemory is where a cell keeps what it computes.
type cellMemory interface {
	norm(e edge) *norm
	value(node int) []float32 // a dense batch
	dx() []float32
	grad(e edge) ConvNormGrad
	// reserve gives a group of convolutions that leave a node the memory of its
	// packed weights, or leaves that to it.
	reserve(node int, g group)
}

// ownMemory is that of a cell alone.
type ownMemory struct{ *Cell }

func (m ownMemory) floats() []float32   { return m.work.floats(m.capacity * m.size(m.nodes-1)) }
func (m ownMemory) value(int) []float32 { return m.floats() }
func (m ownMemory) dx() []float32       { return m.work.floats(m.capacity * m.size(0)) }
func (m ownMemory) grad(e edge) ConvNormGrad {
	return m.work.Memory.convNormGrad(m.Out, m.of(e.from), e.taps)
}
func (m ownMemory) reserve(int, group) {}
func (m ownMemory) norm(edge) *norm {
	return m.work.Memory.norm(m.work.Statistics, m.Out, m.side*m.side, m.capacity, m.floats())
}

// NewCell prepares a cell of side x side images. params has its convolutions in
// the order of the edges. It fails if there is no way to compute an operation.
func NewCell(w *Workspace, c cell.Cell, side int, widths Widths, capacity int, params []ConvNorm) (*Cell, error) {
	p, err := newPlan(c, widths, w.Reader == nil || w.Simplify)
	if err != nil {
		return nil, err
	}
	b := &Cell{plan: p, work: w, side: side, capacity: capacity, Params: params, chunk: chunkOf(side)}
	b.memory = ownMemory{b}
	b.packing.memory, b.grad.packing.memory = w.Memory, w.Memory
	b.allocate()
	return b, nil
}

// allocate takes the memory of the forward pass.
func (b *Cell) allocate() {
	if b.needed = b.computed(); b.work.Reader != nil && !b.work.Simplify {
		for node := range b.needed {
			b.needed[node] = true
		}
	}
	for _, e := range b.edges {
		if e.conv >= 0 {
			b.norms = append(b.norms, b.memory.norm(e))
		}
	}
	b.values = make([][]float32, b.nodes)
	b.out = make([][]group, b.nodes)
	for node := range b.nodes {
		if node > 0 && b.needed[node] {
			b.values[node] = b.memory.value(node)
		}
		b.out[node] = b.groups(node, b.side, b.outOf(node))
		if b.needed[node] {
			b.prepare(node, b.out[node], b.packing.forward)
		}
	}
}

// prepare adds the packing of the groups that leave a node by one of its methods.
func (b *Cell) prepare(node int, groups []group, add func(*convs, *kernel.Kernels, func(i int) []float32)) {
	for _, g := range groups {
		b.memory.reserve(node, g)
		add(g.convs, b.work.Kernels, func(i int) []float32 { return b.Params[g.edges[i].conv].Conv })
	}
}

// size is how many numbers a node's value has for an image.
func (b *Cell) size(node int) int { return b.side * b.side * b.padded(node) }

// images returns a node's value for images from number i on.
func (b *Cell) images(node, i int) []float32 { return b.values[node][i*b.size(node):] }

// image returns a node's value for image i.
func (b *Cell) image(node, i int) []float32 { return b.images(node, i)[:b.size(node)] }

// Forward computes the cell of n images x and returns its output, which is
// valid until the next call.
func (b *Cell) Forward(x []float32, n int) []float32 {
	k := b.work.Kernels
	b.values[0] = x
	b.packing.run(b.work)
	for node := range b.nodes {
		if !b.needed[node] {
			continue
		}
		groups := b.out[node]
		sum, wanted := b.newSum(node), slices.ContainsFunc(groups, group.wantsPositive)
		size, padded := b.size(node), b.padded(node)
		b.work.chunks(n, b.chunk, func(s *scratch, from, count int) {
			var positive []float32
			if wanted {
				positive = s.densely(useInput, b.chunk*size)
			}
			for i := range count {
				var relu kernel.Plane
				if wanted {
					relu = kernel.Dense(positive[i*size:], b.side, padded)
				}
				b.nodeValue(s, sum, node, from+i, relu)
				b.pool(s, node, from+i)
			}
			for _, g := range groups {
				s.blocks = s.blocks[:0]
				for _, e := range g.edges {
					s.blocks = blocks(s.blocks, b.norms[e.conv].images(from, count), g.outPad)
				}
				in := positive
				if !g.wantsPositive() {
					in = b.images(node, from)
				}
				g.run(k, s, s.blocks, in, count, false)
				for _, e := range g.edges {
					b.norms[e.conv].observe(k, from, count)
				}
			}
		})
		for _, g := range groups {
			for _, e := range g.edges {
				b.norms[e.conv].settle(b.Params[e.conv].Norm, n)
			}
		}
	}
	b.show(n, nil)
	return b.values[b.nodes-1]
}

// nodeSum is what a node adds up.
type nodeSum struct {
	scaled       []scaled
	pooled       []*norm // whose results are pooled
	skips, pools []source
	shift        []float32 // of all batch norms together
}

// scaled is a dense batch times a number for each channel.
type scaled struct{ batch, scale []float32 }

func (b *Cell) newSum(node int) nodeSum {
	edges := b.into(node)
	sum := nodeSum{
		skips: b.mixing.factors.sources(edges, cell.Identity, from, b.padded(node)),
		shift: make([]float32, b.padded(node)),
	}
	if pools := b.mixing.factors.sources(edges, cell.AveragePool, from, b.padded(node)); b.mixing.pooled == nil {
		sum.pools = pools
	} else {
		for _, p := range pools {
			sum.scaled = append(sum.scaled, scaled{b.mixing.pooled[p.node], p.times})
		}
	}
	for _, e := range edges {
		if e.conv < 0 {
			continue
		}
		n := b.norms[e.conv]
		if e.pooled {
			sum.pooled = append(sum.pooled, n)
		} else {
			sum.scaled = append(sum.scaled, scaled{n.z, b.mixing.scaleOf(e, n)})
		}
		for c, v := range n.shift { // an average of a constant is the constant
			sum.shift[c] += b.mixing.factors.of(e) * v
		}
	}
	return sum
}

// nodeValue computes image i of a node and, where positive has data, stores its
// positive part there.
func (b *Cell) nodeValue(s *scratch, sum nodeSum, node, i int, positive kernel.Plane) {
	k, padded := b.work.Kernels, b.padded(node)
	if node == 0 {
		if positive.Data != nil {
			k.ReLUCopy(positive, b.image(0, i), b.side, b.side, padded)
		}
		return
	}
	value := b.image(node, i)
	pooled := poolSum(k, s, value, sum.pools, func(node int) []float32 { return b.image(node, i) }, b.side, padded, false)
	if pooled && len(sum.scaled)+len(sum.pooled)+len(sum.skips) == 0 {
		if positive.Data != nil {
			k.ReLUCopy(positive, value, b.side, b.side, padded)
		}
		return
	}
	if len(sum.pooled) > 0 {
		s.terms = s.terms[:0]
		for _, n := range sum.pooled {
			s.terms = append(s.terms, kernel.Term{X: n.image(i), Scale: n.scale})
		}
		total := s.densely(useSum, b.size(node))
		k.AffineSum(total, nil, s.terms, kernel.Plane{}, b.side, b.side, padded)
		k.AvgPool(value, total, s.densely(usePool, b.side*padded), b.side, b.side, padded, pooled)
		pooled = true
	}
	s.terms = s.terms[:0]
	for _, t := range sum.scaled {
		s.terms = append(s.terms, kernel.Term{X: t.batch[i*b.size(node):][:b.size(node)], Scale: t.scale})
	}
	for _, from := range sum.skips {
		s.terms = append(s.terms, kernel.Term{X: b.image(from.node, i), Scale: from.times})
	}
	if pooled {
		s.terms = append(s.terms, kernel.Term{X: value})
	}
	if len(s.terms) == 0 {
		clear(value)
		if positive.Data != nil {
			k.ReLUCopy(positive, value, b.side, b.side, padded)
		}
		return
	}
	k.AffineSum(value, sum.shift, s.terms, positive, b.side, b.side, padded)
}

// poolSum stores the average pool of the sum of sources into dst, or adds it,
// and reports whether there are any.
func poolSum(k *kernel.Kernels, s *scratch, dst []float32, from []source, image func(node int) []float32, side, padded int, add bool) bool {
	if len(from) == 0 {
		return false
	}
	k.AvgPool(dst, addSources(k, s, from, image, side, padded), s.densely(usePool, side*padded), side, side, padded, add)
	return true
}

// addSources returns the sum of the sources' images: one of them as it is, or a
// sum in scratch memory.
func addSources(k *kernel.Kernels, s *scratch, from []source, image func(node int) []float32, side, padded int) []float32 {
	if len(from) == 1 && from[0].times == nil {
		return image(from[0].node)
	}
	s.terms = s.terms[:0]
	for _, f := range from {
		s.terms = append(s.terms, kernel.Term{X: image(f.node), Scale: f.times})
	}
	sum := s.densely(useSum, side*side*padded)
	k.AffineSum(sum, s.zeros(padded), s.terms, kernel.Plane{}, side, side, padded)
	return sum
}
