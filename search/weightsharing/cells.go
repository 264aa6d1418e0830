package weightsharing

import (
	"fmt"
	"iter"
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
func (Supernets) Widths(r Run, s Shape) (SizeNetwork, *mt19937.Source, error) {
	params, random, err := models.InitializeSizeSupernet(sizeOf(r, s.Classes), r.Seed)
	if err != nil {
		return nil, nil, err
	}
	n, err := newWidths(params, s)
	return n, random, err
}

// tensors are those of a supernet of package models.
type tensors interface {
	StateDict() *weights.StateDict
	Load(*weights.StateDict) error
	Weights() iter.Seq[string]
	Tensors() []cell.Tensor
	Numbers(name string) []float32
	SaveStatistics() (restore func())
}

// parameters are a supernet's, as Weights has them.
type parameters struct {
	tensors
	shapes    map[string][]int
	learnable []string
	pixels    int   // numbers of an image
	labels    []int // zeros, for evaluation
}

func newParameters(t tensors, s Shape) parameters {
	p := parameters{tensors: t, shapes: map[string][]int{}, learnable: slices.Collect(t.Weights()), pixels: 3 * s.Side * s.Side}
	for _, t := range t.Tensors() {
		p.shapes[t.Name] = t.Shape
	}
	return p
}

func (p *parameters) LoadStateDict(s *weights.StateDict) error { return p.Load(s) }
func (p *parameters) Learnable() []string                      { return p.learnable }
func (p *parameters) Shape(name string) []int                  { return p.shapes[name] }
func (p *parameters) Floats(name string) []float32             { return p.Numbers(name) }

// unlabelled are labels of images whose loss is of no interest.
func (p *parameters) unlabelled(images []float32) []int {
	count := len(images) / p.pixels
	if len(p.labels) < count {
		p.labels = make([]int, count)
	}
	return p.labels[:count]
}

// options are those of the two modes.
func (s Shape) options() (training, evaluation models.SupernetOptions) {
	return models.SupernetOptions{Side: s.Side, Capacity: s.Batch, Training: true, Kernels: s.Kernels},
		models.SupernetOptions{Side: s.Side, Capacity: s.EvaluationBatch, Kernels: s.Kernels}
}

// cells is a supernet of cells in both of its modes.
type cells struct {
	parameters
	training, evaluation *models.Supernet
	differentiated       models.Mixture // by the last pass with gradients
}

func newCells(params *models.SupernetParameters, s Shape) (n *cells, err error) {
	n = &cells{parameters: newParameters(params, s)}
	training, evaluation := s.options()
	if n.training, err = models.NewSupernet(params, training); err != nil {
		return nil, err
	}
	if n.evaluation, err = models.NewSupernet(params, evaluation); err != nil {
		return nil, err
	}
	return n, nil
}

func (n *cells) Gradient(name string) ([]float32, error) { return n.training.Gradient(name) }
func (n *cells) Reached() []string                       { return slices.Collect(n.training.Reached(n.differentiated)) }

func (n *cells) Train(images []float32, labels []int, m models.Mixture, w models.Wanted) (models.Pass, error) {
	if w.Weights || w.Factors {
		n.differentiated = m
	}
	return n.training.Run(images, labels, m, w)
}

func (n *cells) Evaluate(images []float32, m models.Mixture) (models.Pass, error) {
	return n.evaluation.Run(images, n.unlabelled(images), m, models.Wanted{})
}

// widths is a supernet of widths in both of its modes.
type widths struct {
	parameters
	training, evaluation *models.SizeSupernet
}

func newWidths(params *models.SizeSupernetParameters, s Shape) (n *widths, err error) {
	n = &widths{parameters: newParameters(params, s)}
	training, evaluation := s.options()
	if n.training, err = models.NewSizeSupernet(params, training); err != nil {
		return nil, err
	}
	if n.evaluation, err = models.NewSizeSupernet(params, evaluation); err != nil {
		return nil, err
	}
	return n, nil
}

func (n *widths) Gradient(name string) ([]float32, error) { return n.training.Gradient(name) }
func (n *widths) Reached() []string                       { return n.learnable }

func (n *widths) Train(images []float32, labels []int, layers []models.Narrowing, w models.Wanted) (models.NarrowedPass, error) {
	return n.training.Run(images, labels, layers, w)
}

func (n *widths) Evaluate(images []float32, layers []models.Narrowing) (models.NarrowedPass, error) {
	return n.evaluation.Run(images, n.unlabelled(images), layers, models.Wanted{})
}

// joint is a mixture of all operations, weighed by softmax(A).
type joint struct{ probabilities table }

func (t *topology) joint() joint { return joint{softmaxRows(t.alpha())} }

func (j joint) mixture() models.Mixture { return models.Mixture{Factors: j.probabilities.float32s()} }

// backward is the derivative by A.
func (j joint) backward(pass models.Pass) table {
	d := make(table, len(j.probabilities))
	for e, p := range j.probabilities {
		d[e] = softmaxBackward(p, pass.Factors[e])
	}
	return d
}
