package models

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"cellnet/cell"
	"cellnet/cell/spec"
	"cellnet/weights"
)

// StateDict copies the parameters into a state dict in PyTorch's order.
func (p *tensorSet) StateDict() *weights.StateDict {
	s := new(weights.StateDict)
	for _, e := range p.list {
		if e.Kind == cell.Batches {
			s.Set(e.Name, weights.NewInt64(e.Shape, []int64{*p.batches[e.Name]}))
		} else {
			s.Set(e.Name, weights.NewFloat32(e.Shape, p.floats(e.Name)))
		}
	}
	return s
}

// WidthsOf reads the widths of a network off its state dict, whatever its cell;
// see [cell.WidthsOf].
func WidthsOf(s *weights.StateDict) (cell.Widths, bool) {
	return cell.WidthsOf(func(yield func(string, []int) bool) {
		for name, t := range s.All() {
			if !yield(name, t.Shape) {
				return
			}
		}
	})
}

// MismatchError says how a state dict differs from what a network needs.
type MismatchError struct {
	Missing    []string // in the network's order
	Unexpected []string // in the state dict's order
	Misshaped  []string // sentences: tensor X is AxB, the network needs CxD
	// Widths are those of the state dict if its network has others; nil if it
	// doesn't or its tensors don't tell.
	Widths cell.Widths
}

// Error names the first tensor of each kind, and how many others there are; of a
// network of other widths only the first tensor.
func (e *MismatchError) Error() string {
	var parts []string
	if len(e.Misshaped) > 0 {
		parts = append(parts, e.Misshaped[0])
		if e.Widths != nil {
			return fmt.Sprintf("%s: the state dict is of a network of the widths %v", e.Misshaped[0], e.Widths)
		}
	}
	if len(e.Missing) > 0 {
		parts = append(parts, fmt.Sprintf("tensor %s is missing", e.Missing[0]))
	}
	if len(e.Unexpected) > 0 {
		parts = append(parts, fmt.Sprintf("tensor %.200s is unexpected", e.Unexpected[0]))
	}
	text := strings.Join(parts, ", ")
	switch others := len(e.Misshaped) + len(e.Missing) + len(e.Unexpected) - len(parts); others {
	case 0:
		return text
	case 1:
		return text + ", and 1 other tensor differs"
	default:
		return fmt.Sprintf("%s, and %d other tensors differ", text, others)
	}
}

// FromStateDict makes parameters of a state dict's copy. It is strict: every
// tensor of the network must be there, with its shape, and no other
// ([MismatchError]), but for the counters num_batches_tracked, which are 0 where
// they are missing.
func FromStateDict(n spec.Network, s *weights.StateDict) (*Parameters, error) {
	if err := n.Validate(); err != nil {
		return nil, err
	}
	// Before memory is taken for what a file only claims.
	if err := checkState(n, s); err != nil {
		return nil, err
	}
	p, err := newParameters(n)
	if err != nil {
		return nil, err
	}
	return p, p.copyFrom(s)
}

// Load copies a state dict into the parameters, strictly; see [FromStateDict].
// On an error the parameters are unchanged.
func (p *Parameters) Load(s *weights.StateDict) error {
	if err := checkState(p.network, s); err != nil {
		return err
	}
	return p.copyFrom(s)
}

// checkState tells whether a state dict has the tensors of a network and no
// others.
func checkState(n spec.Network, s *weights.StateDict) error {
	err := checkTensors(n.Tensors(), s)
	if mismatch, ok := errors.AsType[*MismatchError](err); ok {
		if net, one := n.(cell.Network); one {
			if w, ok := WidthsOf(s); ok && !slices.Equal(w, net.Widths) {
				mismatch.Widths = w
			}
		}
	}
	return err
}

// checkTensors tells whether a state dict has some tensors and no others.
func checkTensors(list iter.Seq[cell.Tensor], s *weights.StateDict) error {
	var mismatch MismatchError
	known := map[string]bool{}
	var problem error
	for e := range list {
		known[e.Name] = true
		t, ok := s.Get(e.Name)
		switch {
		case !ok && e.Kind == cell.Batches: // PyTorch counted none before version 0.4.1
		case !ok:
			mismatch.Missing = append(mismatch.Missing, e.Name)
		case !slices.Equal(t.Shape, e.Shape):
			mismatch.Misshaped = append(mismatch.Misshaped, fmt.Sprintf("tensor %s is %s, the network needs %s", e.Name, shapeText(t.Shape), shapeText(e.Shape)))
		case problem == nil:
			problem = check(e, t)
		}
	}
	for _, name := range s.Names() {
		if !known[name] {
			mismatch.Unexpected = append(mismatch.Unexpected, name)
		}
	}
	if len(mismatch.Missing)+len(mismatch.Unexpected)+len(mismatch.Misshaped) > 0 {
		return &mismatch
	}
	return problem
}

// copyFrom copies a state dict that checkState finds right.
func (p *tensorSet) copyFrom(s *weights.StateDict) error {
	for _, e := range p.list {
		t, ok := s.Get(e.Name)
		if !ok {
			*p.batches[e.Name] = 0
			continue
		}
		if e.Kind == cell.Batches {
			v, err := t.Int64s()
			if err != nil {
				return fmt.Errorf("tensor %s: %w", e.Name, err)
			}
			*p.batches[e.Name] = v[0]
			continue
		}
		v, err := t.Float32s()
		if err != nil {
			return fmt.Errorf("tensor %s: %w", e.Name, err)
		}
		copy(p.floats(e.Name), v)
	}
	return nil
}

// check tells whether a tensor's numbers are of the right type.
func check(e cell.Tensor, t weights.Tensor) error {
	if float := t.DType.IsFloat(); float == (e.Kind == cell.Batches) {
		want := "floating-point numbers"
		if e.Kind == cell.Batches {
			want = "integers"
		}
		return fmt.Errorf("tensor %s is of %v, the network needs %s", e.Name, t.DType, want)
	}
	return nil
}

// shapeText writes a shape as 16x3x3x3.
func shapeText(shape []int) string {
	if len(shape) == 0 {
		return "a scalar"
	}
	parts := make([]string, len(shape))
	for i, d := range shape {
		parts[i] = fmt.Sprint(d)
	}
	return strings.Join(parts, "x")
}
