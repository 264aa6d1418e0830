package train

import (
	"fmt"
	"slices"

	"cellnet/weights"

	"gorgonia.org/gorgonia"
)

// Optimizer changes parameters by their gradients. Step sets the gradients to
// zero, since Gorgonia adds to them at every run.
type Optimizer interface {
	gorgonia.Solver
	// SetRate sets the learning rate of the steps to come.
	SetRate(rate float64)
	// State copies what the optimizer remembers of earlier steps, named as
	// PARAMETER.momentum_buffer and so on. It is empty before the first step.
	State() *weights.StateDict
	// LoadState has the optimizer go on from a copy of a state. The steps to
	// come must be on the parameters that the state was made for.
	LoadState(*weights.StateDict) error
}

// Parameter is a learnable tensor with its gradient, both in place.
type Parameter struct {
	Name              string
	Shape             []int
	Numbers, Gradient []float32 // as many as Shape has
}

func parameterOf(model gorgonia.ValueGrad) (Parameter, error) {
	named, ok := model.(gorgonia.Namer)
	if !ok {
		return Parameter{}, fmt.Errorf("optimizing: a %T has no name", model)
	}
	p := Parameter{Name: named.Name(), Shape: slices.Clone(model.Value().Shape())}
	if p.Numbers, ok = model.Value().Data().([]float32); !ok {
		return p, fmt.Errorf("optimizing %s: it is a %v, want a float32 tensor", p.Name, model.Value().Dtype())
	}
	grad, err := model.Grad()
	if err != nil {
		return p, fmt.Errorf("optimizing %s: %w", p.Name, err)
	}
	if p.Gradient, ok = grad.Data().([]float32); !ok || len(p.Gradient) != len(p.Numbers) {
		return p, fmt.Errorf("optimizing %s: its gradient is a %v of %v, want a float32 tensor of %v",
			p.Name, grad.Dtype(), grad.Shape(), p.Shape)
	}
	return p, nil
}

// memory is what an optimizer remembers: for each parameter a tensor of its
// shape for each of some purposes.
type memory struct {
	names   []string // of the tensors, in the order of their first use
	tensors map[string]remembered
}

type remembered struct {
	shape   []int
	numbers []float32
}

// of returns the tensor of a parameter for a purpose. It starts as zeros.
func (m *memory) of(p Parameter, purpose string) ([]float32, error) {
	name := p.Name + "." + purpose
	if t, ok := m.tensors[name]; ok {
		if !slices.Equal(t.shape, p.Shape) {
			return nil, fmt.Errorf("optimizing %s: it is %v, its %s is %v", p.Name, p.Shape, purpose, t.shape)
		}
		return t.numbers, nil
	}
	t := remembered{p.Shape, make([]float32, len(p.Numbers))}
	m.set(name, t)
	return t.numbers, nil
}

// buffer is what is remembered of a parameter for a purpose, nil before its first
// step.
func (m *memory) buffer(name, purpose string) []float32 { return m.tensors[name+"."+purpose].numbers }

func (m *memory) set(name string, t remembered) {
	if m.tensors == nil {
		m.tensors = map[string]remembered{}
	}
	m.names = append(m.names, name)
	m.tensors[name] = t
}

// State copies the tensors.
func (m *memory) State() *weights.StateDict {
	s := new(weights.StateDict)
	for _, name := range m.names {
		s.Set(name, weights.NewFloat32(m.tensors[name].shape, m.tensors[name].numbers))
	}
	return s
}

// LoadState copies the tensors of s.
func (m *memory) LoadState(s *weights.StateDict) error {
	var loaded memory
	for name, t := range s.All() {
		numbers, err := t.Float32s()
		if err != nil {
			return fmt.Errorf("loading an optimizer's state: tensor %s: %w", name, err)
		}
		loaded.set(name, remembered{t.Shape, numbers})
	}
	*m = loaded
	return nil
}
