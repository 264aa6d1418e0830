package ops

import (
	"fmt"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// differentiable is a block that keeps what its gradient needs. params and
// grads have the order of the op's inputs.
type differentiable interface {
	load(params [][]float32)
	forward(x []float32, n int) []float32
	// backward returns a nil dx where the block has no gradient of its images.
	backward(dy []float32, n int) (dx []float32, grads [][]float32)
}

// foldable is a block whose batch norms are folded into its weights.
type foldable interface {
	load(params [][]float32)
	fold()
	forward(x []float32, n int) []float32
}

// blockOp is a block that keeps what its gradient needs.
type blockOp struct {
	base
	batch         *Batch
	block         differentiable
	gradients     bool // whether there are gradients
	inputGradient bool // of the images, too
	out           result
	grads         [][]float32
}

var (
	_ gorgonia.SDOp = (*blockOp)(nil)
	_ gorgonia.Op   = (*gradOp)(nil)
	_ gorgonia.Op   = (*paramGradOp)(nil)
	_ gorgonia.Op   = (*foldedOp)(nil)
)

func (o *blockOp) Do(inputs ...gorgonia.Value) (gorgonia.Value, error) {
	data, err := o.all(inputs)
	if err != nil {
		return nil, err
	}
	o.block.load(data[1:])
	return o.out.wrap(o.block.forward(data[0], o.batch.n)), nil
}

// DiffWRT says that a block is differentiable by its parameters and, but for
// the first block unless asked for, by its images.
func (o *blockOp) DiffWRT(inputs int) []bool {
	diff := make([]bool, inputs)
	for i := range diff {
		diff[i] = i > 0 || o.inputGradient
	}
	return diff
}

// SymDiff adds the gradient nodes.
func (o *blockOp) SymDiff(inputs gorgonia.Nodes, output, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	if !o.gradients {
		return nil, fmt.Errorf("%s: built without gradients", o.name)
	}
	returns := o.inputs[0]
	if !o.inputGradient {
		returns = tensor.Shape{1}
	}
	all := &gradOp{base: o.batch.base(o.name+".grad", returns, o.returns, o.returns), of: o, out: result{shape: returns}}
	dx, err := gorgonia.ApplyOp(all, output, grad)
	if err != nil {
		return nil, err
	}
	nodes := gorgonia.Nodes{dx}
	for i := range inputs[1:] {
		shape := o.inputs[1+i]
		op := &paramGradOp{base: o.batch.base(fmt.Sprintf("%s.grad.%d", o.name, i), shape, returns), of: o, param: i, out: result{shape: shape}}
		n, err := gorgonia.ApplyOp(op, dx)
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, n)
	}
	return nodes, nil
}

// gradOp computes all gradients of a block, from its output and that one's
// gradient, and returns that of its images.
type gradOp struct {
	base
	of  *blockOp
	out result
}

func (o *gradOp) Do(inputs ...gorgonia.Value) (gorgonia.Value, error) {
	data, err := o.all(inputs)
	if err != nil {
		return nil, err
	}
	if o.of.batch.forward {
		o.of.grads = nil
		if o.out.value == nil {
			o.out.wrap(make([]float32, o.returns.TotalSize()))
		}
		return o.out.value, nil
	}
	dx, grads := o.of.block.backward(data[1], o.of.batch.n)
	o.of.grads = grads
	if !o.of.inputGradient {
		dx = make([]float32, 1)
	}
	return o.out.wrap(dx), nil
}

// paramGradOp hands out the gradient of one parameter.
type paramGradOp struct {
	base
	of    *blockOp
	param int
	out   result
}

func (o *paramGradOp) Do(inputs ...gorgonia.Value) (gorgonia.Value, error) {
	if err := o.check(inputs); err != nil {
		return nil, err
	}
	if o.of.grads == nil {
		return o.out.wrap(make([]float32, o.returns.TotalSize())), nil
	}
	return o.out.wrap(o.of.grads[o.param]), nil
}

// foldedOp is a block whose batch norms are folded into its weights. It can't be
// differentiated.
type foldedOp struct {
	base
	batch  *Batch
	block  foldable
	folded int // the freeze since which the parameters are folded
	out    result
}

func (o *foldedOp) Do(inputs ...gorgonia.Value) (gorgonia.Value, error) {
	data, err := o.all(inputs)
	if err != nil {
		return nil, err
	}
	if !o.batch.frozen || o.folded != o.batch.freezes {
		o.block.load(data[1:])
		o.block.fold()
		o.folded = o.batch.freezes
	}
	return o.out.wrap(o.block.forward(data[0], o.batch.n)), nil
}
