package ops

import (
	"fmt"
	"hash"
	"hash/fnv"

	"github.com/chewxy/hm"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// base is what Gorgonia asks of all ops here.
type base struct {
	name    string
	id      uint64
	inputs  []tensor.Shape
	returns tensor.Shape
}

func (b *Batch) base(name string, returns tensor.Shape, inputs ...tensor.Shape) base {
	return base{name, b.nextID.Add(1), inputs, returns}
}

func (o *base) Arity() int { return len(o.inputs) }

// Type is the function type of float32 tensors of the shapes' dimensions.
func (o *base) Type() hm.Type {
	types := make([]hm.Type, 0, len(o.inputs)+1)
	for _, s := range o.inputs {
		types = append(types, typeOf(s))
	}
	return hm.NewFnType(append(types, typeOf(o.returns))...)
}

func typeOf(s tensor.Shape) hm.Type {
	if len(s) == 0 {
		return tensor.Float32
	}
	return gorgonia.TensorType{Dims: len(s), Of: tensor.Float32}
}

func (o *base) InferShape(inputs ...gorgonia.DimSizer) (tensor.Shape, error) {
	got, err := shapes(inputs)
	if err != nil {
		return nil, err
	}
	if len(got) != len(o.inputs) {
		return nil, fmt.Errorf("%s: %d inputs, want %d", o.name, len(got), len(o.inputs))
	}
	for i, s := range got {
		if !s.Eq(o.inputs[i]) {
			return nil, fmt.Errorf("%s: input %d is %v, want %v", o.name, i, s, o.inputs[i])
		}
	}
	return o.returns.Clone(), nil
}

func (o *base) ReturnsPtr() bool     { return true }
func (o *base) CallsExtern() bool    { return false }
func (o *base) OverwritesInput() int { return -1 }

func (o *base) WriteHash(h hash.Hash) {
	fmt.Fprintf(h, "cellnet.%s#%d%v%v", o.name, o.id, o.inputs, o.returns)
}

func (o *base) Hashcode() uint32 {
	h := fnv.New32a()
	o.WriteHash(h)
	return h.Sum32()
}

func (o *base) String() string { return o.name }

// check reports a call with the wrong number of values.
func (o *base) check(inputs []gorgonia.Value) error {
	if len(inputs) != len(o.inputs) {
		return fmt.Errorf("%s: %d values, want %d", o.name, len(inputs), len(o.inputs))
	}
	return nil
}

// all returns the numbers of all values.
func (o *base) all(values []gorgonia.Value) ([][]float32, error) {
	if err := o.check(values); err != nil {
		return nil, err
	}
	data := make([][]float32, len(values))
	for i, v := range values {
		var err error
		if data[i], err = floats(v); err != nil {
			return nil, fmt.Errorf("%s: input %d: %w", o.name, i, err)
		}
	}
	return data, nil
}
