package proxies

import (
	"math"

	"cellnet/cell"
	"cellnet/models"

	"gonum.org/v1/gonum/mat"
)

// gradSign adds up the signs of each image's gradient, of batches of one image.
func gradSign(layers []layer, net *models.Layered, b Batch) (parts, error) {
	signs := make([][]int32, len(layers))
	for i, l := range layers {
		signs[i] = make([]int32, len(l.weights))
	}
	for i := range b.Len() {
		if err := lossGradient(net, b.part(i, i+1)); err != nil {
			return nil, err
		}
		for j, l := range layers {
			for k, v := range net.Gradient(l.name + ".weight") {
				switch {
				case v > 0:
					signs[j][k]++
				case v < 0:
					signs[j][k]--
				}
			}
		}
	}
	list := make(parts, len(layers))
	for i := range layers {
		var sum int64
		for _, s := range signs[i] {
			sum += int64(max(s, -s))
		}
		list[i] = float64(sum)
	}
	return list, nil
}

// ntk is the condition number of the kernel of the gradients of each image's sum
// of logits by the weights, batch norm's included.
func ntk(net *models.Layered, b Batch) (Score, error) {
	if b.Len() < 2 {
		return Score{}, errFew(NTK, b.Len())
	}
	if err := net.Forward(b.Images); err != nil {
		return Score{}, err
	}
	var tensors []string
	numbers := 0
	for _, t := range net.Parameters().Tensors() {
		switch t.Kind {
		case cell.ConvWeight, cell.LinearWeight, cell.NormWeight:
			tensors = append(tensors, t.Name)
			numbers += t.Len()
		}
	}
	n, seed := b.Len(), make([]float32, len(net.Logits()))
	rows := make([][]float64, n)
	for i := range n {
		clear(seed)
		for k := range b.Classes {
			seed[i*b.Classes+k] = 1
		}
		if err := net.Backward(seed); err != nil {
			return Score{}, err
		}
		rows[i] = make([]float64, 0, numbers)
		for _, name := range tensors {
			for _, v := range net.Gradient(name) {
				rows[i] = append(rows[i], float64(v))
			}
		}
	}
	kernel := mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			kernel.SetSym(i, j, dot(rows[i], rows[j]))
		}
	}
	v, ok := eigenvalues(kernel)
	if !ok || v[0] <= 0 || math.IsNaN(v[0]) {
		return undefined("the tangent kernel has an eigenvalue of 0"), nil
	}
	return Score{Value: v[n-1] / v[0]}, nil
}
