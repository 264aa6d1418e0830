package block

import (
	"cellnet/cell"
	"cellnet/internal/hugepage"
	"cellnet/internal/kernel"
)

// Cell is a cell in training.
type Cell struct {
	plan
	work     *Workspace
	side     int
	channels int
	padded   int
	capacity int

	Params  []ConvNorm
	norms   []*norm     // of each convolution
	values  [][]float32 // of each node, dense batches; the input's is the caller's
	out     [][]group   // convolutions that leave each node
	needed  []bool
	unit    int // images that are worked on together
	packing packing

	grad cellGrad
}

// NewCell prepares a cell of side x side images. params has its convolutions in
// the order of the edges. It fails if there is no way to compute an operation.
func NewCell(w *Workspace, c cell.Cell, side, channels, capacity int, params []ConvNorm) (*Cell, error) {
	p, err := newPlan(c)
	if err != nil {
		return nil, err
	}
	b := &Cell{plan: p, work: w, side: side, channels: channels, padded: kernel.Pad(channels), capacity: capacity, Params: params, unit: together(side)}
	size := capacity * b.imageSize()
	b.needed = b.computed()
	for range b.convs {
		b.norms = append(b.norms, newNorm(w.Statistics, channels, side*side, capacity, hugepage.Floats(size)))
	}
	b.values = make([][]float32, b.nodes)
	b.out = make([][]group, b.nodes)
	for node := range b.nodes {
		if node > 0 && b.needed[node] {
			b.values[node] = hugepage.Floats(size)
		}
		b.out[node] = groupBySize(b.outOf(node), side, channels)
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

func (b *Cell) imageSize() int { return b.side * b.side * b.padded }

// image returns image i of a node's value.
func (b *Cell) image(node, i int) []float32 {
	return b.values[node][i*b.imageSize():][:b.imageSize()]
}

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
		sum, points := b.newSum(node), hasPoints(groups)
		b.work.units(n, b.unit, func(s *scratch, from, count int) {
			var positive []float32
			if points {
				positive = s.densely(useInput, b.unit*b.imageSize())
			}
			for i := range count {
				var relu kernel.Plane
				if points {
					relu = kernel.Dense(positive[i*b.imageSize():], b.side, b.padded)
				}
				b.nodeValue(s, sum, node, from+i, relu)
			}
			for _, g := range groups {
				s.blocks = s.blocks[:0]
				for _, e := range g.edges {
					s.blocks = blocks(s.blocks, b.norms[e.conv].z[from*b.imageSize():], b.padded)
				}
				in := positive
				if g.taps == 9 {
					in = b.values[node][from*b.imageSize():]
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
	return b.values[b.nodes-1]
}

// nodeSum is what a node adds up.
type nodeSum struct {
	norms        []*norm
	skips, pools []source
	shift        []float32 // of all batch norms together
}

func (b *Cell) newSum(node int) nodeSum {
	edges := b.into(node)
	sum := nodeSum{
		skips: sources(edges, cell.SkipConnect, from, b.padded),
		pools: sources(edges, cell.AvgPool3x3, from, b.padded),
		shift: make([]float32, b.padded),
	}
	for _, e := range edges {
		if e.conv >= 0 {
			sum.norms = append(sum.norms, b.norms[e.conv])
			for c, v := range b.norms[e.conv].shift {
				sum.shift[c] += v
			}
		}
	}
	return sum
}

// nodeValue computes image i of a node and, where positive has data, stores its
// positive part there.
func (b *Cell) nodeValue(s *scratch, sum nodeSum, node, i int, positive kernel.Plane) {
	k := b.work.Kernels
	if node == 0 {
		if positive.Data != nil {
			k.ReLUCopy(positive, b.image(0, i), b.side, b.side, b.padded)
		}
		return
	}
	value := b.image(node, i)
	pooled := poolSum(k, s, value, sum.pools, func(node int) []float32 { return b.image(node, i) }, b.side, b.padded, false)
	if pooled && len(sum.norms)+len(sum.skips) == 0 {
		if positive.Data != nil {
			k.ReLUCopy(positive, value, b.side, b.side, b.padded)
		}
		return
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
	k.AffineSum(value, sum.shift, s.terms, positive, b.side, b.side, b.padded)
}

// poolSum stores the average pool of the sum of sources into dst, or adds it,
// and tells whether there are any.
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
