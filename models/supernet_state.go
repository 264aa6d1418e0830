package models

import "slices"

// SaveStatistics copies the running statistics; restore sets them back.
func (p *superTensors) SaveStatistics() (restore func()) {
	numbers, counts := map[string][]float32{}, map[string]int64{}
	for name, v := range p.statistics {
		numbers[name] = slices.Clone(v)
	}
	for name, n := range p.batches {
		counts[name] = *n
	}
	return func() {
		for name, v := range numbers {
			copy(p.statistics[name], v)
		}
		for name, n := range counts {
			*p.batches[name] = n
		}
	}
}
