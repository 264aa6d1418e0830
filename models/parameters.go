package models

import (
	"fmt"
	"iter"
	"math"
	"slices"

	"cellnet/cell"
	"cellnet/cell/spec"
	"cellnet/internal/mt19937"

	"gorgonia.org/tensor"
)

// Parameters are the tensors of a network. Networks made on them read and move
// them in place.
type Parameters struct {
	network spec.Network
	tensorSet
}

// tensorSet is the tensors of a state dict.
type tensorSet struct {
	list       []cell.Tensor            // in PyTorch's order
	learnables map[string]*tensor.Dense // float32
	statistics map[string][]float32
	batches    map[string]*int64
}

// Network tells which network the parameters belong to.
func (p *Parameters) Network() spec.Network { return p.network }

// Tensors lists the tensors in PyTorch's order.
func (p *tensorSet) Tensors() []cell.Tensor { return p.list }

// Learnable returns a learnable tensor, nil if there is none of that name.
func (p *tensorSet) Learnable(name string) *tensor.Dense { return p.learnables[name] }

// Statistic returns the running mean or variance of that name, in place, nil if
// there is none.
func (p *Parameters) Statistic(name string) []float32 { return p.statistics[name] }

// Clone returns a copy.
func (p *Parameters) Clone() *Parameters {
	c := p.WithOwnStatistics()
	c.learnables = make(map[string]*tensor.Dense, len(p.learnables))
	for name, t := range p.learnables {
		numbers := slices.Clone(t.Data().([]float32))
		c.learnables[name] = tensor.New(tensor.WithShape(t.Shape()...), tensor.WithBacking(numbers))
	}
	return c
}

// WithOwnStatistics returns the same parameters with a copy of the running
// statistics, for passes that move them: the learnable tensors are shared.
func (p *Parameters) WithOwnStatistics() *Parameters {
	c := *p
	c.statistics, c.batches = make(map[string][]float32, len(p.statistics)), make(map[string]*int64, len(p.batches))
	for name, of := range p.statistics {
		c.statistics[name] = slices.Clone(of)
	}
	for name, number := range p.batches {
		own := *number
		c.batches[name] = &own
	}
	return &c
}

// newParameters allocates zeros.
func newParameters(n spec.Network) (*Parameters, error) {
	if err := n.Validate(); err != nil {
		return nil, err
	}
	if err := require("a network's parameters", floatSize*parametersOf(n)); err != nil {
		return nil, err
	}
	return &Parameters{n, newTensors(n.Tensors())}, nil
}

// newTensors allocates zeros.
func newTensors(list iter.Seq[cell.Tensor]) tensorSet {
	p := tensorSet{learnables: map[string]*tensor.Dense{}, statistics: map[string][]float32{}, batches: map[string]*int64{}}
	for e := range list {
		p.list = append(p.list, e)
		switch {
		case e.Kind.Learnable():
			p.learnables[e.Name] = tensor.New(tensor.WithShape(e.Shape...), tensor.WithBacking(make([]float32, e.Len())))
		case e.Kind == cell.Batches:
			p.batches[e.Name] = new(int64)
		default:
			p.statistics[e.Name] = make([]float32, e.Len())
		}
	}
	return p
}

// floats returns the numbers of a float32 entry, in place.
func (p *tensorSet) floats(name string) []float32 {
	if t, ok := p.learnables[name]; ok {
		return t.Data().([]float32)
	}
	return p.statistics[name]
}

// Initialize makes parameters as PyTorch does on the CPU after
// torch.manual_seed(seed), bit for bit: convolutions and the classifier uniform
// in +-1/sqrt(fan_in), norms one and zero.
func Initialize(n spec.Network, seed uint32) (*Parameters, error) {
	return InitializeBy(n, mt19937.New(seed))
}

// InitializeBy is [Initialize] from where a generator is.
func InitializeBy(n spec.Network, random *mt19937.Source) (*Parameters, error) {
	p, err := newParameters(n)
	if err != nil {
		return nil, fmt.Errorf("initializing a network: %w", err)
	}
	p.draw(n.Drawn(), random)
	return p, nil
}

// draw makes the numbers of tensors in the order in which PyTorch does.
func (p *tensorSet) draw(list iter.Seq[cell.Tensor], random *mt19937.Source) {
	fanIn := 0
	for e := range list {
		values := p.floats(e.Name)
		if e.Name == "" {
			values = make([]float32, e.Len()) // drawn and lost
		}
		switch e.Kind {
		case cell.ConvWeight, cell.LinearWeight:
			fanIn = e.Len() / e.Shape[0]
			// Kaiming's uniform with a = sqrt(5): gain sqrt(2/(1+5)), bound
			// sqrt(3)*gain/sqrt(fan_in), rounded as PyTorch's steps round it.
			std := math.Sqrt(2.0/(1+5)) / math.Sqrt(float64(fanIn))
			random.Uniforms(values, math.Sqrt(3)*std)
		case cell.LinearBias, cell.ConvBias:
			random.Uniforms(values, 1/math.Sqrt(float64(fanIn)))
		case cell.NormWeight, cell.RunningVar:
			for i := range values {
				values[i] = 1
			}
		}
	}
}
