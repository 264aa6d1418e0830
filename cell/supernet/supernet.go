// Package supernet describes networks that hold every candidate of a search space:
// their tensors in the state dict of the published program (Dong et al., NATS-Bench,
// section 5; xautodl's generic_model.py), and the order in which it draws them.
// There are no parameters here, only names and shapes.
package supernet

import (
	"fmt"
	"iter"

	"cellnet/cell"
)

// Names of the tensors that are no weights.
const (
	Architecture     = "arch_parameters"
	SizeArchitecture = "_arch_parameters"
)

// Topology is a supernet of the topology space: three stages of N cells at C, 2C and
// 4C channels, in which every edge holds all operations.
type Topology struct {
	C, N    int
	Nodes   int // of a cell, 4 in the benchmark
	Classes int
	// Affine gives the batch norms of the cells and the last one weight and bias;
	// without, the cells' convolutions have a bias.
	Affine bool
	// Track has those norms keep running statistics and use them in evaluation;
	// without, they go by the batch in evaluation, too.
	Track bool
}

// maxNodes keeps the order of edges that of their names.
const maxNodes = 10

// Validate returns an error that names the first field out of its range.
func (t Topology) Validate() error {
	switch {
	case t.Nodes < 2:
		return fmt.Errorf("a supernet of cells of %d nodes, want 2 or more", t.Nodes)
	case t.Nodes > maxNodes:
		return fmt.Errorf("a supernet of cells of %d nodes, want %d at most", t.Nodes, maxNodes)
	}
	_, err := t.network()
	return err
}

// network is one of the same skeleton.
func (t Topology) network() (cell.Network, error) {
	return cell.NewNetwork(cell.SizeCell(), t.C, t.N, t.Classes)
}

// Edges lists the edges of a cell without operations, as the rows of the architecture
// parameters have them: 1<-0, 2<-0, 2<-1, ...
func (t Topology) Edges() []cell.Link {
	var edges []cell.Link
	for to := 1; to < t.Nodes; to++ {
		for from := range to {
			edges = append(edges, cell.Link{From: from, To: to})
		}
	}
	return edges
}

// Blocks yields the blocks from the image to the classes, named as the published
// program names them. The supernet must be valid.
func (t Topology) Blocks() iter.Seq[cell.Block] {
	n, _ := t.network()
	return named(n)
}

// named prefixes the blocks' names as the published program does.
func named(n cell.Network) iter.Seq[cell.Block] {
	return func(yield func(cell.Block) bool) {
		for b := range n.Blocks() {
			if b.Kind == cell.Stem || b.Kind == cell.CellBlock || b.Kind == cell.Reduction {
				b.Name = "_" + b.Name
			}
			if !yield(b) {
				return
			}
		}
	}
}

// OperationName is the prefix of the tensors of an operation of an edge in a cell.
func OperationName(block string, e cell.Link) string {
	return fmt.Sprintf("%s.edges.%d<-%d.%d.op", block, e.To, e.From, Number(e.Op))
}

// Number is an operation's place in the list of all.
func Number(op cell.Op) int {
	for i, o := range cell.Ops() {
		if o == op {
			return i
		}
	}
	return -1
}

// Tensors yields the tensors of the state dict in PyTorch's order.
func (t Topology) Tensors() iter.Seq[cell.Tensor] {
	return func(yield func(cell.Tensor) bool) {
		if yield(cell.Tensor{Name: Architecture, Kind: cell.Architecture, Shape: []int{len(t.Edges()), len(cell.Ops())}}) {
			t.weights(yield)
		}
	}
}

// Weights yields the tensors without the architecture parameters.
func (t Topology) Weights() iter.Seq[cell.Tensor] {
	return func(yield func(cell.Tensor) bool) { t.weights(yield) }
}

func (t Topology) weights(yield func(cell.Tensor) bool) {
	l := &layout{yield: yield, going: true, affine: t.Affine, track: t.Track}
	for b := range t.Blocks() {
		switch b.Kind {
		case cell.Stem:
			l.conv(b.Name+".0", b.Out, b.In, 3, false)
			l.norm(b.Name+".1", b.Out, true, true)
		case cell.CellBlock:
			for _, e := range t.Edges() {
				for _, op := range cell.Ops() {
					if op.Learnable() {
						e.Op = op
						l.inCell(OperationName(b.Name, e), b.Out, op.Window())
					}
				}
			}
		default:
			l.block(b)
		}
	}
}

// layout hands out tensors until it is told to stop.
type layout struct {
	yield         func(cell.Tensor) bool
	going         bool
	affine, track bool
}

func (l *layout) add(name string, kind cell.TensorKind, shape ...int) {
	l.going = l.going && l.yield(cell.Tensor{Name: name, Kind: kind, Shape: shape})
}

func (l *layout) conv(prefix string, out, in, window int, bias bool) {
	l.add(prefix+".weight", cell.ConvWeight, out, in, window, window)
	if bias {
		l.add(prefix+".bias", cell.ConvBias, out)
	}
}

func (l *layout) norm(prefix string, channels int, affine, track bool) {
	if affine {
		l.add(prefix+".weight", cell.NormWeight, channels)
		l.add(prefix+".bias", cell.NormBias, channels)
	}
	if track {
		l.add(prefix+".running_mean", cell.RunningMean, channels)
		l.add(prefix+".running_var", cell.RunningVar, channels)
		l.add(prefix+".num_batches_tracked", cell.Batches)
	}
}

// inCell is a convolution of a cell with its norm.
func (l *layout) inCell(prefix string, channels, window int) {
	l.conv(prefix+".1", channels, channels, window, !l.affine)
	l.norm(prefix+".2", channels, l.affine, l.track)
}

// block is one of those that all supernets have.
func (l *layout) block(b cell.Block) {
	switch b.Kind {
	case cell.Reduction:
		l.conv(b.Name+".conv_a.op.1", b.Out, b.In, 3, false)
		l.norm(b.Name+".conv_a.op.2", b.Out, true, true)
		l.conv(b.Name+".conv_b.op.1", b.Out, b.Out, 3, false)
		l.norm(b.Name+".conv_b.op.2", b.Out, true, true)
		l.conv(b.Name+".downsample.1", b.Out, b.In, 1, false)
	case cell.LastNorm:
		l.norm(b.Name+".0", b.Out, l.affine, l.track)
	case cell.Classifier:
		l.add(b.Name+".weight", cell.LinearWeight, b.Out, b.In)
		l.add(b.Name+".bias", cell.LinearBias, b.Out)
	}
}
