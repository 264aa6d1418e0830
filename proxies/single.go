package proxies

import (
	"math"

	"cellnet/cell"
)

// gradSign adds up the signs of each image's gradient, of batches of one image.
func (p *passes) gradSign() error {
	if !p.wanted[GradSign] {
		return nil
	}
	signs := make([][]int32, len(p.layers))
	for i, l := range p.layers {
		signs[i] = make([]int32, len(l.weights))
	}
	for i := range p.Batch.Len() {
		if err := p.lossGradient(p.Batch.part(i, i+1)); err != nil {
			return err
		}
		for j, l := range p.layers {
			addSigns(signs[j], p.net.Gradient(l.weight()))
		}
	}
	list := make(parts, len(p.layers))
	for i := range p.layers {
		var sum int64
		for _, s := range signs[i] {
			sum += int64(max(s, -s))
		}
		list[i] = float64(sum)
	}
	p.keepParts(GradSign, list)
	return nil
}

// addSigns adds the sign of each number, 0 of 0.
func addSigns(sums []int32, of []float32) {
	sums = sums[:len(of)]
	for i, v := range of {
		bits := int32(math.Float32bits(v))
		nonzero := -(bits & math.MaxInt32) >> 31 // all bits, or none
		sums[i] += (bits>>31 | 1) & nonzero
	}
}

// ntk is the condition number of the kernel of the gradients of each image's sum
// of logits by the weights, batch norm's included.
func (p *passes) ntk() error {
	if !p.wanted[NTK] {
		return nil
	}
	b := p.Batch.first(p.NTKImages)
	n := b.Len()
	if n < 2 {
		return errFew(NTK, n)
	}
	if err := p.forward(b.Images); err != nil {
		return err
	}
	var names []string
	numbers := 0
	for _, t := range p.Params.Tensors() {
		switch t.Kind {
		case cell.ConvWeight, cell.LinearWeight, cell.NormWeight:
			names = append(names, t.Name)
			numbers += t.Len()
		}
	}
	seed := make([]float32, len(p.net.Logits()))
	all := p.buffer(n * numbers)
	for i := range n {
		clear(seed)
		for k := range b.Classes {
			seed[i*b.Classes+k] = 1
		}
		if err := p.net.Backward(seed); err != nil {
			return err
		}
		row := all[i*numbers:]
		for _, name := range names {
			row = row[copy(row, p.net.Gradient(name)):]
		}
	}
	kernel, err := products(all, n)
	if err != nil {
		return err
	}
	v, ok := eigenvalues(kernel)
	if !ok || v[0] <= 0 || math.IsNaN(v[0]) {
		p.keep(NTK, undefined("the tangent kernel has an eigenvalue of 0"))
		return nil
	}
	p.keep(NTK, Score{Value: v[n-1] / v[0]})
	return nil
}
