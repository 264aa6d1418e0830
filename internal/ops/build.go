package ops

import (
	"cellnet/cell"
	"cellnet/internal/block"
	"cellnet/internal/kernel"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Builder adds the blocks of one network to a graph.
type Builder struct {
	Batch         *Batch
	Work          *block.Workspace // with what batch norm normalizes by
	Gradients     bool             // whether the graph can be differentiated
	InputGradient bool             // by its images, too
}

// folded tells whether batch norm can be folded into the weights: nobody asks
// for what lies in between.
func (b *Builder) folded() bool {
	return !b.Gradients && b.Work.Statistics == block.Running && b.Work.Reader == nil
}

// apply adds a block: x is the node of its images, params those of its
// parameters.
func (b *Builder) apply(name string, returns tensor.Shape, train differentiable, eval foldable, inputGradient bool, x *gorgonia.Node, params []*gorgonia.Node) (*gorgonia.Node, error) {
	inputs := append([]*gorgonia.Node{x}, params...)
	ins := make([]tensor.Shape, len(inputs))
	for i, n := range inputs {
		ins[i] = n.Shape().Clone()
	}
	base := b.Batch.base(name, returns, ins...)
	var op gorgonia.Op
	if b.folded() {
		op = &foldedOp{base: base, batch: b.Batch, block: eval, out: result{shape: returns}}
	} else {
		op = &blockOp{base: base, batch: b.Batch, block: train, gradients: b.Gradients, inputGradient: inputGradient, out: result{shape: returns}}
	}
	n, err := gorgonia.ApplyOp(op, inputs...)
	if err != nil {
		return nil, err
	}
	gorgonia.WithName(name)(n)
	return n, nil
}

// nhwc is the shape of the activations of all images.
func (b *Builder) nhwc(side, channels int) tensor.Shape {
	return tensor.Shape{b.Batch.capacity, side, side, kernel.Pad(channels)}
}

// Stem adds the first convolution to channels channels. x is [capacity, 3,
// side, side]; params are the nodes of the convolution's weights and the
// norm's weight and bias; state has the norm's running statistics.
func (b *Builder) Stem(name string, x *gorgonia.Node, side, channels int, state block.ConvNorm, params ...*gorgonia.Node) (*gorgonia.Node, error) {
	var train differentiable
	var eval foldable
	if b.folded() {
		eval = stemEval{block.NewStemEval(b.Work, side, channels, b.Batch.capacity, state)}
	} else {
		s := block.NewStem(b.Work, side, channels, b.Batch.capacity, state)
		s.Name = name
		train = &stem{Stem: s, inputGrad: b.InputGradient}
	}
	return b.apply(name, b.nhwc(side, channels), train, eval, b.InputGradient, x, params)
}

// Cell adds a cell on x, [capacity, side, side, padded channels]. params has
// the three nodes of each convolution in the order of the edges, those that
// change the width for a skip connection or a pool included.
func (b *Builder) Cell(name string, x *gorgonia.Node, c cell.Cell, side int, widths block.Widths, state []block.ConvNorm, params ...*gorgonia.Node) (*gorgonia.Node, error) {
	var train differentiable
	var eval foldable
	if b.folded() {
		cell, err := block.NewCellEval(b.Work, c, side, widths, b.Batch.capacity, state)
		if err != nil {
			return nil, err
		}
		eval = cellEval{cell}
	} else {
		cell, err := block.NewCell(b.Work, c, side, widths, b.Batch.capacity, state)
		if err != nil {
			return nil, err
		}
		cell.Name = name
		train = &cells{Cell: cell}
	}
	return b.apply(name, b.nhwc(side, widths.Out), train, eval, true, x, params)
}

// Reduction adds the residual block that halves the side of x. params has the three nodes of conv_a, those of conv_b, and the
// weights of the downsampling convolution.
func (b *Builder) Reduction(name string, x *gorgonia.Node, side int, widths block.Widths, state block.ReductionParams, params ...*gorgonia.Node) (*gorgonia.Node, error) {
	var train differentiable
	var eval foldable
	if b.folded() {
		eval = reductionEval{block.NewReductionEval(b.Work, side, widths, b.Batch.capacity, state)}
	} else {
		r := block.NewReduction(b.Work, side, widths, b.Batch.capacity, state)
		r.Name = name
		train = &reduction{Reduction: r}
	}
	return b.apply(name, b.nhwc(side/2, widths.Out), train, eval, true, x, params)
}

// Head adds the last batch norm with ReLU and the average over pixels:
// features, [capacity, channels]. params are the norm's weight and bias.
func (b *Builder) Head(name string, x *gorgonia.Node, side, channels int, state block.Norm, params ...*gorgonia.Node) (*gorgonia.Node, error) {
	var train differentiable
	var eval foldable
	if b.folded() {
		eval = headEval{block.NewHeadEval(b.Work, side, channels, b.Batch.capacity, state)}
	} else {
		h := block.NewHead(b.Work, side, channels, b.Batch.capacity, state)
		h.Name = name
		train = &head{Head: h}
	}
	return b.apply(name, tensor.Shape{b.Batch.capacity, channels}, train, eval, true, x, params)
}

// Linear adds logits = features * weight^T + bias, [capacity, classes].
func (b *Builder) Linear(name string, features, weight, bias *gorgonia.Node) (*gorgonia.Node, error) {
	classes, in := weight.Shape()[0], weight.Shape()[1]
	l := linear{block.NewLinear(b.Work, b.Batch.capacity, in, classes)}
	l.Name = name
	return b.apply(name, tensor.Shape{b.Batch.capacity, classes}, l, l, true, features, []*gorgonia.Node{weight, bias})
}

// CrossEntropy adds the loss, a scalar: the mean over the images in use of the
// cross entropy of logits and labels. labels is a vector of ints of the
// capacity's length. smoothing is the share of the target that is spread evenly
// over all classes.
func (b *Builder) CrossEntropy(name string, logits, labels *gorgonia.Node, smoothing float64) (*gorgonia.Node, error) {
	op := newCrossEntropy(b.Batch, name, logits.Shape()[1], smoothing)
	n, err := gorgonia.ApplyOp(op, logits, labels)
	if err != nil {
		return nil, err
	}
	gorgonia.WithName(name)(n)
	return n, nil
}
