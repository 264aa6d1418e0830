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

// parameter is a learnable tensor with its gradient, in place.
type parameter struct {
	name          string
	shape         []int
	numbers, grad []float32
}

func parameterOf(model gorgonia.ValueGrad) (parameter, error) {
	named, ok := model.(gorgonia.Namer)
	if !ok {
		return parameter{}, fmt.Errorf("optimizing: a %T has no name", model)
	}
	p := parameter{name: named.Name(), shape: slices.Clone(model.Value().Shape())}
	if p.numbers, ok = model.Value().Data().([]float32); !ok {
		return p, fmt.Errorf("optimizing %s: it is a %v, want a float32 tensor", p.name, model.Value().Dtype())
	}
	grad, err := model.Grad()
	if err != nil {
		return p, fmt.Errorf("optimizing %s: %w", p.name, err)
	}
	if p.grad, ok = grad.Data().([]float32); !ok || len(p.grad) != len(p.numbers) {
		return p, fmt.Errorf("optimizing %s: its gradient is a %v of %v, want a float32 tensor of %v",
			p.name, grad.Dtype(), grad.Shape(), p.shape)
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
func (m *memory) of(p parameter, purpose string) ([]float32, error) {
	name := p.name + "." + purpose
	if t, ok := m.tensors[name]; ok {
		if !slices.Equal(t.shape, p.shape) {
			return nil, fmt.Errorf("optimizing %s: it is %v, its %s is %v", p.name, p.shape, purpose, t.shape)
		}
		return t.numbers, nil
	}
	t := remembered{p.shape, make([]float32, len(p.numbers))}
	m.set(name, t)
	return t.numbers, nil
}

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
