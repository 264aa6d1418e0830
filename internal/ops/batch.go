package ops

import (
	"fmt"
	"sync/atomic"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Batch is what the ops of one network share.
type Batch struct {
	capacity int
	n        int
	frozen   bool
	forward  bool // runs end before the backward pass
	freezes  int  // how often frozen has been set
	nextID   atomic.Uint64
}

// NewBatch returns a batch of capacity images, all in use.
func NewBatch(capacity int) *Batch { return &Batch{capacity: capacity, n: capacity} }

// Use sets the number of images of the runs to come.
func (b *Batch) Use(n int) error {
	if n < 1 || n > b.capacity {
		return fmt.Errorf("a batch of %d images: the network takes 1 to %d", n, b.capacity)
	}
	b.n = n
	return nil
}

// N is the number of images in use.
func (b *Batch) N() int { return b.n }

// Capacity is the largest number of images.
func (b *Batch) Capacity() int { return b.capacity }

// Freeze promises that parameters and running statistics don't change until
// Freeze(false), so that evaluation need not fold them again at every run.
func (b *Batch) Freeze(on bool) {
	b.frozen = on
	b.freezes++
}

// ForwardOnly has the runs to come leave out the backward pass: gradients are zero.
func (b *Batch) ForwardOnly(on bool) { b.forward = on }

// floats returns the numbers of a float32 tensor, without a copy.
func floats(v gorgonia.Value) ([]float32, error) {
	if data, ok := v.Data().([]float32); ok {
		return data, nil
	}
	if x, ok := v.Data().(float32); ok { // Gorgonia hands tensors of one number over as scalars
		return []float32{x}, nil
	}
	return nil, fmt.Errorf("a value of %v, want a float32 tensor", v.Dtype())
}

// shapes converts what InferShape gets.
func shapes(inputs []gorgonia.DimSizer) ([]tensor.Shape, error) {
	return gorgonia.DimSizersToShapes(inputs)
}

// result wraps a block's buffer as a value once, and again when it moves.
type result struct {
	shape tensor.Shape
	value *tensor.Dense
	data  []float32
}

func (r *result) wrap(data []float32) *tensor.Dense {
	if r.value == nil || &r.data[0] != &data[0] {
		r.data = data
		r.value = tensor.New(tensor.WithShape(r.shape...), tensor.WithBacking(data))
	}
	return r.value
}
