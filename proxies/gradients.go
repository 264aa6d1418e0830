package proxies

import (
	"math"

	"cellnet/cell"
	"cellnet/models"
)

// layer is a convolution or the linear layer.
type layer struct {
	name    string // of the module
	weights []float32
	outputs int
}

// weight is the name of the layer's weights.
func (l layer) weight() string { return l.name + ".weight" }

// layersOf lists a network's layers in order of creation.
func layersOf(p *models.Parameters) []layer {
	var list []layer
	for _, t := range p.Tensors() {
		if t.Kind == cell.ConvWeight || t.Kind == cell.LinearWeight {
			list = append(list, layer{t.Name[:len(t.Name)-len(".weight")], p.Learnable(t.Name).Data().([]float32), t.Shape[0]})
		}
	}
	return list
}

// parts are the summands of a score, one for each layer.
type parts []float64

func (p parts) sum() float64 {
	var total float64
	for _, v := range p {
		total += v
	}
	return total
}

// perLayer computes a part of each layer from its weights and their gradient.
func perLayer(layers []layer, net *models.Layered, f func(w, g []float32) float64) parts {
	list := make(parts, len(layers))
	for i, l := range layers {
		list[i] = f(l.weights, net.Gradient(l.weight()))
	}
	return list
}

func normOf(_, g []float32) float64 {
	var sum float64
	for _, v := range g {
		sum += float64(v) * float64(v)
	}
	return math.Sqrt(sum)
}

func saliency(w, g []float32) float64 {
	var sum float64
	for i, v := range g {
		sum += math.Abs(float64(v) * float64(w[i]))
	}
	return sum
}

func signedSaliency(w, g []float32) float64 {
	var sum float64
	for i, v := range g {
		sum += float64(v) * float64(w[i])
	}
	return sum
}

// fisher collects Fisher's information of the layers' channels.
type fisher struct {
	of       map[string]float64
	products []float32
}

// see takes the gradient of a layer's result.
func (f *fisher) see(a models.Activation) {
	if !a.Gradient || a.Kind != models.ConvOutput && a.Kind != models.LinearOutput {
		return
	}
	if len(f.products) < a.Channels {
		f.products = make([]float32, a.Channels)
	}
	var sum float64
	for i := range a.Images {
		a.Products(f.products, i)
		for _, v := range f.products[:a.Channels] {
			sum += float64(v) * float64(v)
		}
	}
	f.of[a.Module] = sum / 2 / float64(a.Images)
}

// parts repeat each channel's value over the channel's weights, as the published
// code does.
func (f *fisher) parts(layers []layer) parts {
	list := make(parts, len(layers))
	for i, l := range layers {
		list[i] = f.of[l.name] * float64(len(l.weights)/l.outputs)
	}
	return list
}
