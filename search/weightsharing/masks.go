package weightsharing

// newMaskGumbel is the search by masks that Gumbel-softmax weighs.
func newMaskGumbel(s *sizeSearch) differentiable {
	return differentiable{s, func(alpha table) (n narrowed) {
		noise := s.draws.gumbels(s.Layers(), len(s.widths))
		for layer := range s.Layers() {
			m := newSoftMask(s.widths, alpha[s.Row(layer)], noise[layer], s.tau)
			n.layers = append(n.layers, m.narrowing())
			n.backward = append(n.backward, m.backward)
		}
		return n
	}}
}

// newTAS is TAS: the output of a layer is a mixture of two widths that are drawn,
// with channels interpolated.
func newTAS(s *sizeSearch) differentiable {
	return differentiable{s, func(alpha table) (n narrowed) {
		noise, exponentials := s.draws.gumbels(s.Layers(), len(s.widths)), s.draws.exponentials(s.Layers()*len(s.widths))
		for layer := range s.Layers() {
			i := newInterpolation(s.widths, alpha[s.Row(layer)], noise[layer], exponentials[layer*len(s.widths):], s.tau)
			n.layers = append(n.layers, i.narrowing())
			n.backward = append(n.backward, i.backward)
		}
		return n
	}}
}
