package weightsharing

// newMaskGumbel is the search by masks that Gumbel-softmax weighs.
func newMaskGumbel(s *sizeSearch) differentiable {
	return differentiable{s, func(alpha table) (n narrowed) {
		noise := s.draws.gumbels(sizeLayers, len(s.widths))
		for layer := range sizeLayers {
			m := newSoftMask(s.widths, alpha[rowOf(layer)], noise[layer], s.tau)
			n.layers = append(n.layers, m.narrowing())
			n.backward = append(n.backward, m.backward)
		}
		return n
	}}
}
