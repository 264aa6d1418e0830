package models

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"cellnet/cell"
	"cellnet/cell/supernet"
	"cellnet/internal/block"
	"cellnet/internal/kernel"
	"cellnet/internal/mt19937"
	"cellnet/internal/ops"
	"cellnet/weights"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// SupernetParameters are the tensors of a supernet. Supernets made on them read and
// move them in place.
type SupernetParameters struct {
	topology supernet.Topology
	tensorSet
}

// Topology tells which supernet the parameters belong to.
func (p *SupernetParameters) Topology() supernet.Topology { return p.topology }

// Numbers returns a float32 tensor of the state dict in place, nil if there is none of
// that name.
func (p *SupernetParameters) Numbers(name string) []float32 {
	if _, ok := p.learnables[name]; ok || p.statistics[name] != nil {
		return p.floats(name)
	}
	return nil
}

// Weights yields the names of the tensors that are trained by their gradients, the
// architecture parameters aside, in PyTorch's order.
func (p *SupernetParameters) Weights() iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, t := range p.list {
			if t.Kind.Learnable() && t.Kind != cell.Architecture && !yield(t.Name) {
				return
			}
		}
	}
}

func newSupernetParameters(t supernet.Topology) (*SupernetParameters, error) {
	if err := t.Validate(); err != nil {
		return nil, err
	}
	var numbers float64
	for t := range t.Tensors() {
		numbers += float64(t.Len())
	}
	if err := require("a supernet's parameters", floatSize*numbers); err != nil {
		return nil, err
	}
	return &SupernetParameters{t, newTensors(t.Tensors())}, nil
}

// InitializeSupernet makes parameters as PyTorch does on the CPU after
// torch.manual_seed(seed): weights bit for bit, the architecture parameters to the
// last bits of its logarithm and cosine. random, which is left where PyTorch's
// generator stands after the weights, draws what comes next: see
// [SupernetParameters.DrawArchitecture].
func InitializeSupernet(t supernet.Topology, seed uint32) (p *SupernetParameters, random *mt19937.Source, err error) {
	if p, err = newSupernetParameters(t); err != nil {
		return nil, nil, fmt.Errorf("initializing a supernet: %w", err)
	}
	random = mt19937.New(seed)
	p.draw(t.Weights(), random)
	return p, random, nil
}

// DrawArchitecture draws the architecture parameters, 0.001 times normal numbers.
// The published program does that twice, but for a supernet with a controller.
func (p *SupernetParameters) DrawArchitecture(random *mt19937.Source) {
	a := p.floats(supernet.Architecture)
	random.Normals(a)
	for i := range a {
		a[i] *= 1e-3
	}
}

// SupernetFromStateDict makes parameters of a state dict's copy, strictly.
func SupernetFromStateDict(t supernet.Topology, s *weights.StateDict) (*SupernetParameters, error) {
	if err := t.Validate(); err != nil {
		return nil, err
	}
	if err := checkTensors(t.Tensors(), s); err != nil {
		return nil, err
	}
	p, err := newSupernetParameters(t)
	if err != nil {
		return nil, err
	}
	return p, p.copyFrom(s)
}

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

// Supernet is a graph on the parameters of a supernet. What runs of it is said for
// every pass. It is not safe for concurrent use.
type Supernet struct {
	Graph  *gorgonia.ExprGraph
	Logits *gorgonia.Node // [capacity, classes]
	Loss   *gorgonia.Node // scalar, the mean over the images in use

	params     *SupernetParameters
	options    SupernetOptions
	batch      *ops.Batch
	input      *gorgonia.Node
	labelled   *gorgonia.Node
	images     []float32
	labels     []int
	nodes      map[string]*gorgonia.Node
	constants  map[int][2]*gorgonia.Node // ones and zeros of so many channels
	learnables gorgonia.Nodes
	works      []*block.Workspace
	cells      []*superCell
	drops      []*block.PerImage
	vm         gorgonia.VM
	pass       Pass
}

// superCell is a cell of a supernet.
type superCell struct {
	*block.Mixed
	// tracked are the running means, less the biases of the convolutions before
	// them, that evaluation goes by; nil without running statistics.
	tracked [][]float32
	convs   []string // prefixes of the convolutions and of their norms
	norms   []string
}

// Mixture says what the edges of a supernet's cells compute in a pass. Edges and
// operations are counted as the architecture parameters count them.
type Mixture struct {
	// Ops are the operation that runs on each edge: one row for all cells, or one for
	// each. Nil: all run.
	Ops [][]cell.Op
	// Factors are what the operations of each edge are multiplied by, nil for ones.
	Factors [][]float32
	// Drop is what the images are multiplied by after each cell and residual block,
	// nil for ones. It is of training only.
	Drop [][]float32
}

// Wanted says which gradients a pass computes.
type Wanted struct{ Weights, Factors bool }

// Pass is what a pass computed. It is valid until the next one.
type Pass struct {
	Loss   float64
	Logits []float32 // [images][classes]
	// Factors are the gradients of the factors, added up over the cells: of each
	// edge and operation. They are zero for operations that did not run.
	Factors [][]float64
	// Sums are those of the gradients of the node that each edge leads to, over
	// images, channels and pixels, added up over the cells.
	Sums []float64
}

// NewSupernet builds the graph of a supernet on its parameters.
func NewSupernet(params *SupernetParameters, o SupernetOptions) (*Supernet, error) {
	n, err := newSupernet(params, o)
	if err != nil {
		return nil, fmt.Errorf("building a supernet: %w", err)
	}
	return n, nil
}

func newSupernet(params *SupernetParameters, o SupernetOptions) (*Supernet, error) {
	if o.Capacity < 1 {
		return nil, fmt.Errorf("a capacity of %d images: the network needs 1 or more", o.Capacity)
	}
	if o.Side < 4 || o.Side%4 != 0 {
		return nil, fmt.Errorf("images of side %d: the network needs a multiple of 4", o.Side)
	}
	kernels, err := o.Kernels.kernels()
	if err != nil {
		return nil, err
	}
	n := &Supernet{
		Graph: gorgonia.NewGraph(gorgonia.WithGraphName("supernet")), params: params, options: o, batch: ops.NewBatch(o.Capacity),
		images: make([]float32, o.Capacity*3*o.Side*o.Side), labels: make([]int, o.Capacity),
		nodes: map[string]*gorgonia.Node{}, constants: map[int][2]*gorgonia.Node{},
	}
	n.inputs()
	if err := n.build(kernels); err != nil {
		return nil, err
	}
	if !o.Training {
		n.vm = gorgonia.NewTapeMachine(n.Graph)
		return n, nil
	}
	if _, err := gorgonia.Grad(n.Loss, n.learnables...); err != nil {
		return nil, fmt.Errorf("differentiating: %w", err)
	}
	n.vm = gorgonia.NewTapeMachine(n.Graph, gorgonia.BindDualValues(n.learnables...))
	return n, nil
}

// inputs adds the nodes of images, labels and weights. Biases before norms, which
// have no effect, are none of them.
func (n *Supernet) inputs() {
	capacity, side := n.options.Capacity, n.options.Side
	n.input = gorgonia.NewTensor(n.Graph, tensor.Float32, 4, gorgonia.WithShape(capacity, 3, side, side), gorgonia.WithName("input"),
		gorgonia.WithValue(tensor.New(tensor.WithShape(capacity, 3, side, side), tensor.WithBacking(n.images))))
	n.labelled = gorgonia.NewVector(n.Graph, tensor.Int, gorgonia.WithShape(capacity), gorgonia.WithName("labels"),
		gorgonia.WithValue(tensor.New(tensor.WithShape(capacity), tensor.WithBacking(n.labels))))
	for _, t := range n.params.list {
		if !t.Kind.Learnable() || t.Kind == cell.ConvBias || t.Kind == cell.Architecture {
			continue
		}
		node := gorgonia.NewTensor(n.Graph, tensor.Float32, len(t.Shape), gorgonia.WithShape(t.Shape...), gorgonia.WithName(t.Name),
			gorgonia.WithValue(n.params.learnables[t.Name]))
		n.nodes[t.Name] = node
		n.learnables = append(n.learnables, node)
	}
}

// norm returns a norm's state and its nodes: ones and zeros if it has no weights.
func (n *Supernet) norm(prefix string, channels int) (block.Norm, []*gorgonia.Node) {
	state := block.Norm{
		RunningMean: n.params.statistics[prefix+".running_mean"],
		RunningVar:  n.params.statistics[prefix+".running_var"],
		Batches:     n.params.batches[prefix+".num_batches_tracked"],
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

func (n *Supernet) convNorm(conv, norm string, channels int) (block.ConvNorm, []*gorgonia.Node) {
	state, nodes := n.norm(norm, channels)
	return block.ConvNorm{Norm: state}, append([]*gorgonia.Node{n.nodes[conv+".weight"]}, nodes...)
}

// build adds the blocks. In evaluation stem and residual blocks are folded, which
// cells that go by the batch can't be: these have a workspace of their own.
func (n *Supernet) build(kernels *kernel.Kernels) error {
	o, t := n.options, n.params.topology
	all := &ops.Builder{Batch: n.batch, Work: block.NewWorkspace(kernels, block.OfBatch), Gradients: o.Training}
	cells := all
	n.works = append(n.works, all.Work)
	statistics := block.OfBatch
	if !o.Training {
		if t.Track {
			statistics = block.Running
		}
		cells = &ops.Builder{Batch: n.batch, Work: block.NewWorkspace(kernels, statistics)}
		all.Work = block.NewWorkspace(kernels, block.Running)
	}
	shared := block.NewArena()
	x := n.input
	for b := range t.Blocks() {
		var err error
		side := o.Side / b.Scale
		switch b.Kind {
		case cell.Stem:
			state, nodes := n.convNorm(b.Name+".0", b.Name+".1", b.Out)
			x, err = all.Stem(b.Name, x, side, b.Out, state, nodes...)
		case cell.CellBlock:
			memory := shared
			if o.Training {
				memory = block.NewArena()
			}
			x, err = n.cell(cells, b, x, side, statistics, memory)
		case cell.Reduction:
			stateA, nodes := n.convNorm(b.Name+".conv_a.op.1", b.Name+".conv_a.op.2", b.Out)
			stateB, more := n.convNorm(b.Name+".conv_b.op.1", b.Name+".conv_b.op.2", b.Out)
			nodes = append(append(nodes, more...), n.nodes[b.Name+".downsample.1.weight"])
			x, err = all.Reduction(b.Name, x, side, block.Widths{In: b.In, Out: b.Out}, block.ReductionParams{A: stateA, B: stateB}, nodes...)
		case cell.LastNorm:
			state, nodes := n.norm(b.Name+".0", b.Out)
			x, err = cells.Head(b.Name, x, side, b.Out, state, nodes...)
		case cell.Classifier:
			x, err = all.Linear("logits", x, n.nodes[b.Name+".weight"], n.nodes[b.Name+".bias"])
		}
		if err == nil && o.Training && (b.Kind == cell.CellBlock || b.Kind == cell.Reduction) {
			out := side / b.Stride
			drop := block.NewPerImage(all.Work, out*out*kernel.Pad(b.Out))
			n.drops = append(n.drops, drop)
			x, err = all.PerImage(b.Name+".drop", x, drop, out, b.Out)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", b.Name, err)
		}
	}
	n.Logits = x
	var err error
	n.Loss, err = all.CrossEntropy("loss", n.Logits, n.labelled, 0)
	return err
}

func (n *Supernet) cell(b *ops.Builder, next cell.Block, x *gorgonia.Node, side int, s block.Statistics, memory *block.Arena) (*gorgonia.Node, error) {
	t := n.params.topology
	c := &superCell{}
	var states []block.ConvNorm
	var nodes []*gorgonia.Node
	for _, e := range t.Edges() {
		for _, op := range cell.Ops() {
			if !op.Learnable() {
				continue
			}
			e.Op = op
			name := supernet.OperationName(next.Name, e)
			state, more := n.convNorm(name+".1", name+".2", next.Out)
			if !t.Affine { // ones and zeros are no inputs of the block
				state.Weight, state.Bias = n.constantNumbers(next.Out)
				more = more[:1]
			}
			if s == block.Running {
				state.RunningMean = make([]float32, next.Out)
				c.tracked = append(c.tracked, state.RunningMean)
			}
			c.convs, c.norms = append(c.convs, name+".1"), append(c.norms, name+".2")
			states, nodes = append(states, state), append(nodes, more...)
		}
	}
	c.Mixed = block.NewMixed(b.Work, s, t.Nodes, side, next.Out, n.options.Capacity, states, memory, len(n.cells))
	n.cells = append(n.cells, c)
	return b.Mixed(next.Name, x, c.Mixed, side, next.Out, t.Affine, nodes...)
}

func (n *Supernet) constantNumbers(channels int) (ones, zeros []float32) {
	return slices.Repeat([]float32{1}, channels), make([]float32, channels)
}

// Run computes a pass: the loss of images (NCHW, normalized) by their labels and,
// in training, the wanted gradients.
func (n *Supernet) Run(images []float32, labels []int, m Mixture, w Wanted) (Pass, error) {
	p, err := n.run(images, labels, m, w)
	if err != nil {
		return Pass{}, fmt.Errorf("running a supernet: %w", err)
	}
	return p, nil
}

func (n *Supernet) run(images []float32, labels []int, m Mixture, w Wanted) (Pass, error) {
	if (w.Weights || w.Factors) && !n.options.Training {
		return Pass{}, fmt.Errorf("gradients of a graph that was built without")
	}
	if err := n.setBatch(images, labels); err != nil {
		return Pass{}, err
	}
	if err := n.mix(m, w); err != nil {
		return Pass{}, err
	}
	for _, node := range n.learnables {
		if err := zero(node); err != nil {
			return Pass{}, err
		}
	}
	for _, work := range n.works {
		work.InputsOnly = !w.Weights
	}
	n.batch.ForwardOnly(!w.Weights && !w.Factors)
	n.subtractBiases()
	err := n.vm.RunAll()
	n.vm.Reset()
	if err != nil {
		return Pass{}, err
	}
	n.trackBiases(m)
	return n.result(w)
}

func (n *Supernet) setBatch(images []float32, labels []int) error {
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

// mix tells the blocks what runs.
func (n *Supernet) mix(m Mixture, w Wanted) error {
	t := n.params.topology
	edges, all := t.Edges(), cell.Ops()
	var factors []float32
	if m.Factors != nil {
		if len(m.Factors) != len(edges) {
			return fmt.Errorf("factors of %d edges, the cells have %d", len(m.Factors), len(edges))
		}
		for _, row := range m.Factors {
			if len(row) != len(all) {
				return fmt.Errorf("factors of %d operations, edges have %d", len(row), len(all))
			}
			factors = append(factors, row...)
		}
	}
	if len(m.Ops) > 1 && len(m.Ops) != len(n.cells) {
		return fmt.Errorf("operations of %d cells, the network has %d", len(m.Ops), len(n.cells))
	}
	for i, c := range n.cells {
		var links []int
		switch len(m.Ops) {
		case 0:
			for link := range c.Links() {
				links = append(links, link)
			}
		default:
			row := m.Ops[i%len(m.Ops)]
			if len(row) != len(edges) {
				return fmt.Errorf("operations of %d edges, the cells have %d", len(row), len(edges))
			}
			for edge, op := range row {
				number := supernet.Number(op)
				if number < 0 {
					return fmt.Errorf("the operation %v is none of the search space", op)
				}
				links = append(links, edge*len(all)+number)
			}
		}
		if err := c.Run(links, factors, w.Factors); err != nil {
			return err
		}
	}
	if m.Drop != nil && len(m.Drop) != len(n.drops) {
		return fmt.Errorf("drop path of %d blocks, the network has %d in training", len(m.Drop), len(n.drops))
	}
	for i, d := range n.drops {
		d.Factors = nil
		if m.Drop != nil {
			d.Factors = m.Drop[i]
			if len(d.Factors) != n.batch.N() {
				return fmt.Errorf("drop path of %d images, the batch has %d", len(d.Factors), n.batch.N())
			}
		}
	}
	return nil
}

// subtractBiases sets the means that evaluation goes by: the biases, which the blocks
// leave out, only move them.
func (n *Supernet) subtractBiases() {
	for _, c := range n.cells {
		for i, mean := range c.tracked {
			copy(mean, n.params.statistics[c.norms[i]+".running_mean"])
			if bias := n.params.learnables[c.convs[i]+".bias"]; bias != nil {
				for j, b := range n.params.floats(c.convs[i] + ".bias") {
					mean[j] -= b
				}
			}
		}
	}
}

// trackBiases moves the running means of the convolutions that ran by their biases'
// share.
func (n *Supernet) trackBiases(m Mixture) {
	t := n.params.topology
	if !n.options.Training || !t.Track || t.Affine {
		return
	}
	for i, c := range n.cells {
		for conv, name := range c.convs {
			if n.runs(m, i, conv) {
				mean := n.params.statistics[c.norms[conv]+".running_mean"]
				for j, b := range n.params.floats(name + ".bias") {
					mean[j] += block.Momentum * b
				}
			}
		}
	}
}

// runs tells whether a convolution of a cell runs in a mixture.
func (n *Supernet) runs(m Mixture, number, conv int) bool {
	if len(m.Ops) == 0 {
		return true
	}
	row := m.Ops[number%len(m.Ops)]
	name := n.cells[number].convs[conv]
	for e, edge := range n.params.topology.Edges() {
		edge.Op = row[e]
		if edge.Op.Learnable() && strings.HasSuffix(name, supernet.OperationName("", edge)+".1") {
			return true
		}
	}
	return false
}

// Reached yields the names of the weights that a backward pass of a mixture reaches:
// PyTorch's optimizers leave those alone that none has reached yet.
func (n *Supernet) Reached(m Mixture) iter.Seq[string] {
	return func(yield func(string) bool) {
		idle := map[string]bool{}
		for i, c := range n.cells {
			for conv := range c.convs {
				if !n.runs(m, i, conv) {
					for _, suffix := range []string{".weight", ".bias"} {
						idle[c.convs[conv]+suffix], idle[c.norms[conv]+suffix] = true, true
					}
				}
			}
		}
		for name := range n.params.Weights() {
			if !idle[name] && !yield(name) {
				return
			}
		}
	}
}

// result reads what a run left.
func (n *Supernet) result(w Wanted) (Pass, error) {
	loss, ok := n.Loss.Value().Data().(float32)
	logits, same := n.Logits.Value().Data().([]float32)
	if !ok || !same {
		return Pass{}, fmt.Errorf("loss and logits are no float32 tensors")
	}
	p := Pass{Loss: float64(loss), Logits: logits[:n.batch.N()*n.params.topology.Classes]}
	if !w.Factors {
		return p, nil
	}
	edges, all := n.params.topology.Edges(), len(cell.Ops())
	p.Factors, p.Sums = make([][]float64, len(edges)), make([]float64, len(edges))
	for e := range edges {
		p.Factors[e] = make([]float64, all)
	}
	for _, c := range n.cells {
		of, nodes := c.OfFactors(), c.OfNodes()
		for e, edge := range edges {
			for o := range all {
				p.Factors[e][o] += of[e*all+o]
			}
			p.Sums[e] += nodes[edge.To]
		}
	}
	return p, nil
}

// Gradient returns the gradient of a weight by the last pass that computed them, in
// place. Those of biases before a norm are zero.
func (n *Supernet) Gradient(name string) ([]float32, error) {
	node, ok := n.nodes[name]
	if !ok {
		if numbers := n.params.Numbers(name); numbers != nil {
			return make([]float32, len(numbers)), nil
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

// Parameters returns the parameters that the supernet was built on.
func (n *Supernet) Parameters() *SupernetParameters { return n.params }

// Close frees what the runs need.
func (n *Supernet) Close() error { return n.vm.Close() }
