package models

import (
	"errors"
	"fmt"
	"iter"

	"cellnet/cell"
	"cellnet/cell/supernet"
	"cellnet/internal/block"
	"cellnet/internal/kernel"
	"cellnet/internal/mt19937"
	"cellnet/weights"

	"gorgonia.org/gorgonia"
)

// SizeSupernetParameters are the tensors of a supernet of the size space. Supernets
// made on them read and move them in place.
type SizeSupernetParameters struct {
	size supernet.Size
	superTensors
}

// Size tells which supernet the parameters belong to.
func (p *SizeSupernetParameters) Size() supernet.Size { return p.size }

func newSizeSupernetParameters(s supernet.Size) (*SizeSupernetParameters, error) {
	t, err := newSuperTensors(s)
	if err != nil {
		return nil, err
	}
	p := &SizeSupernetParameters{s, t}
	masks := p.floats(supernet.Masks)
	for k, width := range s.Candidates {
		for c := range width {
			masks[k*s.Widest()+c] = 1
		}
	}
	return p, nil
}

// InitializeSizeSupernet makes parameters as PyTorch does on the CPU after
// torch.manual_seed(seed): weights bit for bit, the architecture parameters, which are
// drawn last, to the last bits of its logarithm and cosine. random is left where
// PyTorch's generator stands.
func InitializeSizeSupernet(s supernet.Size, seed uint32) (p *SizeSupernetParameters, random *mt19937.Source, err error) {
	if p, err = newSizeSupernetParameters(s); err != nil {
		return nil, nil, fmt.Errorf("initializing a supernet: %w", err)
	}
	random = mt19937.New(seed)
	p.draw(s.Weights(), random)
	p.drawArchitecture(supernet.SizeArchitecture, random)
	return p, random, nil
}

// SizeSupernetFromStateDict makes parameters of a state dict's copy, strictly.
func SizeSupernetFromStateDict(s supernet.Size, state *weights.StateDict) (*SizeSupernetParameters, error) {
	if err := fits(s, state); err != nil {
		return nil, err
	}
	p, err := newSizeSupernetParameters(s)
	if err != nil {
		return nil, err
	}
	return p, p.copyFrom(state)
}

// SizeSupernet is a graph on the parameters of a supernet of the size space. What its
// layers are narrowed to is said for every pass. It is not safe for concurrent use.
type SizeSupernet struct {
	*superGraph
	params  *SizeSupernetParameters
	narrows []*block.Narrow
}

// Stretch takes the first From channels of a layer for more: channel j of To is the
// mean of channels floor(j*From/To) to ceil((j+1)*From/To)-1, times Factor.
type Stretch struct {
	From   int
	Factor float32
}

// Narrowing says what a layer of a supernet of the size space gives out: its channels
// times numbers, or the sum of stretches to To channels, all others being zero.
type Narrowing struct {
	Channels  []float32
	Stretches []Stretch
	To        int
}

// NarrowedPass is what a pass computed. It is valid until the next one.
type NarrowedPass struct {
	Loss   float64
	Logits []float32 // [images][classes]
	// Factors are the gradients of each layer's numbers: of its channels, or of its
	// stretches.
	Factors [][]float64
}

// NewSizeSupernet builds the graph of a supernet on its parameters.
func NewSizeSupernet(params *SizeSupernetParameters, o SupernetOptions) (*SizeSupernet, error) {
	s := params.size
	values := cell.SizeCell().NumNodes()
	for range cell.SizeCell().Edges() {
		values++
	}
	beside := besideSuper(&params.tensorSet, s.Blocks(), values, o)
	g, err := newSuperGraph(&params.tensorSet, s.Classes, s.Affine, s.Track, o, beside)
	if err == nil {
		n := &SizeSupernet{superGraph: g, params: params}
		if err = n.build(); err == nil {
			return n, nil
		}
	}
	return nil, fmt.Errorf("building a supernet: %w", err)
}

// build adds the blocks.
func (n *SizeSupernet) build() error {
	x := n.input
	for b := range n.params.size.Blocks() {
		var err error
		side := n.options.Side / b.Scale
		switch b.Kind {
		case cell.Stem:
			state, nodes := n.convNorm(b.Name+".0", b.Name+".1", b.Out, everyPass)
			x, err = n.cells.Stem(b.Name, x, side, b.Out, state, nodes...)
		case cell.CellBlock:
			x, err = n.cell(b, x, side)
		case cell.Reduction:
			x, err = n.reduction(b, x, side)
		case cell.LastNorm:
			x, err = n.head(b, x, side)
		case cell.Classifier:
			x, err = n.classifier(b, x)
		}
		if err == nil && b.Kind <= cell.Reduction {
			out := side / b.Stride
			narrow := block.NewNarrow(n.cells.Work, out*out, b.Out, kernel.Pad(b.Out))
			n.narrows = append(n.narrows, narrow)
			x, err = n.cells.Narrow(b.Name+".narrow", x, narrow, out, b.Out)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", b.Name, err)
		}
	}
	return n.finish(x)
}

func (n *SizeSupernet) cell(next cell.Block, x *gorgonia.Node, side int) (*gorgonia.Node, error) {
	c := cell.SizeCell()
	var states []block.ConvNorm
	var nodes []*gorgonia.Node
	for i, e := range c.Edges() {
		if e.Op.Learnable() {
			name := fmt.Sprintf("%s.layers.%d.op", next.Name, i)
			state, more := n.convNorm(name+".1", name+".2", next.Out, everyPass)
			states, nodes = append(states, state), append(nodes, more...)
		}
	}
	return n.cells.Cell(next.Name, x, c, side, block.Widths{In: next.In, Out: next.Out}, states, nodes...)
}

// Run computes a pass: the loss of images (NCHW, normalized) by their labels and,
// in training, the wanted gradients. layers has a narrowing for the stem and for each
// cell and residual block.
func (n *SizeSupernet) Run(images []float32, labels []int, layers []Narrowing, w Wanted) (NarrowedPass, error) {
	err := n.setBatch(images, labels)
	if err == nil {
		err = n.narrow(layers)
	}
	var p NarrowedPass
	if err == nil {
		p.Loss, p.Logits, err = n.run(w.Weights, w.Factors)
	}
	if err != nil {
		return NarrowedPass{}, fmt.Errorf("running a supernet: %w", err)
	}
	if w.Factors {
		for _, narrow := range n.narrows {
			p.Factors = append(p.Factors, narrow.OfFactors(n.batch.N()))
		}
	}
	return p, nil
}

// narrow tells the blocks what they give out.
func (n *SizeSupernet) narrow(layers []Narrowing) error {
	widest := n.params.size.Widest()
	if len(layers) != len(n.narrows) {
		return fmt.Errorf("narrowings of %d layers, the network has %d", len(layers), len(n.narrows))
	}
	for i, l := range layers {
		b := n.narrows[i]
		b.Channels, b.To, b.Stretches = l.Channels, l.To, nil
		if len(l.Stretches) == 0 {
			if len(l.Channels) != widest {
				return fmt.Errorf("layer %d: factors of %d channels, there are %d", i, len(l.Channels), widest)
			}
			continue
		}
		if l.To < 1 || l.To > widest {
			return fmt.Errorf("layer %d: stretching to %d channels, want 1 to %d", i, l.To, widest)
		}
		for _, s := range l.Stretches {
			if s.From < 1 || s.From > l.To {
				return errors.New("stretching to fewer channels")
			}
			b.Stretches = append(b.Stretches, block.Stretch(s))
		}
	}
	return nil
}

// Reached yields the names of the weights that backward passes reach: all.
func (n *SizeSupernet) Reached() iter.Seq[string] { return n.params.Weights() }

// Parameters returns the parameters that the supernet was built on.
func (n *SizeSupernet) Parameters() *SizeSupernetParameters { return n.params }
