package proxies

import (
	"slices"

	"cellnet/models"
)

// grasp is how the gradient changes along itself, by the weights.
func grasp(layers []layer, net *models.Layered, b Batch) (parts, error) {
	if err := lossGradient(net, b); err != nil {
		return nil, err
	}
	direction := map[string][]float32{}
	for _, l := range layers {
		name := l.name + ".weight"
		direction[name] = slices.Clone(net.Gradient(name))
	}
	curvature, err := net.Curvature(b.Labels, direction)
	if err != nil {
		return nil, err
	}
	list := make(parts, len(layers))
	for i, l := range layers {
		list[i] = -curvature[l.name+".weight"]
	}
	return list, nil
}
