package models

import (
	"fmt"

	"gorgonia.org/gorgonia"
)

// Stepper computes gradients: forward and backward through a network, as often
// as it is told. It is not safe for concurrent use.
type Stepper struct {
	net        *Network
	objective  *gorgonia.Node
	vm         gorgonia.VM
	learnables []gorgonia.ValueGrad
}

// NewStepper differentiates an objective, a scalar node of the network's graph
// such as its Loss, by the network's parameters, and by its images if the
// network was built with InputGradient. A graph can be differentiated once.
func NewStepper(net *Network, objective *gorgonia.Node) (*Stepper, error) {
	if !net.options.Gradients {
		return nil, fmt.Errorf("differentiating a network: it was built without gradients")
	}
	by := net.Learnables()
	if net.options.InputGradient {
		by = append(by[:len(by):len(by)], net.Input)
	}
	if _, err := gorgonia.Grad(objective, by...); err != nil {
		return nil, fmt.Errorf("differentiating a network: %w", err)
	}
	return &Stepper{
		net: net, objective: objective, vm: gorgonia.NewTapeMachine(net.Graph, gorgonia.BindDualValues(by...)),
		learnables: gorgonia.NodesToValueGrads(net.dependents()),
	}, nil
}

// Run computes the objective of a batch (as [Network.SetBatch] takes it) and
// adds its gradients to those that are there. Solvers of Gorgonia's set them to
// zero, as does [Stepper.ZeroGrads].
func (s *Stepper) Run(images []float32, labels []int) error {
	if err := s.net.SetBatch(images, labels); err != nil {
		return err
	}
	if s.net.options.InputGradient {
		if err := zero(s.net.Input); err != nil {
			return err
		}
	}
	err := s.vm.RunAll()
	s.vm.Reset()
	return err
}

// Learnables lists the parameters with their gradients, for a solver, in
// PyTorch's order. Parameters that the loss does not depend on at all are not
// among them: PyTorch's solvers leave these as they are, without decay.
func (s *Stepper) Learnables() []gorgonia.ValueGrad { return s.learnables }

// ZeroGrads sets the gradients of the parameters to zero.
func (s *Stepper) ZeroGrads() error {
	for _, n := range s.net.Learnables() {
		if err := zero(n); err != nil {
			return err
		}
	}
	return nil
}

// zero clears the gradient of a node, if it has one yet.
func zero(n *gorgonia.Node) error {
	grad, err := n.Grad()
	if err != nil || grad == nil {
		return nil // it comes with the first run
	}
	numbers, ok := grad.Data().([]float32)
	if !ok {
		return fmt.Errorf("the gradient of %s is a %v, want a float32 tensor", n.Name(), grad.Dtype())
	}
	clear(numbers)
	return nil
}

// Objective is the last run's.
func (s *Stepper) Objective() (float64, error) {
	v, ok := s.objective.Value().Data().(float32)
	if !ok {
		return 0, fmt.Errorf("the objective is a %v, want a float32", s.objective.Value().Dtype())
	}
	return float64(v), nil
}

// Logits are those of the images of the last run, [images][classes], valid until
// the next one.
func (s *Stepper) Logits() ([]float32, error) { return s.net.logits() }

// InputGradient is the gradient of the images of the last run, NCHW, valid until
// the next one. The network must have been built with it.
func (s *Stepper) InputGradient() ([]float32, error) {
	if !s.net.options.InputGradient {
		return nil, fmt.Errorf("the network was built without the gradient of its images")
	}
	grad, err := s.net.Input.Grad()
	if err != nil {
		return nil, err
	}
	numbers, ok := grad.Data().([]float32)
	if !ok {
		return nil, fmt.Errorf("the gradient of the images is a %v, want a float32 tensor", grad.Dtype())
	}
	return numbers[:s.net.batch.N()*s.net.imageSize()], nil
}

// Network is what the stepper runs.
func (s *Stepper) Network() *Network { return s.net }

// Close frees what the runs need.
func (s *Stepper) Close() error { return s.vm.Close() }
