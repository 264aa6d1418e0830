package weightsharing

import (
	"cellnet/cell"
	"cellnet/weights"
)

// Wanted says which gradients a pass computes.
type Wanted struct {
	Weights      bool // those of the network's weights
	Architecture bool // those of the factors of operations or channels
	// KeepStatistics leaves the running statistics of batch norms as they are.
	KeepStatistics bool
}

// Mixture says what the edges of a cell compute in one pass. Edges are those of
// [Edges], in their order.
type Mixture struct {
	// Ops are the operations of the edges: one row for all cells, or one for each
	// of them. If it is nil, all operations of [cell.Ops] run on every edge.
	Ops [][]cell.Op
	// Weights are the factors of the operations, [edges][operations]; nil for ones.
	Weights [][]float32
	// Drop are factors of what cells and reductions give out, [cells and
	// reductions][images]; nil for ones.
	Drop [][]float32
}

// Pass is what a pass of a network gives. Its slices are good until the next one.
type Pass struct {
	Logits []float32 // [images][classes]
	// Mixture is the derivative of the mean loss by the factors of a mixture,
	// [edges][operations], summed over the cells; zeros for what did not run.
	Mixture [][]float64
	// Sums is, for each edge, the sum of the derivative by the node that it leads
	// to, over images, channels, pixels and cells.
	Sums []float64
	// Narrowing is the derivative of the mean loss by the numbers of a Narrowing,
	// for each layer.
	Narrowing [][]float64
}

// Weights are the tensors of a supernet.
type Weights interface {
	// StateDict copies all tensors, those of the architecture included, with the
	// published names in the published order.
	StateDict() *weights.StateDict
	// LoadStateDict copies tensors of the same names and shapes into the network.
	LoadStateDict(*weights.StateDict) error
	// Learnable lists the weights, without the architecture's parameters, in the
	// order of the state dict.
	Learnable() []string
	Shape(name string) []int
	// Floats is a tensor in place, that of the architecture's parameters included.
	Floats(name string) []float32
	// Gradient is the derivative of the mean loss of the last pass by a weight that
	// it reached, if it computed those.
	Gradient(name string) []float32
	// Reached lists the weights on which the last pass with gradients depended.
	Reached() []string
}

// Network is a supernet of cells.
type Network interface {
	Weights
	// Train normalizes by the batch and moves running statistics; labels count from
	// 0, images are in NCHW order.
	Train(images []float32, labels []int, m Mixture, w Wanted) (Pass, error)
	// Evaluate normalizes stem and reductions by running statistics, and cells as
	// the network was made to.
	Evaluate(images []float32, m Mixture) (Pass, error)
}

// Narrowing makes the output of a layer of a [SizeNetwork] narrower: a factor for
// each channel, or a matrix of all channels after and before, row by row.
type Narrowing struct {
	Factors []float32 // [channels]
	Matrix  []float32 // [channels][channels], used if Factors is nil
}

// SizeNetwork is a supernet of widths.
type SizeNetwork interface {
	Weights
	// Train is as that of Network, with one Narrowing a layer.
	Train(images []float32, labels []int, layers []Narrowing, w Wanted) (Pass, error)
	// Evaluate is as that of Network.
	Evaluate(images []float32, layers []Narrowing) (Pass, error)
}
