package proxies

import (
	"math"
	"slices"

	"cellnet/models"
)

// zico compares the gradients by two batches.
func zico(layers []layer, net *models.Layered, batches [2]Batch) (parts, error) {
	first := make([][]float32, len(layers))
	for i, b := range batches {
		if err := lossGradient(net, b); err != nil {
			return nil, err
		}
		if i > 0 {
			break
		}
		for j, l := range layers {
			first[j] = slices.Clone(net.Gradient(l.name + ".weight"))
		}
	}
	list := make(parts, len(layers))
	for i, l := range layers {
		var sum float64
		second := net.Gradient(l.name + ".weight")
		for j, a := range first[i] {
			// The mean of the absolute values by the deviation, both of two numbers.
			if b := second[j]; a != b {
				sum += (math.Abs(float64(a)) + math.Abs(float64(b))) / math.Abs(float64(a)-float64(b))
			}
		}
		if sum > 0 {
			list[i] = math.Log(sum)
		}
	}
	return list, nil
}
