package models

import "cellnet/cell"

// Cost is what one image costs, counted as the benchmark counts it: edges that
// reach no output are included.
type Cost struct {
	FLOPs  float64 // millions of multiply-accumulates of convolutions and the classifier, its bias counted too
	Params float64 // millions of learnable numbers
}

// CostOf counts the cost of a network for images of side x side pixels.
func CostOf(c cell.Config, side int) Cost {
	var flops, params float64
	for e := range Entries(c) {
		n := float64(e.Len())
		switch e.Kind {
		case ConvWeight:
			flops += n * e.pixels * float64(side*side)
		case LinearWeight, LinearBias:
			flops += n
		}
		if e.Kind.Learnable() {
			params += n
		}
	}
	return Cost{flops / 1e6, params / 1e6}
}
