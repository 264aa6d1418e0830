package weights

import (
	"iter"
	"slices"
)

// StateDict holds named tensors in the order in which they were first set, as
// PyTorch's state_dict() does. The zero value is empty and ready to use. A
// StateDict must not be copied after its first Set.
type StateDict struct {
	names   []string
	tensors map[string]Tensor
}

// Set stores t under name, in the place of an earlier tensor of that name or
// at the end.
func (s *StateDict) Set(name string, t Tensor) {
	if s.tensors == nil {
		s.tensors = map[string]Tensor{}
	}
	if _, ok := s.tensors[name]; !ok {
		s.names = append(s.names, name)
	}
	s.tensors[name] = t
}

// Get gives the tensor of that name, if there is one.
func (s *StateDict) Get(name string) (Tensor, bool) {
	t, ok := s.tensors[name]
	return t, ok
}

// Names gives the names in order, in a slice of its own.
func (s *StateDict) Names() []string { return slices.Clone(s.names) }

// All walks over the tensors in order.
func (s *StateDict) All() iter.Seq2[string, Tensor] {
	return func(yield func(string, Tensor) bool) {
		for _, name := range s.names {
			if !yield(name, s.tensors[name]) {
				return
			}
		}
	}
}

// Len is the number of tensors.
func (s *StateDict) Len() int { return len(s.names) }
