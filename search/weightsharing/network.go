package weightsharing

import (
	"cellnet/models"
	"cellnet/weights"
)

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
	Gradient(name string) ([]float32, error)
	// Reached lists the weights on which the last pass with gradients depended.
	Reached() []string
	// SaveStatistics copies the running statistics; restore sets them back.
	SaveStatistics() (restore func())
}

// Network is a supernet of cells. Passes are good until the next one.
type Network interface {
	Weights
	// Train normalizes by the batch and moves running statistics; labels count from
	// 0, images are in NCHW order.
	Train(images []float32, labels []int, m models.Mixture, w models.Wanted) (models.Pass, error)
	// Evaluate normalizes stem and reductions by running statistics, and cells as
	// the network was made to.
	Evaluate(images []float32, m models.Mixture) (models.Pass, error)
}

// SizeNetwork is a supernet of widths.
type SizeNetwork interface {
	Weights
	// Train is as that of Network, with one narrowing a layer; the factors whose
	// gradients are wanted are those of the narrowings.
	Train(images []float32, labels []int, layers []models.Narrowing, w models.Wanted) (models.NarrowedPass, error)
	// Evaluate is as that of Network.
	Evaluate(images []float32, layers []models.Narrowing) (models.NarrowedPass, error)
}
