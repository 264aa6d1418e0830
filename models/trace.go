package models

import (
	"cellnet/internal/block"
	"cellnet/internal/kernel"
)

// ActivationKind says what an [Activation] is.
type ActivationKind uint8

// The kinds of activations.
const (
	ConvOutput ActivationKind = iota // before batch norm
	NormOutput
	PoolOutput
	ReLUInput    // its sign is what the ReLU goes by; there is no gradient of it
	NodeValue    // of a node of a cell, the sum of what arrives there
	LinearOutput // of the classifier: logits, images of side 1
)

// Activation is what one module of a network computed for the images of a run,
// or the gradient of the objective by it.
type Activation struct {
	// Module is PyTorch's name of the module, as the state dict has it:
	// stem.0, cells.3.layers.1.op.1, cells.5.conv_a.op.2, lastact.0. Values of a
	// cell's nodes, which PyTorch has no name for, are cells.3.nodes.0 (the
	// cell's input) and so on.
	Module string
	// Source tells of a ReLU's input whose value it is: several ReLUs read one
	// node of a cell. Of a block's input it is the block before.
	Source   string
	Kind     ActivationKind
	Gradient bool // whether this is the gradient: backward, not forward
	Images   int
	Side     int
	Channels int
	Pitch    int // numbers of a pixel in memory, the channels first

	traced block.Traced
	work   *traceWork
}

// traceWork is the scratch memory of a network's activations.
type traceWork struct {
	kernels                      *kernel.Kernels
	gradient, value, zeros, sums []float32
}

// Numbers returns [Images][Side][Side][Pitch] numbers: NHWC, where those past
// Channels mean nothing. They are computed for the call if need be, valid until
// the reader returns, and not to be changed.
func (a Activation) Numbers() []float32 { return a.traced.Numbers() }

// Image returns one image's numbers, [Side][Side][Pitch], under the same terms.
// into, of as many numbers, is where they are computed if need be.
func (a Activation) Image(i int, into []float32) []float32 { return a.traced.Image(i, into) }

// Value returns what Image gave for the same layer's result, for the gradient of
// a ConvOutput or a LinearOutput.
func (a Activation) Value(i int, into []float32) []float32 { return a.traced.Value(i, into) }

// At is the number of a channel and a pixel (row*Side + column) of an image
// among numbers.
func (a Activation) At(numbers []float32, image, pixel, channel int) float32 {
	return numbers[(image*a.Side*a.Side+pixel)*a.Pitch+channel]
}

// Products stores, for the gradient of a ConvOutput or a LinearOutput, the sum
// over an image's pixels of what its Value and its Image multiply to into dst, a
// number a channel: what the objective would change by if the channel grew.
func (a Activation) Products(dst []float32, i int) {
	w, pixels := a.work, a.Side*a.Side
	if size := pixels * a.Pitch; len(w.gradient) < size {
		w.gradient, w.value = make([]float32, size), make([]float32, size)
	}
	if len(w.zeros) < a.Pitch {
		w.zeros, w.sums = make([]float32, a.Pitch), make([]float32, 2*a.Pitch)
	}
	dots := w.sums[a.Pitch:][:a.Pitch]
	w.kernels.GradSums(w.sums[:a.Pitch], dots, a.Image(i, w.gradient), a.Value(i, w.value), w.zeros[:a.Pitch], pixels, a.Pitch)
	copy(dst[:a.Channels], dots)
}

// reader hands out what blocks show.
func reader(k *kernel.Kernels, trace func(Activation)) func(string, block.Traced) {
	if trace == nil {
		return nil
	}
	kinds := map[block.TraceKind]ActivationKind{
		block.ConvOutput: ConvOutput, block.NormOutput: NormOutput, block.PoolOutput: PoolOutput, block.ReLUInput: ReLUInput, block.NodeValue: NodeValue, block.LinearOutput: LinearOutput,
	}
	work := &traceWork{kernels: k}
	return func(name string, v block.Traced) {
		source := name
		if v.Source != "" {
			source += "." + v.Source
		}
		module := name
		if v.Module != "" {
			module += "." + v.Module
		}
		trace(Activation{module, source, kinds[v.Kind], v.Gradient, v.Images, v.Side, v.Channels, kernel.Pad(v.Channels), v, work})
	}
}
