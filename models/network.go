package models

import (
	"errors"
	"fmt"
	"runtime"

	"cellnet/cell"
	"cellnet/cell/twocell"
	"cellnet/internal/block"
	"cellnet/internal/kernel"
	"cellnet/internal/ops"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Norm says what batch norm normalizes with.
type Norm uint8

// The ways to normalize.
const (
	NormByRunning Norm = iota // the running statistics, as in evaluation
	NormByBatch               // the statistics of the batch, which move the running ones, as in training
	NormOff                   // none: batch norm is the identity, its parameters have no effect
)

func (n Norm) statistics() block.Statistics {
	switch n {
	case NormByBatch:
		return block.OfBatch
	case NormOff:
		return block.None
	}
	return block.Running
}

// EvaluationCapacity is a good capacity for evaluation on the processors that Go
// uses: few enough images for their activations to stay in the caches.
func EvaluationCapacity() int {
	const perProcessor = 8
	return perProcessor * runtime.GOMAXPROCS(0)
}

// Options say how a network's graph is built.
type Options struct {
	Side     int // of the images, a multiple of 4
	Capacity int // the largest number of images of a batch
	Norm     Norm
	// Gradients builds a graph that can be differentiated. Without them, and
	// with the running statistics, batch norm is folded into the weights.
	Gradients bool
	// InputGradient builds a graph that can be differentiated by its images,
	// too.
	InputGradient bool
	Smoothing     float64 // of the labels, in the loss
	// Trace, if it is not nil, is shown what each module computed, block by
	// block, in the course of every run: forward in the network's order, and
	// backward in the opposite one if there are gradients.
	Trace   func(Activation)
	Kernels ISA // that compute the blocks
}

func (o Options) validate() error {
	switch {
	case o.Capacity < 1:
		return fmt.Errorf("a capacity of %d images: the network needs 1 or more", o.Capacity)
	case o.Norm > NormOff:
		return fmt.Errorf("batch norm %d is unknown", o.Norm)
	case o.InputGradient && !o.Gradients:
		return errors.New("the gradient of the images without gradients")
	case o.Smoothing < 0 || o.Smoothing > 1:
		return fmt.Errorf("label smoothing %g is outside 0..1", o.Smoothing)
	}
	return nil
}

// Network is a graph on parameters. It is not safe for concurrent use.
type Network struct {
	Graph    *gorgonia.ExprGraph
	Input    *gorgonia.Node // [capacity, 3, side, side] float32, NCHW
	Labels   *gorgonia.Node // [capacity] int
	Features *gorgonia.Node // [capacity, 4C]
	Logits   *gorgonia.Node // [capacity, classes]
	Loss     *gorgonia.Node // scalar, the mean over the images in use
	// AuxiliaryLogits are those of the auxiliary head, [capacity, classes], nil
	// if the graph has none. Its loss is a part of Loss.
	AuxiliaryLogits *gorgonia.Node
	Blocks          []*gorgonia.Node

	params     *Parameters
	options    Options
	kernels    *kernel.Kernels
	batch      *ops.Batch
	images     []float32
	labels     []int
	nodes      map[string]*gorgonia.Node
	learnables gorgonia.Nodes
}

// New builds the graph of a network on its parameters, which it reads at every
// run and, in training, moves the running statistics of.
func New(params *Parameters, o Options) (*Network, error) {
	err := o.validate()
	if err == nil {
		err = params.network.CheckSide(o.Side)
	}
	if err == nil {
		err = require(fmt.Sprintf("a network on batches of %d images", o.Capacity), floatSize*beside(params.network, o))
	}
	if err != nil {
		return nil, fmt.Errorf("building a network: %w", err)
	}
	kernels, err := o.Kernels.kernels()
	if err != nil {
		return nil, fmt.Errorf("building a network: %w", err)
	}
	n := &Network{
		Graph: gorgonia.NewGraph(gorgonia.WithGraphName("cellnet")), params: params, options: o, kernels: kernels, batch: ops.NewBatch(o.Capacity),
		images: make([]float32, o.Capacity*3*o.Side*o.Side), labels: make([]int, o.Capacity), nodes: map[string]*gorgonia.Node{},
	}
	n.inputs()
	if err := n.build(); err != nil {
		return nil, fmt.Errorf("building a network: %w", err)
	}
	return n, nil
}

func (n *Network) inputs() {
	capacity, side := n.options.Capacity, n.options.Side
	n.Input = gorgonia.NewTensor(n.Graph, tensor.Float32, 4, gorgonia.WithShape(capacity, 3, side, side), gorgonia.WithName("input"),
		gorgonia.WithValue(tensor.New(tensor.WithShape(capacity, 3, side, side), tensor.WithBacking(n.images))))
	n.Labels = gorgonia.NewVector(n.Graph, tensor.Int, gorgonia.WithShape(capacity), gorgonia.WithName("labels"),
		gorgonia.WithValue(tensor.New(tensor.WithShape(capacity), tensor.WithBacking(n.labels))))
	for _, e := range n.params.list {
		if !e.Kind.Learnable() || !n.auxiliary() && isAuxiliary(e.Name) {
			continue
		}
		node := gorgonia.NewTensor(n.Graph, tensor.Float32, len(e.Shape), gorgonia.WithShape(e.Shape...), gorgonia.WithName(e.Name),
			gorgonia.WithValue(n.params.learnables[e.Name]))
		n.nodes[e.Name] = node
		n.learnables = append(n.learnables, node)
	}
}

// Parameters returns the parameters the network was built on.
func (n *Network) Parameters() *Parameters { return n.params }

// Capacity is the largest number of images of a batch.
func (n *Network) Capacity() int { return n.options.Capacity }

// imageSize is how many numbers an image has.
func (n *Network) imageSize() int { return 3 * n.options.Side * n.options.Side }

// logits are those of the images in use.
func (n *Network) logits() ([]float32, error) {
	all, ok := n.Logits.Value().Data().([]float32)
	if !ok {
		return nil, fmt.Errorf("logits are a %v, want a float32 tensor", n.Logits.Value().Dtype())
	}
	return all[:n.batch.N()*n.params.network.NumClasses()], nil
}

// Smoothing is the label smoothing of the loss.
func (n *Network) Smoothing() float64 { return n.options.Smoothing }

// Learnables lists the nodes of the learnable tensors in PyTorch's order, without
// those of an auxiliary head that the graph lacks.
func (n *Network) Learnables() gorgonia.Nodes { return n.learnables }

// SetBatch copies images (NCHW, normalized) and their labels into the input
// nodes; they are at most the capacity. A nil labels leaves the loss undefined.
func (n *Network) SetBatch(images []float32, labels []int) error {
	size := n.imageSize()
	count := len(images) / size
	if len(images)%size != 0 || labels != nil && len(labels) != count {
		return fmt.Errorf("a batch of %d numbers and %d labels: an image has 3x%dx%d", len(images), len(labels), n.options.Side, n.options.Side)
	}
	if err := n.batch.Use(count); err != nil {
		return err
	}
	if n.options.Norm == NormByBatch && count*n.options.Side*n.options.Side/16 < 2 {
		return fmt.Errorf("%d image of side %d: batch norm by the batch needs more than one value a channel", count, n.options.Side)
	}
	if count < 2 && n.auxiliary() {
		return fmt.Errorf("%d image: the auxiliary head's batch norm by the batch needs 2 or more", count)
	}
	copy(n.images, images)
	clear(n.labels)
	copy(n.labels, labels)
	return nil
}

// Freeze promises that the parameters don't change until it is called again, so
// that a network without gradients need not fold batch norm into the weights at
// every run.
func (n *Network) Freeze(on bool) { n.batch.Freeze(on) }

// convNorm returns a convolution's state and the nodes of its parameters.
func (n *Network) convNorm(conv, norm string) (block.ConvNorm, []*gorgonia.Node) {
	state, nodes := n.norm(norm)
	return block.ConvNorm{Norm: state}, append([]*gorgonia.Node{n.nodes[conv+".weight"]}, nodes...)
}

func (n *Network) norm(prefix string) (block.Norm, []*gorgonia.Node) {
	state := block.Norm{
		RunningMean: n.params.statistics[prefix+".running_mean"],
		RunningVar:  n.params.statistics[prefix+".running_var"],
		Batches:     n.params.batches[prefix+".num_batches_tracked"],
	}
	return state, []*gorgonia.Node{n.nodes[prefix+".weight"], n.nodes[prefix+".bias"]}
}

// build adds the blocks.
func (n *Network) build() error {
	b := &ops.Builder{Batch: n.batch, Work: block.NewWorkspace(n.kernels, n.options.Norm.statistics()), Gradients: n.options.Gradients, InputGradient: n.options.InputGradient}
	b.Work.Reader = reader(n.kernels, n.options.Trace)
	switch net := n.params.network.(type) {
	case cell.Network:
		if err := n.ofCell(b, net); err != nil {
			return err
		}
	case twocell.Network:
		if err := n.ofTwoCells(b, net); err != nil {
			return err
		}
	default:
		return fmt.Errorf("no way to compute a %T", net)
	}
	var err error
	n.Loss, err = b.CrossEntropy("loss", n.Logits, n.Labels, n.options.Smoothing)
	if err != nil || n.AuxiliaryLogits == nil {
		return err
	}
	return n.addAuxiliaryLoss(b)
}

// ofCell adds the blocks of a network of one cell.
func (n *Network) ofCell(b *ops.Builder, net cell.Network) error {
	x := n.Input
	for next := range net.Blocks() {
		y, err := n.block(b, net, next, x)
		if err != nil {
			return fmt.Errorf("%s: %w", next.Name, err)
		}
		switch next.Kind {
		case cell.LastNorm:
			n.Features = y
		case cell.Classifier:
			n.Logits = y
		default:
			n.Blocks = append(n.Blocks, y)
		}
		x = y
	}
	return nil
}

// block adds a block on x.
func (n *Network) block(b *ops.Builder, net cell.Network, next cell.Block, x *gorgonia.Node) (*gorgonia.Node, error) {
	side := n.options.Side / next.Scale
	switch next.Kind {
	case cell.Stem:
		state, nodes := n.convNorm(next.Name+".0", next.Name+".1")
		return b.Stem(next.Name, x, side, next.Out, state, nodes...)
	case cell.CellBlock:
		return n.cell(b, net, next, x, side)
	case cell.Reduction:
		return n.reduction(b, next, x, side)
	case cell.LastNorm:
		norm, nodes := n.norm(next.Name + ".0")
		return b.Head(next.Name, x, side, next.Out, norm, nodes...)
	case cell.Classifier:
		return b.Linear(next.Name, x, n.nodes[next.Name+".weight"], n.nodes[next.Name+".bias"])
	}
	return nil, fmt.Errorf("no way to compute a block of the kind %v", next.Kind)
}

// convNormNames are the names of a convolution and its norm.
type convNormNames struct{ conv, norm string }

// convNorms lists the convolutions of a cell in the order of the edges.
func convNorms(net cell.Network, next cell.Block) []convNormNames {
	var list []convNormNames
	for i, e := range net.Cell.Edges() {
		layer := fmt.Sprintf("%s.layers.%d", next.Name, i)
		widens := e.From == 0 && next.In != next.Out
		switch {
		case e.Op.Learnable():
			list = append(list, convNormNames{layer + ".op.1", layer + ".op.2"})
		case widens && e.Op.Kind() == cell.Identity:
			list = append(list, convNormNames{layer + ".conv", layer + ".bn"})
		case widens && e.Op.Kind() == cell.AveragePool:
			list = append(list, convNormNames{layer + ".preprocess.op.1", layer + ".preprocess.op.2"})
		}
	}
	return list
}

func (n *Network) cell(b *ops.Builder, net cell.Network, next cell.Block, x *gorgonia.Node, side int) (*gorgonia.Node, error) {
	var states []block.ConvNorm
	var nodes []*gorgonia.Node
	for _, names := range convNorms(net, next) {
		state, more := n.convNorm(names.conv, names.norm)
		states, nodes = append(states, state), append(nodes, more...)
	}
	return b.Cell(next.Name, x, net.Cell, side, block.Widths{In: next.In, Out: next.Out}, states, nodes...)
}

func (n *Network) reduction(b *ops.Builder, next cell.Block, x *gorgonia.Node, side int) (*gorgonia.Node, error) {
	stateA, nodes := n.convNorm(next.Name+".conv_a.op.1", next.Name+".conv_a.op.2")
	stateB, more := n.convNorm(next.Name+".conv_b.op.1", next.Name+".conv_b.op.2")
	nodes = append(append(nodes, more...), n.nodes[next.Name+".downsample.1.weight"])
	return b.Reduction(next.Name, x, side, block.Widths{In: next.In, Out: next.Out}, block.ReductionParams{A: stateA, B: stateB}, nodes...)
}
