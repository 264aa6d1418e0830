package proxies

import "math"

// halves are passes of half of the batch each, for ZiCo.
func (p *passes) halves() error {
	if !p.wanted[ZiCo] {
		return nil
	}
	half := p.Batch.Len() / 2
	if err := p.lossGradient(p.Batch.part(0, half)); err != nil {
		return err
	}
	first := p.copyGradients()
	if err := p.lossGradient(p.Batch.part(half, p.Batch.Len())); err != nil {
		return err
	}
	list := make(parts, len(p.layers))
	for i, l := range p.layers {
		if sum := zico(first[l.weight()], p.net.Gradient(l.weight())); sum > 0 {
			list[i] = math.Log(sum)
		}
	}
	p.keepParts(ZiCo, list)
	return nil
}

// zico adds up the mean of the absolute values by the deviation, both of two
// numbers, where they differ.
func zico(first, second []float32) float64 {
	var sum float64
	for i, a := range first {
		if b := second[i]; a != b {
			sum += (math.Abs(float64(a)) + math.Abs(float64(b))) / math.Abs(float64(a)-float64(b))
		}
	}
	return sum
}
