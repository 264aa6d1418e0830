package ops

import (
	"fmt"

	"cellnet/cell/twocell"
	"cellnet/internal/block"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// loadLayers takes the weights of the layers' convolutions, and the weights and
// biases of their norms.
func loadLayers(layers []twocell.Layer, all []block.LayerParams, params [][]float32) {
	for i, l := range layers {
		convs := len(l.Weights())
		all[i].Weights = params[:convs]
		all[i].Weight, all[i].Bias = params[convs], params[convs+1]
		params = params[convs+2:]
	}
}

// twoCells is a cell of two inputs: its images are the result of the last cell,
// its first parameter that of the cell before.
type twoCells struct {
	*block.TwoCell
	layers []twocell.Layer
	before []float32
	grads  [][]float32
}

func (c *twoCells) load(params [][]float32) {
	c.before = params[0]
	loadLayers(c.layers, c.Params, params[1:])
}

func (c *twoCells) forward(x []float32, n int) []float32 { return c.Forward(c.before, x, n) }

func (c *twoCells) backward(dy []float32, n int) ([]float32, [][]float32) {
	dbefore, dlast, layers := c.Backward(dy, n)
	c.grads = append(c.grads[:0], dbefore)
	for _, g := range layers {
		c.grads = append(append(c.grads, g.Weights...), g.Weight, g.Bias)
	}
	return dlast, c.grads
}

type twoCellsEval struct {
	*block.TwoCellEval
	layers []twocell.Layer
	before []float32
}

func (c *twoCellsEval) load(params [][]float32) {
	c.before = params[0]
	loadLayers(c.layers, c.Params, params[1:])
}

func (c *twoCellsEval) fold()                                { c.Fold() }
func (c *twoCellsEval) forward(x []float32, n int) []float32 { return c.Forward(c.before, x, n) }

// TwoCell adds a cell of two inputs: the results of the cell before the last and
// of the last, whose images have the given side. params has for each layer of
// the cell the nodes of its convolutions' weights and of its norm's weight and
// bias.
func (b *Builder) TwoCell(name string, before, last *gorgonia.Node, c twocell.Inner, side int, state []block.LayerParams, params ...*gorgonia.Node) (*gorgonia.Node, error) {
	var train differentiable
	var eval foldable
	layers := c.AllLayers()
	if b.folded() {
		eval = &twoCellsEval{TwoCellEval: block.NewTwoCellEval(b.Work, c, side, b.Batch.capacity, state), layers: layers}
	} else {
		train = &twoCells{TwoCell: block.NewTwoCell(b.Work, c, side, b.Batch.capacity, state), layers: layers}
	}
	return b.apply(name, b.nhwc(c.ResultSide(side), c.Channels()), train, eval, true, last, append([]*gorgonia.Node{before}, params...))
}

type rectifier struct{ *block.Rectifier }

func (r rectifier) load([][]float32)                     {}
func (r rectifier) forward(x []float32, n int) []float32 { return r.Forward(x, n) }
func (r rectifier) backward(dy []float32, n int) ([]float32, [][]float32) {
	return r.Backward(dy, n), nil
}

// Rectifier adds a ReLU.
func (b *Builder) Rectifier(name string, x *gorgonia.Node, side, channels int) (*gorgonia.Node, error) {
	return b.apply(name, b.nhwc(side, channels), rectifier{block.NewRectifier(b.Work, side, channels, b.Batch.capacity)}, nil, true, x, nil)
}

type auxiliary struct {
	*block.Auxiliary
	grads [][]float32
}

func (a *auxiliary) load(params [][]float32) {
	loadConvNorm(&a.Middle, params)
	loadConvNorm(&a.Last, params[convNormInputs:])
}

func (a *auxiliary) forward(x []float32, n int) []float32 { return a.Forward(x, n) }

func (a *auxiliary) backward(dy []float32, n int) ([]float32, [][]float32) {
	dx, g := a.Backward(dy, n)
	a.grads = listConvNorm(listConvNorm(a.grads[:0], g.Middle), g.Last)
	return dx, a.grads
}

// Auxiliary adds the auxiliary head without its classifier: features,
// [capacity, 768]. params has the three nodes of each of its convolutions.
func (b *Builder) Auxiliary(name string, x *gorgonia.Node, side, channels int, middle, last block.ConvNorm, params ...*gorgonia.Node) (*gorgonia.Node, error) {
	train := &auxiliary{Auxiliary: block.NewAuxiliary(b.Work, side, channels, b.Batch.capacity, middle, last)}
	return b.apply(name, tensor.Shape{b.Batch.capacity, twocell.AuxiliaryFeatures}, train, nil, true, x, params)
}

// weightedSum is first + weight*second of two scalars.
type weightedSum struct {
	base
	batch  *Batch
	weight float32
}

var (
	_ gorgonia.SDOp = (*weightedSum)(nil)
	_ gorgonia.Op   = (*scaled)(nil)
)

// WeightedSum adds first + weight*second, of scalars.
func (b *Builder) WeightedSum(name string, first, second *gorgonia.Node, weight float32) (*gorgonia.Node, error) {
	scalar := tensor.ScalarShape()
	n, err := gorgonia.ApplyOp(&weightedSum{b.Batch.base(name, scalar, scalar, scalar), b.Batch, weight}, first, second)
	if err != nil {
		return nil, err
	}
	gorgonia.WithName(name)(n)
	return n, nil
}

func (o *weightedSum) Do(inputs ...gorgonia.Value) (gorgonia.Value, error) {
	data, err := o.all(inputs)
	if err != nil {
		return nil, err
	}
	return gorgonia.NewF32(data[0][0] + o.weight*data[1][0]), nil
}

// DiffWRT says that the sum is differentiable by both.
func (o *weightedSum) DiffWRT(int) []bool { return []bool{true, true} }

// SymDiff hands the gradient to both.
func (o *weightedSum) SymDiff(_ gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	scalar := tensor.ScalarShape()
	nodes := make(gorgonia.Nodes, 2)
	for i, by := range []float32{1, o.weight} {
		n, err := gorgonia.ApplyOp(&scaled{o.batch.base(fmt.Sprintf("%s.grad.%d", o.name, i), scalar, scalar), by}, grad)
		if err != nil {
			return nil, err
		}
		nodes[i] = n
	}
	return nodes, nil
}

// scaled is a scalar times a number.
type scaled struct {
	base
	by float32
}

func (o *scaled) Do(inputs ...gorgonia.Value) (gorgonia.Value, error) {
	data, err := o.all(inputs)
	if err != nil {
		return nil, err
	}
	return gorgonia.NewF32(o.by * data[0][0]), nil
}
