package block

import (
	"cellnet/cell/twocell"
	"cellnet/internal/hugepage"
	"cellnet/internal/kernel"
)

// TwoCellEval is a cell of two inputs in evaluation: batch norms are folded into
// the weights, and only what reaches the result is computed.
type TwoCellEval struct {
	shape  twocell.Inner
	work   *Workspace
	side   int
	padded int
	Params []LayerParams

	layers     []*layer // nil where not needed
	shifts     []*affine
	preprocess [2]int    // layers
	branches   [][]route // that lead to each value
	live       []bool
	sums       [][]float32 // shifts of each value
	y          []float32
}

// route is what computes the edges between two values in evaluation.
type route struct {
	twocell.Module
	layers []int
	pool   *pool
}

// NewTwoCellEval prepares a cell; see [NewTwoCell].
func NewTwoCellEval(w *Workspace, c twocell.Inner, side, capacity int, params []LayerParams) *TwoCellEval {
	b := &TwoCellEval{shape: c, work: w, side: side, padded: kernel.Pad(c.Width), Params: params, live: c.Cell.Live()}
	b.branches = make([][]route, c.Len())
	b.sums = make([][]float32, c.Len())
	for i := range b.sums {
		b.sums[i] = make([]float32, b.padded)
	}
	for i, l := range c.Preprocess() {
		b.preprocess[i] = b.add(l, c.InputSide(side, i))
	}
	for _, m := range c.Modules() {
		at := c.ValueSide(side, m.From)
		r := route{Module: m, pool: newBranchPool(c, m, at)}
		for _, l := range c.Layers(m.Op, m) {
			r.layers = append(r.layers, b.add(l, at))
			at = b.layers[r.layers[len(r.layers)-1]].out
		}
		if b.live[m.To] {
			b.branches[m.To] = append(b.branches[m.To], r)
		}
	}
	b.shifts = make([]*affine, len(b.layers))
	b.y = hugepage.Floats(capacity * b.outSize())
	return b
}

func (b *TwoCellEval) add(l twocell.Layer, side int) int {
	b.layers = append(b.layers, newLayer(l, side))
	return len(b.layers) - 1
}

func (b *TwoCellEval) sideOf(value int) int { return b.shape.ValueSide(b.side, value) }

func (b *TwoCellEval) outSize() int {
	side := b.sideOf(b.shape.Len() - 1)
	return side * side * kernel.Pad(b.shape.Channels())
}

// Fold takes the parameters and running statistics as they are now.
func (b *TwoCellEval) Fold() {
	for value, number := range b.preprocess {
		clear(b.sums[value])
		if b.live[value] {
			b.foldInto(value, number, 1)
		}
	}
	for value := len(b.preprocess); value < len(b.branches); value++ {
		clear(b.sums[value])
		for _, r := range b.branches[value] {
			for depth, number := range r.layers {
				if depth == len(r.layers)-1 {
					b.foldInto(value, number, r.Times)
				} else {
					scale, shift := b.Params[number].fold(b.layers[number].outPad)
					b.layers[number].pack(b.Params[number].Weights, scale)
					b.shifts[number] = &affine{nil, shift}
				}
			}
		}
	}
}

// foldInto folds the norm of a layer whose result is added to a value so many
// times.
func (b *TwoCellEval) foldInto(value, number, times int) {
	scale, shift := b.Params[number].fold(b.layers[number].outPad)
	for c := range scale {
		scale[c] *= float32(times)
		b.sums[value][c] += float32(times) * shift[c]
	}
	b.layers[number].pack(b.Params[number].Weights, scale)
}

// Forward computes the cell of n images; see [TwoCell.Forward].
func (b *TwoCellEval) Forward(before, last []float32, n int) []float32 {
	inputs := [2][]float32{before, last}
	b.work.images(n, func(s *scratch, i int) { b.image(s, inputs, i) })
	return b.y
}

func (b *TwoCellEval) image(s *scratch, inputs [2][]float32, i int) {
	k := b.work.Kernels
	values := func(value int) []float32 {
		return s.densely(useNode+value, b.sideOf(value)*b.sideOf(value)*b.padded)
	}
	for value, number := range b.preprocess {
		if !b.live[value] {
			continue
		}
		l := b.layers[number]
		size := l.side * l.side * l.inPad
		bordered, _ := l.read(k, s, inputs[value][i*size:][:size], nil)
		l.run(k, s, values(value), bordered, false)
		b.finish(s, value, values(value), true)
	}
	for value := len(b.preprocess); value < len(b.branches); value++ {
		if b.live[value] {
			b.value(s, value, values)
		}
	}
	y := b.y[i*b.outSize():][:b.outSize()]
	for at, value := range b.shape.Concat {
		copyChannels(y[at*b.shape.Width:], kernel.Pad(b.shape.Channels()), values(value), b.padded, b.shape.Width)
	}
}

// finish adds the shift and, before it, the terms in scratch memory to what
// convolutions have left in a value.
func (b *TwoCellEval) finish(s *scratch, value int, v []float32, begun bool, terms ...kernel.Term) {
	s.terms = s.terms[:0]
	if begun {
		s.terms = append(s.terms, kernel.Term{X: v})
	}
	s.terms = append(s.terms, terms...)
	b.work.Kernels.AffineSum(v, b.sums[value], s.terms, kernel.Plane{}, b.sideOf(value), b.sideOf(value), b.padded)
}

// value computes a node of one image.
func (b *TwoCellEval) value(s *scratch, value int, values func(int) []float32) {
	k, v := b.work.Kernels, values(value)
	var terms []kernel.Term
	begun := false
	for j, r := range b.branches[value] {
		if len(r.layers) > 0 {
			b.through(s, r, values(r.From), v, begun)
			begun = true
			continue
		}
		var x []float32
		switch {
		case r.pool != nil:
			x = s.densely(useNode+len(b.branches)+j, len(v))
			r.pool.run(k, s, x, values(r.From))
		case r.Op.Kind() == twocell.Skip:
			x = values(r.From)
		default:
			continue
		}
		for range r.Times {
			terms = append(terms, kernel.Term{X: x})
		}
	}
	b.finish(s, value, v, begun, terms...)
}

// through computes the layers of a branch.
func (b *TwoCellEval) through(s *scratch, r route, x, dst []float32, add bool) {
	k := b.work.Kernels
	var shift *affine
	for depth, number := range r.layers {
		l := b.layers[number]
		bordered, _ := l.read(k, s, x, shift)
		if depth == len(r.layers)-1 {
			l.run(k, s, dst, bordered, add)
			return
		}
		x, shift = s.densely(useReduced, l.pixels()*l.outPad), b.shifts[number]
		l.run(k, s, x, bordered, false)
	}
}
