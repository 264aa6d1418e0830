package weightsharing

import (
	"fmt"
	"slices"

	"cellnet/cell"
	"cellnet/cell/supernet"
	"cellnet/internal/mt19937"
	"cellnet/models"
	"cellnet/weights"
)

// edgesOf are the edges of a cell of so many nodes, node by node, as the rows of the
// architecture's parameters stand for them.
func edgesOf(nodes int) []cell.Link { return supernet.Topology{Nodes: nodes}.Edges() }

// CellOf returns the cell of an operation for each of the edges, which are in the
// order of the architecture's parameters.
func CellOf(edges []cell.Link, ops []cell.Op) (cell.Cell, error) {
	if len(ops) != len(edges) {
		return cell.Cell{}, fmt.Errorf("%d operations for %d edges", len(ops), len(edges))
	}
	var nodes [][]cell.Edge
	for i, e := range edges {
		if e.To > len(nodes) {
			nodes = append(nodes, nil)
		}
		nodes[e.To-1] = append(nodes[e.To-1], cell.Edge{Op: ops[i], From: e.From})
	}
	return cell.New(nodes...)
}

// topologyOf is the supernet of a run.
func topologyOf(r Run, classes int) supernet.Topology {
	return supernet.Topology{C: r.Channels, N: r.Cells, Nodes: r.Nodes, Classes: classes, Affine: r.Affine, Track: r.Track}
}

// Supernets are the networks of package models.
type Supernets struct{}

// Cells makes a supernet of cells.
func (Supernets) Cells(r Run, s Shape) (Network, *mt19937.Source, error) {
	params, random, err := models.InitializeSupernet(topologyOf(r, s.Classes), r.Seed)
	if err != nil {
		return nil, nil, err
	}
	params.DrawArchitecture(random)
	if r.Algorithm != ENAS { // as published: the first draw is lost
		params.DrawArchitecture(random)
	}
	n, err := newCells(params, s)
	return n, random, err
}

// Widths makes a supernet of widths.
func (Supernets) Widths(r Run, _ Shape) (SizeNetwork, *mt19937.Source, error) {
	return nil, nil, fmt.Errorf("%v needs a supernet of widths, which this program has not yet", r.Algorithm)
}

// cells is a supernet of package models in both of its modes.
type cells struct {
	params               *models.SupernetParameters
	training, evaluation *models.Supernet
	shapes               map[string][]int
	learnable            []string
	differentiated       models.Mixture // by the last pass with gradients
	pixels               int            // numbers of an image
	labels               []int          // zeros, for evaluation
}

func newCells(params *models.SupernetParameters, s Shape) (n *cells, err error) {
	n = &cells{params: params, shapes: map[string][]int{}, learnable: slices.Collect(params.Weights()), pixels: 3 * s.Side * s.Side}
	for _, t := range params.Tensors() {
		n.shapes[t.Name] = t.Shape
	}
	if n.training, err = models.NewSupernet(params, models.SupernetOptions{Side: s.Side, Capacity: s.Batch, Training: true, Kernels: s.Kernels}); err != nil {
		return nil, err
	}
	if n.evaluation, err = models.NewSupernet(params, models.SupernetOptions{Side: s.Side, Capacity: s.EvaluationBatch, Kernels: s.Kernels}); err != nil {
		return nil, err
	}
	return n, nil
}

func (n *cells) StateDict() *weights.StateDict            { return n.params.StateDict() }
func (n *cells) LoadStateDict(s *weights.StateDict) error { return n.params.Load(s) }
func (n *cells) Learnable() []string                      { return n.learnable }
func (n *cells) Shape(name string) []int                  { return n.shapes[name] }
func (n *cells) Floats(name string) []float32             { return n.params.Numbers(name) }
func (n *cells) Gradient(name string) ([]float32, error)  { return n.training.Gradient(name) }
func (n *cells) Reached() []string                        { return slices.Collect(n.training.Reached(n.differentiated)) }
func (n *cells) SaveStatistics() (restore func())         { return n.params.SaveStatistics() }

func (n *cells) Train(images []float32, labels []int, m models.Mixture, w models.Wanted) (models.Pass, error) {
	if w.Weights || w.Factors {
		n.differentiated = m
	}
	return n.training.Run(images, labels, m, w)
}

func (n *cells) Evaluate(images []float32, m models.Mixture) (models.Pass, error) {
	count := len(images) / n.pixels
	if len(n.labels) < count {
		n.labels = make([]int, count)
	}
	return n.evaluation.Run(images, n.labels[:count], m, models.Wanted{})
}
