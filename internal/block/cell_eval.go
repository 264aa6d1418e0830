package block

import (
	"cellnet/internal/hugepage"
	"slices"

	"cellnet/cell"
	"cellnet/internal/kernel"
)

// CellEval is a cell in evaluation.
type CellEval struct {
	plan
	work   *Workspace
	side   int
	Params []ConvNorm

	reaches []bool
	out     [][]merged // convolutions with a use that leave each node
	skips   [][]source
	pools   [][]source
	shift   [][]float32
	shifted []bool // whether convolutions lead to a node
	y       []float32
}

// merged is a group whose convolutions to the same node are one, of the sum of
// their weights.
type merged struct {
	group
	pooled  bool // the convolutions read the pooled positive part: pools and 1x1 convolutions can change places
	targets []int
}

func newMerged(g group, pooled bool) merged {
	m := merged{group: g, pooled: pooled}
	for _, e := range g.edges {
		if !slices.Contains(m.targets, e.to) {
			m.targets = append(m.targets, e.to)
		}
	}
	m.convs = newConvs(g.side, g.in, g.out, g.taps, len(m.targets))
	return m
}

// NewCellEval prepares a cell; see [NewCell].
func NewCellEval(w *Workspace, c cell.Cell, side int, widths Widths, capacity int, params []ConvNorm) (*CellEval, error) {
	p, err := newPlan(c, widths, true)
	if err != nil {
		return nil, err
	}
	b := &CellEval{plan: p, work: w, side: side, Params: params}
	b.reaches = b.reaching()
	b.out = make([][]merged, b.nodes)
	b.shift = make([][]float32, b.nodes)
	var once factors
	b.skips, b.pools = make([][]source, b.nodes), make([][]source, b.nodes)
	for node := range b.nodes {
		b.skips[node] = once.sources(b.into(node), cell.Identity, from, b.padded(node))
		b.pools[node] = once.sources(b.into(node), cell.AveragePool, from, b.padded(node))
		for _, pooled := range []bool{false, true} {
			live := b.filter(func(e edge) bool { return e.from == node && b.reaches[e.to] && e.pooled == pooled })
			for _, g := range b.groups(node, side, live) {
				b.out[node] = append(b.out[node], newMerged(g, pooled))
			}
		}
		b.shift[node] = make([]float32, b.padded(node))
	}
	b.shifted = make([]bool, b.nodes)
	for _, e := range b.edges {
		b.shifted[e.to] = b.shifted[e.to] || e.conv >= 0
	}
	b.y = hugepage.Floats(capacity * side * side * b.padded(b.nodes-1))
	return b, nil
}

// Fold takes the parameters and running statistics as they are now.
func (b *CellEval) Fold() {
	for node := range b.nodes {
		clear(b.shift[node])
	}
	for _, groups := range b.out {
		for _, g := range groups {
			for i, to := range g.targets {
				g.pack(i, b.foldInto(g, to), nil)
			}
			g.packed(b.work.Kernels)
		}
	}
}

// foldInto returns the folded weights of a group's convolutions to one node,
// added up, and adds their shifts to the node's.
func (b *CellEval) foldInto(g merged, to int) []float32 {
	sum := make([]float32, g.taps*g.in*g.out)
	row := g.taps * g.in
	for _, e := range g.edges {
		if e.to != to {
			continue
		}
		scale, shift := b.Params[e.conv].fold(g.outPad)
		for i, w := range b.Params[e.conv].Conv {
			sum[i] += scale[i/row] * w
		}
		for c, v := range shift {
			b.shift[to][c] += v
		}
	}
	return sum
}

// Forward computes the cell of n images x and returns its output, which is
// valid until the next call.
func (b *CellEval) Forward(x []float32, n int) []float32 {
	chunk := min(chunkOf(b.side), evalChunk)
	b.work.chunks(n, chunk, func(s *scratch, from, count int) { b.images(s, x, from, count) })
	return b.y
}

// evalChunk bounds the images of a chunk, so that all
// workers have some of a small batch.
const evalChunk = 8

// images computes count images from number from on. Convolutions add to their
// node as soon as their source is complete; the rest of a node is added when it
// is its turn.
func (b *CellEval) images(s *scratch, x []float32, from, count int) {
	k := b.work.Kernels
	pixels := b.side * b.side
	values := func(node int) []float32 {
		size := pixels * b.padded(node)
		switch node {
		case 0:
			return x[from*size:][:count*size]
		case b.nodes - 1:
			return b.y[from*size:][:count*size]
		}
		return s.densely(useNode+node, evalChunk*size)[:count*size]
	}
	started := s.marks(b.nodes)
	for node := range b.nodes {
		if !b.reaches[node] && node > 0 {
			continue
		}
		groups, padded := b.out[node], b.padded(node)
		size := pixels * padded
		var positive []float32
		if slices.ContainsFunc(groups, func(g merged) bool { return g.wantsPositive() }) {
			positive = s.densely(useInput, evalChunk*size)
		}
		for i := range count {
			var relu kernel.Plane
			if positive != nil {
				relu = kernel.Dense(positive[i*size:], b.side, padded)
			}
			b.finish(s, node, func(node int) []float32 { size := pixels * b.padded(node); return values(node)[i*size:][:size] }, started[node], relu)
		}
		for _, g := range groups {
			in := positive
			switch {
			case g.pooled:
				in = s.densely(usePooled, evalChunk*size)
				for i := range count {
					k.AvgPool(in[i*size:][:size], positive[i*size:][:size], s.densely(usePool, b.side*padded), b.side, b.side, padded, false)
				}
			case !g.wantsPositive():
				in = values(node)
			}
			b.convolve(k, s, g, values, in, count, started)
		}
	}
}

// convolve adds a group's convolutions to their targets, or begins these.
func (b *CellEval) convolve(k *kernel.Kernels, s *scratch, g merged, values func(int) []float32, in []float32, count int, started []bool) {
	add := false
	for _, to := range g.targets {
		add = add || started[to]
	}
	s.blocks = s.blocks[:0]
	for _, to := range g.targets {
		v := values(to)
		if add && !started[to] {
			clear(v)
		}
		started[to] = true
		s.blocks = blocks(s.blocks, v, g.outPad)
	}
	g.run(k, s, s.blocks, in, count, add)
}

// finish adds an image's shift, skip connections and pools to what convolutions
// have left in a node's value, if they have begun it.
func (b *CellEval) finish(s *scratch, node int, value func(node int) []float32, begun bool, positive kernel.Plane) {
	k, padded := b.work.Kernels, b.padded(node)
	if node == 0 {
		if positive.Data != nil {
			k.ReLUCopy(positive, value(0), b.side, b.side, padded)
		}
		return
	}
	begun = poolSum(k, s, value(node), b.pools[node], value, b.side, padded, begun) || begun
	s.terms = s.terms[:0]
	if begun {
		s.terms = append(s.terms, kernel.Term{X: value(node)})
	}
	for _, from := range b.skips[node] {
		s.terms = append(s.terms, kernel.Term{X: value(from.node), Scale: from.times})
	}
	complete := begun && len(b.skips[node]) == 0 && !b.shifted[node]
	switch {
	case !complete:
		k.AffineSum(value(node), b.shift[node], s.terms, positive, b.side, b.side, padded)
	case positive.Data != nil:
		k.ReLUCopy(positive, value(node), b.side, b.side, padded)
	}
}
