package cell

import (
	"fmt"
	"iter"
)

// BlockKind is what a block of a network computes.
type BlockKind uint8

// The kinds of blocks, in the order in which a network begins to have them.
const (
	Stem       BlockKind = iota // 3x3 convolution of the image, batch normalization
	CellBlock                   // the network's cell
	Reduction                   // residual block: halves the side
	LastNorm                    // batch normalization, ReLU, mean over the pixels
	Classifier                  // linear
)

// String says in a few words what the block computes.
func (k BlockKind) String() string {
	switch k {
	case Stem:
		return "conv3x3, norm"
	case CellBlock:
		return "cell"
	case Reduction:
		return "residual, stride 2"
	case LastNorm:
		return "norm, ReLU, average"
	case Classifier:
		return "linear"
	}
	return fmt.Sprintf("BlockKind(%d)", uint8(k))
}

// Block is one step of a network from the image to the classes.
type Block struct {
	Name    string // what its tensors' names in PyTorch's state dict begin with: cells.3
	Kind    BlockKind
	In, Out int // channels
	Scale   int // the image's side by that of the block's input
	Stride  int // the input's side by that of the output
}

// Blocks yields the blocks of a network in order. The network must be valid; see
// [Network.Validate].
func (n Network) Blocks() iter.Seq[Block] {
	return func(yield func(Block) bool) {
		cells, _ := n.Widths.cells()
		width, scale := n.Widths[0], 1
		if !yield(Block{"stem", Stem, 3, width, scale, 1}) {
			return
		}
		for i, out := range n.Widths {
			b := Block{fmt.Sprintf("cells.%d", i), CellBlock, width, out, scale, 1}
			if i%(cells+1) == cells {
				b.Kind, b.Stride = Reduction, 2
			}
			if !yield(b) {
				return
			}
			width, scale = out, scale*b.Stride
		}
		_ = yield(Block{"lastact", LastNorm, width, width, scale, 1}) &&
			yield(Block{"classifier", Classifier, width, n.Classes, scale, 1})
	}
}
