package cell

import (
	"fmt"
	"iter"
)

// TensorKind tells what a tensor of a network's state dict is.
type TensorKind uint8

// The kinds of tensors.
const (
	ConvWeight   TensorKind = iota // OIHW
	NormWeight                     // one number a channel, as the three that follow
	NormBias                       //
	RunningMean                    //
	RunningVar                     // unbiased
	Batches                        // num_batches_tracked, one int64
	LinearWeight                   // [classes, features]
	LinearBias                     // [classes]
	ConvBias                       // one number a channel; supernets have it
	Architecture                   // parameters of a supernet that choose among its operations
	Constant                       // numbers that stay as they are
)

// Learnable tells whether training changes the tensor by its gradient.
func (k TensorKind) Learnable() bool {
	return k != RunningMean && k != RunningVar && k != Batches && k != Constant
}

// Tensor is one tensor of a network's state dict.
type Tensor struct {
	Name  string
	Kind  TensorKind
	Shape []int
	Scale int // of a convolution's result: the image's side by its
}

// Len is the number of elements.
func (t Tensor) Len() int {
	n := 1
	for _, d := range t.Shape {
		n *= d
	}
	return n
}

// Tensors yields the tensors of a network's state dict in PyTorch's order. The
// network must be valid; see [Network.Validate].
func (n Network) Tensors() iter.Seq[Tensor] {
	return func(yield func(Tensor) bool) {
		for b := range n.Blocks() {
			for t := range n.tensorsOf(b) {
				if !yield(t) {
					return
				}
			}
		}
	}
}

// tensorsOf yields the tensors of one block.
func (n Network) tensorsOf(b Block) iter.Seq[Tensor] {
	return func(yield func(Tensor) bool) {
		l := layout{yield: yield, going: true, scale: b.Scale * b.Stride}
		switch b.Kind {
		case Stem:
			l.conv(b.Name+".0", b.In, b.Out, 3)
			l.norm(b.Name+".1", b.Out)
		case CellBlock:
			l.cell(b, n.Cell)
		case Reduction:
			l.convNorm(b.Name+".conv_a", b.In, b.Out, 3)
			l.convNorm(b.Name+".conv_b", b.Out, b.Out, 3)
			l.conv(b.Name+".downsample.1", b.In, b.Out, 1)
		case LastNorm:
			l.norm(b.Name+".0", b.Out)
		case Classifier:
			l.add(b.Name+".weight", LinearWeight, b.Out, b.In)
			l.add(b.Name+".bias", LinearBias, b.Out)
		}
	}
}

// layout hands out tensors until it is told to stop.
type layout struct {
	yield func(Tensor) bool
	going bool
	scale int
}

func (l *layout) add(name string, kind TensorKind, shape ...int) {
	l.going = l.going && l.yield(Tensor{name, kind, shape, l.scale})
}

func (l *layout) conv(prefix string, in, out, size int) {
	l.add(prefix+".weight", ConvWeight, out, in, size, size)
}

func (l *layout) norm(prefix string, channels int) {
	l.add(prefix+".weight", NormWeight, channels)
	l.add(prefix+".bias", NormBias, channels)
	l.add(prefix+".running_mean", RunningMean, channels)
	l.add(prefix+".running_var", RunningVar, channels)
	l.add(prefix+".num_batches_tracked", Batches)
}

// convNorm is ReLU (op.0, without parameters), convolution and norm.
func (l *layout) convNorm(prefix string, in, out, size int) {
	l.conv(prefix+".op.1", in, out, size)
	l.norm(prefix+".op.2", out)
}

// cell is a cell whose edges from the input change the width, where In and Out
// differ; all others keep it.
func (l *layout) cell(b Block, c Cell) {
	for i, e := range c.Edges() {
		prefix := fmt.Sprintf("%s.layers.%d", b.Name, i)
		in := b.Out
		if e.From == 0 {
			in = b.In
		}
		switch e.Op.Kind() {
		case Zeros:
		case Identity:
			if in != b.Out { // a projection without ReLU
				l.conv(prefix+".conv", in, b.Out, 1)
				l.norm(prefix+".bn", b.Out)
			}
		case Convolution:
			l.convNorm(prefix, in, b.Out, e.Op.Window())
		case AveragePool:
			if in != b.Out {
				l.convNorm(prefix+".preprocess", in, b.Out, 1)
			}
		default:
			panic(notInNetworks(e.Op))
		}
	}
}

// checkOps returns an error for a cell with an operation that networks have no
// layout for.
func checkOps(c Cell) error {
	for _, e := range c.Edges() {
		switch e.Op.Kind() {
		case Zeros, Identity, Convolution, AveragePool:
		default:
			return notInNetworks(e.Op)
		}
	}
	return nil
}

func notInNetworks(op Op) error {
	return fmt.Errorf("networks can't be built of %v", op)
}
