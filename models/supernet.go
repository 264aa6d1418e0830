package models

import (
	"fmt"
	"iter"
	"slices"

	"cellnet/cell"
	"cellnet/cell/supernet"
	"cellnet/internal/block"
	"cellnet/internal/kernel"
	"cellnet/internal/mt19937"
	"cellnet/weights"

	"gorgonia.org/gorgonia"
)

// superTensors are the tensors of a supernet, with architecture parameters.
type superTensors struct {
	tensorSet
	space superSpace
}

// superSpace describes a supernet.
type superSpace interface {
	Validate() error
	Tensors() iter.Seq[cell.Tensor]
}

// newSuperTensors allocates zeros.
func newSuperTensors(s superSpace) (superTensors, error) {
	if err := s.Validate(); err != nil {
		return superTensors{}, err
	}
	var numbers float64
	for t := range s.Tensors() {
		numbers += float64(t.Len())
	}
	if err := require("a supernet's parameters", floatSize*numbers); err != nil {
		return superTensors{}, err
	}
	return superTensors{newTensors(s.Tensors()), s}, nil
}

// fits returns an error unless a state dict is one of a supernet, strictly.
func fits(space superSpace, s *weights.StateDict) error {
	if err := space.Validate(); err != nil {
		return err
	}
	return checkTensors(space.Tensors(), s)
}

// Load copies a state dict into the parameters, strictly; see [FromStateDict]. On an
// error the parameters are unchanged.
func (p *superTensors) Load(s *weights.StateDict) error {
	if err := fits(p.space, s); err != nil {
		return err
	}
	return p.copyFrom(s)
}

// Numbers returns a float32 tensor of the state dict in place, nil if there is none of
// that name.
func (p *superTensors) Numbers(name string) []float32 {
	if _, ok := p.learnables[name]; ok || p.statistics[name] != nil {
		return p.floats(name)
	}
	return nil
}

// Weights yields the names of the tensors that are trained by their gradients, the
// architecture parameters aside, in PyTorch's order.
func (p *superTensors) Weights() iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, t := range p.list {
			if t.Kind.Learnable() && t.Kind != cell.Architecture && !yield(t.Name) {
				return
			}
		}
	}
}

// drawArchitecture draws 0.001 times normal numbers.
func (p *superTensors) drawArchitecture(name string, random *mt19937.Source) {
	a := p.floats(name)
	random.Normals(a)
	for i := range a {
		a[i] *= 1e-3
	}
}

// SupernetParameters are the tensors of a supernet of the topology space. Supernets
// made on them read and move them in place.
type SupernetParameters struct {
	topology supernet.Topology
	superTensors
}

// Topology tells which supernet the parameters belong to.
func (p *SupernetParameters) Topology() supernet.Topology { return p.topology }

func newSupernetParameters(t supernet.Topology) (*SupernetParameters, error) {
	tensors, err := newSuperTensors(t)
	if err != nil {
		return nil, err
	}
	return &SupernetParameters{t, tensors}, nil
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
	p.drawArchitecture(supernet.Architecture, random)
}

// SupernetFromStateDict makes parameters of a state dict's copy, strictly.
func SupernetFromStateDict(t supernet.Topology, s *weights.StateDict) (*SupernetParameters, error) {
	if err := fits(t, s); err != nil { // before memory is taken for it
		return nil, err
	}
	p, err := newSupernetParameters(t)
	if err != nil {
		return nil, err
	}
	return p, p.copyFrom(s)
}

// Supernet is a graph on the parameters of a supernet of the topology space. What
// runs of it is said for every pass. It is not safe for concurrent use.
type Supernet struct {
	*superGraph
	params  *SupernetParameters
	mixed   []superCell
	drops   []*block.PerImage
	mixture Mixture // of the last pass
}

// superCell is a cell of a supernet.
type superCell struct {
	*block.Mixed
	convs []cell.Link // the convolutions, in the order of the block's parameters
	names []string    // what their tensors' names begin with
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
	t := params.topology
	edges := len(t.Edges())
	beside := besideSuper(&params.tensorSet, t.Blocks(), 2*edges+t.Nodes, o) // two convolutions on each edge
	g, err := newSuperGraph(&params.tensorSet, t.Classes, t.Affine, t.Track, o, beside)
	if err == nil {
		n := &Supernet{superGraph: g, params: params}
		if err = n.build(); err == nil {
			return n, nil
		}
	}
	return nil, fmt.Errorf("building a supernet: %w", err)
}

// build adds the blocks.
func (n *Supernet) build() error {
	shared, x := block.NewArena(), n.input
	for b := range n.params.topology.Blocks() {
		var err error
		side := n.options.Side / b.Scale
		switch b.Kind {
		case cell.Stem:
			state, nodes := n.convNorm(b.Name+".0", b.Name+".1", b.Out, everyPass)
			x, err = n.always.Stem(b.Name, x, side, b.Out, state, nodes...)
		case cell.CellBlock:
			memory := shared
			if n.options.Training {
				memory = block.NewArena()
			}
			x, err = n.cell(b, x, side, memory)
		case cell.Reduction:
			x, err = n.reduction(b, x, side)
		case cell.LastNorm:
			x, err = n.head(b, x, side)
		case cell.Classifier:
			x, err = n.classifier(b, x)
		}
		if err == nil && n.options.Training && (b.Kind == cell.CellBlock || b.Kind == cell.Reduction) {
			out := side / b.Stride
			drop := block.NewPerImage(n.always.Work, out*out*kernel.Pad(b.Out))
			n.drops = append(n.drops, drop)
			x, err = n.always.PerImage(b.Name+".drop", x, drop, out, b.Out)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", b.Name, err)
		}
	}
	return n.finish(x)
}

func (n *Supernet) cell(next cell.Block, x *gorgonia.Node, side int, memory *block.Arena) (*gorgonia.Node, error) {
	t, number := n.params.topology, len(n.mixed)
	var c superCell
	var states []block.ConvNorm
	var nodes []*gorgonia.Node
	for _, e := range t.Edges() {
		for _, op := range cell.Ops() {
			if !op.Learnable() {
				continue
			}
			e.Op = op
			name := supernet.OperationName(next.Name, e)
			state, more := n.convNorm(name+".1", name+".2", next.Out, func() bool { return n.ran(n.mixture, number, e) })
			if !t.Affine { // ones and zeros are no inputs of the block
				state.Weight, state.Bias = slices.Repeat([]float32{1}, next.Out), make([]float32, next.Out)
				more = more[:1]
			}
			c.convs, c.names = append(c.convs, e), append(c.names, name)
			states, nodes = append(states, state), append(nodes, more...)
		}
	}
	c.Mixed = block.NewMixed(n.cells.Work, n.statistics(), t.Nodes, side, next.Out, n.options.Capacity, states, memory, number)
	c.Plain = !t.Affine && !t.Track
	n.mixed = append(n.mixed, c)
	return n.cells.Mixed(next.Name, x, c.Mixed, side, next.Out, t.Affine, nodes...)
}

// ran tells whether an operation of a cell runs in a mixture.
func (n *Supernet) ran(m Mixture, number int, e cell.Link) bool {
	return len(m.Ops) == 0 || m.Ops[number%len(m.Ops)][n.edge(e)] == e.Op
}

// edge is the number of an edge.
func (n *Supernet) edge(e cell.Link) int { return e.To*(e.To-1)/2 + e.From }

// Run computes a pass: the loss of images (NCHW, normalized) by their labels and,
// in training, the wanted gradients.
func (n *Supernet) Run(images []float32, labels []int, m Mixture, w Wanted) (Pass, error) {
	err := n.setBatch(images, labels)
	if err == nil {
		err = n.mix(m, w)
	}
	var p Pass
	if err == nil {
		p.Loss, p.Logits, err = n.run(w.Weights, w.Factors)
	}
	if err != nil {
		return Pass{}, fmt.Errorf("running a supernet: %w", err)
	}
	if w.Factors {
		n.addFactors(&p)
	}
	return p, nil
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
	if len(m.Ops) > 1 && len(m.Ops) != len(n.mixed) {
		return fmt.Errorf("operations of %d cells, the network has %d", len(m.Ops), len(n.mixed))
	}
	for i, c := range n.mixed {
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
	n.mixture = m
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

// Reached yields the names of the weights that a backward pass of a mixture reaches:
// PyTorch's optimizers leave those alone that none has reached yet.
func (n *Supernet) Reached(m Mixture) iter.Seq[string] {
	return func(yield func(string) bool) {
		idle := map[string]bool{}
		for i, c := range n.mixed {
			for j, e := range c.convs {
				if !n.ran(m, i, e) {
					for _, tensor := range []string{".1.weight", ".1.bias", ".2.weight", ".2.bias"} {
						idle[c.names[j]+tensor] = true
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

// addFactors adds up the gradients of the factors over the cells.
func (n *Supernet) addFactors(p *Pass) {
	edges, all := n.params.topology.Edges(), len(cell.Ops())
	p.Factors, p.Sums = make([][]float64, len(edges)), make([]float64, len(edges))
	for e := range edges {
		p.Factors[e] = make([]float64, all)
	}
	for _, c := range n.mixed {
		of, nodes := c.OfFactors(), c.OfNodes()
		for e, edge := range edges {
			for o := range all {
				p.Factors[e][o] += of[e*all+o]
			}
			p.Sums[e] += nodes[edge.To]
		}
	}
}

// Parameters returns the parameters that the supernet was built on.
func (n *Supernet) Parameters() *SupernetParameters { return n.params }
