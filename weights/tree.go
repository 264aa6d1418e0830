package weights

import "cellnet/internal/pickle"

// Tree gives the state dict as a part of what the writers of .pth files take: an
// OrderedDict of tensors, which share memory with s.
func (s *StateDict) Tree() (*pickle.Dict, error) {
	tree, err := s.pickled()
	if err != nil {
		return nil, err
	}
	return tree.(*pickle.Dict), nil
}
