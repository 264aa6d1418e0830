package cell

// Cost is what one image costs, counted as the benchmark counts it: edges that
// reach no output are included.
type Cost struct {
	FLOPs  float64 // millions of multiply-accumulates of convolutions and the classifier, its bias counted too
	Params float64 // millions of learnable numbers
}

// Cost counts the cost of a network for images of side x side pixels.
func (n Network) Cost(side int) Cost {
	var c Cost
	for _, l := range n.Layers(side) {
		c.FLOPs += l.FLOPs
		c.Params += float64(l.Params)
	}
	return Cost{c.FLOPs / 1e6, c.Params / 1e6}
}

// Layer is what a block gives out and costs.
type Layer struct {
	Name   string  `json:"name"`   // prefix of its tensors, as cells.3
	Block  string  `json:"block"`  // what it computes
	Output [3]int  `json:"output"` // channels, height, width of one image's result
	Params int     `json:"params"` // learnable numbers
	FLOPs  float64 `json:"flops"`  // multiply-accumulates of one image
}

// Layers lists the blocks of a network in order, for images of side x side
// pixels.
func (n Network) Layers(side int) []Layer {
	var layers []Layer
	for b := range n.Blocks() {
		out := side / (b.Scale * b.Stride)
		if b.Kind == LastNorm || b.Kind == Classifier {
			out = 1
		}
		l := Layer{Name: b.Name, Block: b.Kind.String(), Output: [3]int{b.Out, out, out}}
		for t := range n.tensorsOf(b) {
			l.FLOPs += t.FLOPs(side)
			if t.Kind.Learnable() {
				l.Params += t.Len()
			}
		}
		layers = append(layers, l)
	}
	return layers
}

// FLOPs counts the multiply-accumulates that a tensor is used in for an image of
// side x side pixels.
func (t Tensor) FLOPs(side int) float64 {
	switch t.Kind {
	case ConvWeight:
		return float64(t.Len()) * float64(side*side) / float64(t.Scale*t.Scale)
	case LinearWeight, LinearBias:
		return float64(t.Len())
	}
	return 0
}
