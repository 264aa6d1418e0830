package models

import (
	"fmt"
	"iter"
	"slices"

	"cellnet/cell"
	"cellnet/internal/block"
	"cellnet/internal/kernel"
	"cellnet/internal/ops"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// SupernetOptions say how a supernet's graph is built.
type SupernetOptions struct {
	Side     int // of the images, a multiple of 4
	Capacity int // the largest number of images of a batch
	// Training builds a graph that can be differentiated, in which all norms go by
	// the batch and running statistics move. Without, norms that have running
	// statistics go by these, all others by the batch.
	Training bool
	Kernels  ISA
}

// superGraph is what the graphs of supernets have in common.
type superGraph struct {
	Graph  *gorgonia.ExprGraph
	Logits *gorgonia.Node // [capacity, classes]
	Loss   *gorgonia.Node // scalar, the mean over the images in use

	tensors       *tensorSet
	classes       int
	affine, track bool // whether the cells' norms have weights, and running statistics
	options       SupernetOptions
	batch         *ops.Batch
	input         *gorgonia.Node
	labelled      *gorgonia.Node
	images        []float32
	labels        []int
	nodes         map[string]*gorgonia.Node
	constants     map[int][2]*gorgonia.Node // ones and zeros of so many channels
	learnables    gorgonia.Nodes
	biases        []biasBeforeNorm
	vm            gorgonia.VM
	// always has the blocks whose norms keep running statistics, cells those of the
	// others: in evaluation the first are folded, which norms that go by the batch
	// can't be.
	always, cells *ops.Builder
}

// biasBeforeNorm is the bias of a convolution before a batch norm. It is left out of
// the arithmetic, since the norm takes it away again; only a running mean tells of it.
type biasBeforeNorm struct {
	bias, mean []float32
	// evaluated is the running mean less the bias, which evaluation goes by; nil in
	// training.
	evaluated []float32
	ran       func() bool // in the last pass
}

// besideSuper counts the numbers that a supernet's graph has beside its parameters: in
// training gradients, packed weights and the values of all blocks, of which cells have
// so many; in evaluation, where cells share memory, those of the largest.
func besideSuper(t *tensorSet, blocks iter.Seq[cell.Block], values int, o SupernetOptions) float64 {
	var sum, largest float64
	for b := range blocks {
		if b.Kind == cell.LastNorm || b.Kind == cell.Classifier {
			continue
		}
		side := float64(o.Side / b.Scale / b.Stride)
		numbers := float64(o.Capacity) * float64(kernel.Pad(b.Out)) * side * side
		if b.Kind == cell.CellBlock {
			numbers *= float64(values)
		}
		sum, largest = sum+numbers, max(largest, numbers)
	}
	if !o.Training {
		return largest
	}
	for _, l := range t.learnables {
		sum += 2 * float64(l.Shape().TotalSize())
	}
	return sum
}

// newSuperGraph makes the inputs: images, labels and weights. Biases before norms are
// none of them. It fails if there is less memory than the graph takes.
func newSuperGraph(t *tensorSet, classes int, affine, track bool, o SupernetOptions, beside float64) (*superGraph, error) {
	if o.Capacity < 1 {
		return nil, fmt.Errorf("a capacity of %d images: the network needs 1 or more", o.Capacity)
	}
	if o.Side < 4 || o.Side%4 != 0 {
		return nil, fmt.Errorf("images of side %d: the network needs a multiple of 4", o.Side)
	}
	if err := require(fmt.Sprintf("a supernet on batches of %d images", o.Capacity), floatSize*beside); err != nil {
		return nil, err
	}
	kernels, err := o.Kernels.kernels()
	if err != nil {
		return nil, err
	}
	n := &superGraph{
		Graph: gorgonia.NewGraph(gorgonia.WithGraphName("supernet")), tensors: t, classes: classes, affine: affine, track: track, options: o,
		batch: ops.NewBatch(o.Capacity), images: make([]float32, o.Capacity*3*o.Side*o.Side), labels: make([]int, o.Capacity),
		nodes: map[string]*gorgonia.Node{}, constants: map[int][2]*gorgonia.Node{},
	}
	n.input = gorgonia.NewTensor(n.Graph, tensor.Float32, 4, gorgonia.WithShape(o.Capacity, 3, o.Side, o.Side), gorgonia.WithName("input"),
		gorgonia.WithValue(tensor.New(tensor.WithShape(o.Capacity, 3, o.Side, o.Side), tensor.WithBacking(n.images))))
	n.labelled = gorgonia.NewVector(n.Graph, tensor.Int, gorgonia.WithShape(o.Capacity), gorgonia.WithName("labels"),
		gorgonia.WithValue(tensor.New(tensor.WithShape(o.Capacity), tensor.WithBacking(n.labels))))
	for _, t := range t.list {
		if !t.Kind.Learnable() || t.Kind == cell.ConvBias || t.Kind == cell.Architecture {
			continue
		}
		node := gorgonia.NewTensor(n.Graph, tensor.Float32, len(t.Shape), gorgonia.WithShape(t.Shape...), gorgonia.WithName(t.Name),
			gorgonia.WithValue(n.tensors.learnables[t.Name]))
		n.nodes[t.Name] = node
		n.learnables = append(n.learnables, node)
	}
	n.builders(kernels)
	return n, nil
}

func (n *superGraph) builders(kernels *kernel.Kernels) {
	n.always = &ops.Builder{Batch: n.batch, Work: block.NewWorkspace(kernels, block.OfBatch), Gradients: n.options.Training}
	n.cells = n.always
	if !n.options.Training {
		n.always.Work = block.NewWorkspace(kernels, block.Running)
		n.cells = &ops.Builder{Batch: n.batch, Work: block.NewWorkspace(kernels, n.statistics())}
	}
}

// statistics are what the cells' norms go by.
func (n *superGraph) statistics() block.Statistics {
	if !n.options.Training && n.track {
		return block.Running
	}
	return block.OfBatch
}

// norm returns a norm's state and its nodes: ones and zeros if it has no weights.
func (n *superGraph) norm(prefix string, channels int) (block.Norm, []*gorgonia.Node) {
	state := block.Norm{
		RunningMean: n.tensors.statistics[prefix+".running_mean"],
		RunningVar:  n.tensors.statistics[prefix+".running_var"],
		Batches:     n.tensors.batches[prefix+".num_batches_tracked"],
	}
	if w := n.nodes[prefix+".weight"]; w != nil {
		return state, []*gorgonia.Node{w, n.nodes[prefix+".bias"]}
	}
	pair, ok := n.constants[channels]
	if !ok {
		for i, numbers := range [][]float32{slices.Repeat([]float32{1}, channels), make([]float32, channels)} {
			pair[i] = gorgonia.NewVector(n.Graph, tensor.Float32, gorgonia.WithShape(channels), gorgonia.WithName(fmt.Sprintf("constant%d.%d", i, channels)),
				gorgonia.WithValue(tensor.New(tensor.WithShape(channels), tensor.WithBacking(numbers))))
		}
		n.constants[channels] = pair
	}
	return state, pair[:]
}

// convNorm returns a convolution's state and the nodes of its parameters; ran tells
// whether a pass ran it.
func (n *superGraph) convNorm(conv, norm string, channels int, ran func() bool) (block.ConvNorm, []*gorgonia.Node) {
	state, nodes := n.norm(norm, channels)
	if _, biased := n.tensors.learnables[conv+".bias"]; biased && state.RunningMean != nil {
		b := biasBeforeNorm{bias: n.tensors.floats(conv + ".bias"), mean: state.RunningMean, ran: ran}
		if !n.options.Training {
			b.evaluated = make([]float32, channels)
			state.RunningMean = b.evaluated
		}
		n.biases = append(n.biases, b)
	}
	return block.ConvNorm{Norm: state}, append([]*gorgonia.Node{n.nodes[conv+".weight"]}, nodes...)
}

func everyPass() bool { return true }

func (n *superGraph) reduction(b cell.Block, x *gorgonia.Node, side int) (*gorgonia.Node, error) {
	stateA, nodes := n.convNorm(b.Name+".conv_a.op.1", b.Name+".conv_a.op.2", b.Out, everyPass)
	stateB, more := n.convNorm(b.Name+".conv_b.op.1", b.Name+".conv_b.op.2", b.Out, everyPass)
	nodes = append(append(nodes, more...), n.nodes[b.Name+".downsample.1.weight"])
	return n.always.Reduction(b.Name, x, side, block.Widths{In: b.In, Out: b.Out}, block.ReductionParams{A: stateA, B: stateB}, nodes...)
}

func (n *superGraph) head(b cell.Block, x *gorgonia.Node, side int) (*gorgonia.Node, error) {
	state, nodes := n.norm(b.Name+".0", b.Out)
	return n.cells.Head(b.Name, x, side, b.Out, state, nodes...)
}

func (n *superGraph) classifier(b cell.Block, x *gorgonia.Node) (*gorgonia.Node, error) {
	return n.always.Linear("logits", x, n.nodes[b.Name+".weight"], n.nodes[b.Name+".bias"])
}

// finish adds the loss and, in training, its gradient.
func (n *superGraph) finish(logits *gorgonia.Node) (err error) {
	n.Logits = logits
	if n.Loss, err = n.always.CrossEntropy("loss", logits, n.labelled, 0); err != nil {
		return err
	}
	if !n.options.Training {
		n.vm = gorgonia.NewTapeMachine(n.Graph)
		return nil
	}
	if _, err := gorgonia.Grad(n.Loss, n.learnables...); err != nil {
		return fmt.Errorf("differentiating: %w", err)
	}
	n.vm = gorgonia.NewTapeMachine(n.Graph, gorgonia.BindDualValues(n.learnables...))
	return nil
}

// setBatch takes images (NCHW, normalized) and their labels.
func (n *superGraph) setBatch(images []float32, labels []int) error {
	size := 3 * n.options.Side * n.options.Side
	count := len(images) / size
	if len(images)%size != 0 || len(labels) != count {
		return fmt.Errorf("a batch of %d numbers and %d labels: an image has 3x%dx%d", len(images), len(labels), n.options.Side, n.options.Side)
	}
	if err := n.batch.Use(count); err != nil {
		return err
	}
	if count*n.options.Side*n.options.Side/16 < 2 {
		return fmt.Errorf("%d image of side %d: batch norm by the batch needs more than one value a channel", count, n.options.Side)
	}
	copy(n.images, images)
	clear(n.labels)
	copy(n.labels, labels)
	return nil
}

// run computes a batch that is set, with gradients of weights, of what mixes or
// narrows, both or none.
func (n *superGraph) run(weights, others bool) (loss float64, logits []float32, err error) {
	if (weights || others) && !n.options.Training {
		return 0, nil, fmt.Errorf("gradients of a graph that was built without")
	}
	for _, node := range n.learnables {
		if err := zero(node); err != nil {
			return 0, nil, err
		}
	}
	n.always.Work.InputsOnly = !weights
	n.batch.ForwardOnly(!weights && !others)
	for _, b := range n.biases {
		for i := range b.evaluated {
			b.evaluated[i] = b.mean[i] - b.bias[i]
		}
	}
	err = n.vm.RunAll()
	n.vm.Reset()
	if err != nil {
		return 0, nil, err
	}
	for _, b := range n.biases {
		if b.evaluated == nil && b.ran() {
			for i, v := range b.bias {
				b.mean[i] += block.Momentum * v
			}
		}
	}
	value, ok := n.Loss.Value().Data().(float32)
	all, same := n.Logits.Value().Data().([]float32)
	if !ok || !same {
		return 0, nil, fmt.Errorf("loss and logits are no float32 tensors")
	}
	return float64(value), all[:n.batch.N()*n.classes], nil
}

// Gradient returns the gradient of a weight by the last pass that computed them, in
// place. Those of biases before a norm are zero.
func (n *superGraph) Gradient(name string) ([]float32, error) {
	node, ok := n.nodes[name]
	if !ok {
		if t, ok := n.tensors.learnables[name]; ok {
			return make([]float32, t.Shape().TotalSize()), nil
		}
		return nil, fmt.Errorf("the supernet has no weight %s", name)
	}
	grad, err := node.Grad()
	if err != nil {
		return nil, err
	}
	numbers, ok := grad.Data().([]float32)
	if !ok {
		return nil, fmt.Errorf("the gradient of %s is a %v, want a float32 tensor", name, grad.Dtype())
	}
	return numbers, nil
}

// Close frees what the runs need.
func (n *superGraph) Close() error { return n.vm.Close() }
