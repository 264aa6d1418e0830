// Package statetree gives state dicts as parts of the trees that package pickle
// writes.
package statetree

import (
	"fmt"

	"cellnet/internal/pickle"
	"cellnet/weights"
)

// Of gives a state dict as an OrderedDict of tensors, which share memory with s.
func Of(s *weights.StateDict) (*pickle.Dict, error) {
	if s == nil {
		return nil, fmt.Errorf("a nil state dict cannot be written")
	}
	tree := &pickle.Dict{Ordered: true}
	for name, t := range s.All() {
		kind, ok := pickle.StorageTypeOf(t.DType.String())
		if !ok {
			return nil, fmt.Errorf("tensor %s: no storage of type %v", name, t.DType)
		}
		tensor, err := pickle.NewTensor(kind, t.Shape, t.Data)
		if err != nil {
			return nil, fmt.Errorf("tensor %s: %w", name, err)
		}
		if err := tree.Put(name, tensor); err != nil {
			return nil, err
		}
	}
	return tree, nil
}
