package proxies

import (
	"math"

	"cellnet/cell"
	"cellnet/models"
)

// synapses are the gradients of the sum of the logits by each layer's weights,
// for weights that are all positive, no batch norm and one image of ones: each
// gradient times a power of two. The network is linear there, and its values
// leave the range of float32 within a few cells.
type synapses struct {
	layers    []layer
	gradients [][]float32
	exponents []int
}

// absolute makes all weights positive; those of batch norm, too.
func absolute(p *models.Parameters) {
	for _, t := range p.Tensors() {
		if t.Kind.Learnable() {
			of := p.Learnable(t.Name).Data().([]float32)
			for i, v := range of {
				of[i] = float32(math.Abs(float64(v)))
			}
		}
	}
}

// normalized stores x by a power of two, so that its largest number is in
// [0.5, 1), and returns the exponent.
func normalized(dst, x []float32) int {
	top := float32(0)
	for _, v := range x {
		top = max(top, v)
	}
	_, exponent := math.Frexp(float64(top))
	scale := float32(math.Ldexp(1, -exponent))
	for i, v := range x {
		dst[i] = v * scale
	}
	return exponent
}

// newSynapses runs the network of the absolute weights.
func newSynapses(p *models.Parameters, o models.LayeredOptions) (*synapses, error) {
	p = p.Clone()
	absolute(p)
	o.Capacity, o.Norm, o.Trace = 1, models.NormOff, nil
	net, err := models.NewLayered(p, o)
	if err != nil {
		return nil, err
	}
	ones := make([]float32, 3*o.Side*o.Side)
	for i := range ones {
		ones[i] = 1
	}
	x, inputs, exponent := ones, make([]int, net.Blocks()), 0
	for i := range net.Blocks() {
		inputs[i] = exponent
		y := net.ForwardBlock(i, x)
		x = make([]float32, len(y))
		exponent += normalized(x, y)
	}
	s := &synapses{layers: layersOf(p)}
	of := map[string]int{}
	// The gradient of the sum of the logits by a feature is the sum of the
	// classifier's weights; by a weight, the feature.
	classifier := p.Learnable("classifier.weight").Data().([]float32)
	g := make([]float32, len(x))
	for i, w := range classifier {
		g[i%len(x)] += w
	}
	back := normalized(g, g)
	for i := net.Blocks() - 1; i >= 0; i-- {
		name := net.Output(i).Name
		of[name] = inputs[i] + back
		dx, err := net.BackwardBlock(i, g)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			g = make([]float32, len(dx))
			back += normalized(g, dx)
		}
	}
	for _, l := range s.layers {
		gradient, e := net.Gradient(l.name+".weight"), 0
		if l.name == "classifier" {
			e = exponent
			gradient = make([]float32, len(classifier))
			for i := range gradient {
				gradient[i] = x[i%len(x)]
			}
		} else {
			e = of[blockOf(p.Network().(cell.Network), l.name)]
		}
		s.gradients, s.exponents = append(s.gradients, gradient), append(s.exponents, e)
	}
	return s, nil
}

// blockOf returns the name of a layer's block.
func blockOf(n cell.Network, layer string) string {
	for b := range n.Blocks() {
		if len(layer) > len(b.Name) && layer[:len(b.Name)+1] == b.Name+"." {
			return b.Name
		}
	}
	return layer
}

// flow is the logarithm of the sum of |w| times the gradient, 0 of nothing.
func (s *synapses) flow() (value float64, byLayer parts) {
	byLayer = make(parts, len(s.layers)) // logarithms
	for i, l := range s.layers {
		byLayer[i] = math.Log(saliency(l.weights, s.gradients[i])) + float64(s.exponents[i])*math.Ln2
	}
	top := math.Inf(-1)
	for _, v := range byLayer {
		top = math.Max(top, v)
	}
	if math.IsInf(top, -1) {
		return 0, byLayer
	}
	var sum float64
	for _, v := range byLayer {
		sum += math.Exp(v - top)
	}
	return top + math.Log(sum), byLayer
}

// logFlow is the sum of |w| times ln(1 + the gradient).
func (s *synapses) logFlow() parts {
	list := make(parts, len(s.layers))
	for i, l := range s.layers {
		shift := float64(s.exponents[i]) * math.Ln2
		// From here on the 1 is lost to rounding.
		const far = 1 << 30
		near := math.Ldexp(1, s.exponents[i])
		for j, g := range s.gradients[i] {
			w := float64(l.weights[j])
			if g == 0 || w == 0 {
				continue
			}
			if v := float64(g) * near; v < far {
				list[i] += w * math.Log1p(v)
			} else {
				list[i] += w * (math.Log(float64(g)) + shift)
			}
		}
	}
	return list
}
