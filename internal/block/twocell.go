package block

import (
	"cellnet/cell/twocell"
	"cellnet/internal/hugepage"
	"cellnet/internal/kernel"
)

// branch is what computes the edges between two values of a cell.
type branch struct {
	twocell.Module
	layers []*stage // none for an operation without parameters
	pool   *pool
}

// last is the branch's last layer.
func (b *branch) last() *stage { return b.layers[len(b.layers)-1] }

// identity tells whether the branch passes its value on.
func (b *branch) identity() bool { return b.Op.Kind() == twocell.Skip && len(b.layers) == 0 }

// stage is a layer of a cell with its batch norm, in training.
type stage struct {
	*layer
	*norm
	number int // among the cell's layers
}

// affine is the normalization.
func (t *stage) affine() *affine { return &affine{t.norm.scale, t.norm.shift} }

// TwoCell is a cell of two inputs in training.
type TwoCell struct {
	shape    twocell.Inner
	work     *Workspace
	side     int // of input 1 and, but for a reducing cell, of the result
	capacity int
	padded   int           // channels of the values
	Params   []LayerParams // in the order of [twocell.Inner.AllLayers]

	stages     []*stage
	preprocess [2]*stage
	branches   [][]*branch // that lead to each value
	inputs     [2][]float32
	values     [][]float32
	y          []float32
	grad       twoCellGrad
}

// NewTwoCell prepares a cell. The side is that of input 1; input 0 has twice
// the side if the cell before reduced.
func NewTwoCell(w *Workspace, c twocell.Inner, side, capacity int, params []LayerParams) *TwoCell {
	b := &TwoCell{shape: c, work: w, side: side, capacity: capacity, padded: kernel.Pad(c.Width), Params: params}
	b.branches = make([][]*branch, c.Len())
	b.values = make([][]float32, c.Len())
	for i, l := range c.Preprocess() {
		b.preprocess[i] = b.newStage(l, c.InputSide(side, i))
	}
	for value := range b.values {
		b.values[value] = hugepage.Floats(capacity * b.size(value))
	}
	for _, m := range c.Modules() {
		br := &branch{Module: m, pool: newBranchPool(c, m, b.sideOf(m.From))}
		at := b.sideOf(m.From)
		for _, l := range c.Layers(m.Op, m) {
			br.layers = append(br.layers, b.newStage(l, at))
			at = br.last().layer.out
		}
		b.branches[m.To] = append(b.branches[m.To], br)
	}
	b.y = hugepage.Floats(capacity * b.outSize())
	return b
}

// newBranchPool is the pool of an operation, nil if it is none.
func newBranchPool(c twocell.Inner, m twocell.Module, side int) *pool {
	switch m.Op.Kind() {
	case twocell.AveragePool, twocell.MaxPool:
		return newPool3x3(side, c.Stride(m), c.Width, m.Op.Kind() == twocell.MaxPool)
	}
	return nil
}

func (b *TwoCell) newStage(l twocell.Layer, side int) *stage {
	s := &stage{layer: newLayer(l, side), number: len(b.stages)}
	s.norm = b.work.Memory.norm(b.work.Statistics, l.Out, s.pixels(), b.capacity, hugepage.Floats(b.capacity*s.pixels()*s.outPad))
	b.stages = append(b.stages, s)
	return s
}

// pixels is those of the layer's result.
func (t *stage) pixels() int { return t.layer.pixels() }

// sideOf is the side of a value's images.
func (b *TwoCell) sideOf(value int) int { return b.shape.ValueSide(b.side, value) }

// size is how many numbers an image of a value has.
func (b *TwoCell) size(value int) int { return b.sideOf(value) * b.sideOf(value) * b.padded }

func (b *TwoCell) outSide() int { return b.sideOf(b.shape.Len() - 1) }

func (b *TwoCell) outSize() int { return b.outSide() * b.outSide() * kernel.Pad(b.shape.Channels()) }

// image is image i of a value.
func (b *TwoCell) image(value, i int) []float32 {
	return b.values[value][i*b.size(value):][:b.size(value)]
}

// input is image i of an input before its preprocessing.
func (b *TwoCell) input(number, i int) []float32 {
	l := b.preprocess[number].layer
	size := l.side * l.side * l.inPad
	return b.inputs[number][i*size:][:size]
}

// Forward computes the cell of n images, from the result of the cell before the
// last and that of the last, and returns its own, which is valid until the next
// call.
func (b *TwoCell) Forward(before, last []float32, n int) []float32 {
	b.inputs = [2][]float32{before, last}
	b.work.images(len(b.stages), func(_ *scratch, i int) { b.stages[i].pack(b.Params[i].Weights, nil) })
	k := b.work.Kernels
	b.work.images(n, func(s *scratch, i int) {
		for number, p := range b.preprocess {
			p.forward(k, s, i, b.input(number, i), nil)
		}
	})
	for _, p := range b.preprocess {
		b.settle(p, 1, n)
	}
	b.work.images(n, func(s *scratch, i int) {
		for value, p := range b.preprocess {
			s.terms = append(s.terms[:0], kernel.Term{X: p.image(i), Scale: p.norm.scale})
			k.AffineSum(b.image(value, i), p.norm.shift, s.terms, kernel.Plane{}, p.layer.out, p.layer.out, b.padded)
		}
	})
	for value := len(b.preprocess); value < len(b.values); value++ {
		b.value(value, n)
	}
	b.work.images(n, func(_ *scratch, i int) { b.concat(i) })
	return b.y
}

// forward computes a layer of image i before its batch norm.
func (t *stage) forward(k *kernel.Kernels, s *scratch, i int, x []float32, a *affine) {
	bordered, _ := t.read(k, s, x, a)
	t.layer.run(k, s, t.image(i), bordered, false)
	t.observe(k, i, 1)
}

// settle ends a batch norm that sees the batch so many times.
func (b *TwoCell) settle(t *stage, times, n int) {
	for range times {
		t.settle(b.Params[t.number].Norm, n)
	}
}

// value computes a node: its branches' layers, one after the other, and their
// sum.
func (b *TwoCell) value(value, n int) {
	k := b.work.Kernels
	for depth := 0; ; depth++ {
		var deep []*branch
		for _, br := range b.branches[value] {
			if depth < len(br.layers) {
				deep = append(deep, br)
			}
		}
		if len(deep) == 0 {
			break
		}
		b.work.images(n, func(s *scratch, i int) {
			for _, br := range deep {
				if depth == 0 {
					br.layers[0].forward(k, s, i, b.image(br.From, i), nil)
				} else {
					before := br.layers[depth-1]
					br.layers[depth].forward(k, s, i, before.image(i), before.affine())
				}
			}
		})
		for _, br := range deep {
			b.settle(br.layers[depth], br.Times, n)
		}
	}
	shift := make([]float32, b.padded)
	for _, br := range b.branches[value] {
		if len(br.layers) == 0 {
			continue
		}
		for range br.Times {
			for c, v := range br.last().norm.shift {
				shift[c] += v
			}
		}
	}
	b.work.images(n, func(s *scratch, i int) { b.add(k, s, value, i, shift) })
}

// add stores the sum of the branches that lead to a value.
func (b *TwoCell) add(k *kernel.Kernels, s *scratch, value, i int, shift []float32) {
	terms := s.terms[:0]
	for j, br := range b.branches[value] {
		var term kernel.Term
		switch {
		case len(br.layers) > 0:
			term = kernel.Term{X: br.last().image(i), Scale: br.last().norm.scale}
		case br.identity():
			term.X = b.image(br.From, i)
		case br.pool != nil:
			term.X = s.densely(useNode+j, b.size(value))
			br.pool.run(k, s, term.X, b.image(br.From, i))
		default:
			continue
		}
		for range br.Times {
			terms = append(terms, term)
		}
	}
	s.terms = terms
	k.AffineSum(b.image(value, i), shift, terms, kernel.Plane{}, b.sideOf(value), b.sideOf(value), b.padded)
}

// concat puts the channels of the values of the result side by side.
func (b *TwoCell) concat(i int) {
	y := b.y[i*b.outSize():][:b.outSize()]
	for at, value := range b.shape.Concat {
		copyChannels(y[at*b.shape.Width:], kernel.Pad(b.shape.Channels()), b.image(value, i), b.padded, b.shape.Width)
	}
}

// copyChannels copies the first channels of each pixel.
func copyChannels(dst []float32, dstPixel int, src []float32, srcPixel, channels int) {
	for p := 0; p*srcPixel < len(src) && p*dstPixel < len(dst); p++ {
		copy(dst[p*dstPixel:][:channels], src[p*srcPixel:])
	}
}
