package supernet

import (
	"fmt"
	"iter"

	"cellnet/cell"
)

// Size is a supernet of the size space: the space's cell at the largest of some
// candidate widths, narrowed after the stem, each cell and each residual block. One
// network has as many widths as its cells and residual blocks; the stem shares the
// first.
type Size struct {
	Candidates []int // widths, increasing; 8 to 64 in the benchmark
	Widths     int   // of a network, 3N+2: 5 in the benchmark
	Classes    int
	Affine     bool // see [Topology]
	Track      bool
}

// Names of the buffers that the published program keeps beside the weights.
const (
	Temperature = "_tau"
	Masks       = "_masks"
)

// Validate returns an error that names the first field out of its range.
func (s Size) Validate() error {
	if len(s.Candidates) == 0 {
		return fmt.Errorf("a supernet without candidate widths")
	}
	for i, c := range s.Candidates {
		if i > 0 && c <= s.Candidates[i-1] {
			return fmt.Errorf("candidate widths %v don't increase", s.Candidates)
		}
	}
	if s.Widths < 2 || s.Widths%3 != 2 {
		return fmt.Errorf("a supernet of %d widths, want 3N+2, such as 5", s.Widths)
	}
	return s.network().Validate()
}

// Widest is the largest candidate, the width of all layers.
func (s Size) Widest() int { return s.Candidates[len(s.Candidates)-1] }

// network is one of the same skeleton.
func (s Size) network() cell.Network {
	widths := make(cell.Widths, s.Widths)
	for i := range widths {
		widths[i] = s.Widest()
	}
	return cell.Network{Cell: cell.SizeCell(), Widths: widths, Classes: s.Classes}
}

// Blocks yields the blocks from the image to the classes, named as the published
// program names them: it counts the stem. The supernet must be valid.
func (s Size) Blocks() iter.Seq[cell.Block] {
	return func(yield func(cell.Block) bool) {
		number := 0
		for b := range s.network().Blocks() {
			if b.Kind == cell.Stem || b.Kind == cell.CellBlock || b.Kind == cell.Reduction {
				b.Name = fmt.Sprintf("_cells.%d", number)
				number++
			}
			if !yield(b) {
				return
			}
		}
	}
}

// Layers is how often a network is narrowed: after the stem, and after each cell and
// residual block.
func (s Size) Layers() int { return s.Widths + 1 }

// Row is the row of the architecture parameters that narrows a layer: the stem has
// that of the first cell.
func (s Size) Row(layer int) int { return max(0, layer-1) }

// Tensors yields the tensors of the state dict in PyTorch's order.
func (s Size) Tensors() iter.Seq[cell.Tensor] {
	return func(yield func(cell.Tensor) bool) {
		_ = yield(cell.Tensor{Name: SizeArchitecture, Kind: cell.Architecture, Shape: []int{s.Widths, len(s.Candidates)}}) &&
			yield(cell.Tensor{Name: Temperature, Kind: cell.Constant, Shape: []int{1}}) &&
			yield(cell.Tensor{Name: Masks, Kind: cell.Constant, Shape: []int{len(s.Candidates), s.Widest()}}) &&
			s.weights(yield)
	}
}

// Weights yields the tensors without architecture parameters and buffers.
func (s Size) Weights() iter.Seq[cell.Tensor] {
	return func(yield func(cell.Tensor) bool) { s.weights(yield) }
}

func (s Size) weights(yield func(cell.Tensor) bool) bool {
	l := &layout{yield: yield, going: true, affine: s.Affine, track: s.Track}
	for b := range s.Blocks() {
		switch b.Kind {
		case cell.Stem:
			l.conv(b.Name+".0", b.Out, b.In, 3, !s.Affine)
			l.norm(b.Name+".1", b.Out, s.Affine, s.Track)
		case cell.CellBlock:
			for i, e := range cell.SizeCell().Edges() {
				if e.Op.Learnable() {
					l.inCell(fmt.Sprintf("%s.layers.%d.op", b.Name, i), b.Out, e.Op.Window())
				}
			}
		default:
			l.block(b)
		}
	}
	return l.going
}
