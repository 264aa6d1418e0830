package models

import (
	"slices"

	"cellnet/weights"
)

// Load copies a state dict into the parameters, strictly; see [FromStateDict]. On an
// error the parameters are unchanged.
func (p *SupernetParameters) Load(s *weights.StateDict) error {
	if err := checkTensors(p.topology.Tensors(), s); err != nil {
		return err
	}
	return p.copyFrom(s)
}

// Load copies a state dict into the parameters, strictly; see [FromStateDict]. On an
// error the parameters are unchanged.
func (p *SizeSupernetParameters) Load(s *weights.StateDict) error {
	if err := checkTensors(p.size.Tensors(), s); err != nil {
		return err
	}
	return p.copyFrom(s)
}

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
