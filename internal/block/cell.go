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

	grad cellGrad
}

// NewCell prepares a cell of side x side images. params has its convolutions in
// the order of the edges. It fails if there is no way to compute an operation.
func NewCell(w *Workspace, c cell.Cell, side int, widths Widths, capacity int, params []ConvNorm) (*Cell, error) {
	p, err := newPlan(c, widths, w.Reader == nil)
	if err != nil {
		return nil, err
	}
	b := &Cell{plan: p, work: w, side: side, capacity: capacity, Params: params, chunk: chunkOf(side)}
	size := capacity * b.size(b.nodes-1)
	if b.needed = b.computed(); w.Reader != nil {
		for node := range b.needed {
			b.needed[node] = true
		}
	}
	for range b.convs {
		b.norms = append(b.norms, newNorm(w.Statistics, b.Out, side*side, capacity, w.floats(size)))
	}
	b.values = make([][]float32, b.nodes)
	b.out = make([][]group, b.nodes)
	for node := range b.nodes {
		if node > 0 && b.needed[node] {
			b.values[node] = w.floats(size)
		}
		b.out[node] = b.groups(node, side, b.outOf(node))
		if b.needed[node] {
			b.prepare(b.out[node], b.packing.forward)
		}
	}
	return b, nil
}

// prepare adds the packing of groups by one of its methods.
func (b *Cell) prepare(groups []group, add func(*convs, *kernel.Kernels, func(i int) []float32)) {
	for _, g := range groups {
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
	norms        []*norm
	pooled       []*norm // whose results are pooled
	skips, pools []source
	shift        []float32 // of all batch norms together
}

func (b *Cell) newSum(node int) nodeSum {
	edges := b.into(node)
	sum := nodeSum{
		skips: sources(edges, cell.Identity, from, b.padded(node)),
		pools: sources(edges, cell.AveragePool, from, b.padded(node)),
		shift: make([]float32, b.padded(node)),
	}
	for _, e := range edges {
		if e.conv < 0 {
			continue
		}
		if e.pooled {
			sum.pooled = append(sum.pooled, b.norms[e.conv])
		} else {
			sum.norms = append(sum.norms, b.norms[e.conv])
		}
		for c, v := range b.norms[e.conv].shift { // an average of a constant is the constant
			sum.shift[c] += v
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
	if pooled && len(sum.norms)+len(sum.pooled)+len(sum.skips) == 0 {
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
	for _, n := range sum.norms {
		s.terms = append(s.terms, kernel.Term{X: n.image(i), Scale: n.scale})
	}
	for _, from := range sum.skips {
		s.terms = append(s.terms, kernel.Term{X: b.image(from.node, i), Scale: from.times})
	}
	if pooled {
		s.terms = append(s.terms, kernel.Term{X: value})
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
