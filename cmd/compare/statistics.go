package main

import (
	"math"
	"slices"
)

// median returns the middle of some numbers, or the mean of the two in the
// middle; NaN of none.
func median(v []float64) float64 {
	if len(v) == 0 {
		return math.NaN()
	}
	v = slices.Sorted(slices.Values(v))
	half := len(v) / 2
	if len(v)%2 == 1 {
		return v[half]
	}
	return (v[half-1] + v[half]) / 2
}

// geometricMean returns the mean of ratios; NaN of none.
func geometricMean(v []float64) float64 {
	var sum float64
	for _, x := range v {
		sum += math.Log(x)
	}
	return math.Exp(sum / float64(len(v)))
}

// pair holds what was measured of both in all rounds.
type pair struct {
	Cellnet []float64 `json:"cellnet"`
	PyTorch []float64 `json:"pytorch"`
}

func (p *pair) add(cellnet, pytorch float64) {
	p.Cellnet = append(p.Cellnet, cellnet)
	p.PyTorch = append(p.PyTorch, pytorch)
}

// ratio is how many times the PyTorch's median cellnet's is.
func (p pair) ratio() float64 { return median(p.Cellnet) / median(p.PyTorch) }
