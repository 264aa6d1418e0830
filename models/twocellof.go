package models

import (
	"fmt"
	"strings"

	"cellnet/cell/twocell"
	"cellnet/weights"
)

// TwoCellOf returns the network of a genotype that a state dict is of, whose
// shapes tell all else.
func TwoCellOf(g twocell.Genotype, s *weights.StateDict) (twocell.Network, error) {
	n := twocell.Network{Genotype: g}
	var stem int
	for _, f := range []struct {
		name string
		to   *int
	}{{twocell.StemName + ".0.weight", &stem}, {twocell.PreprocessName(0, 1) + "op.1.weight", &n.C}, {twocell.Classifier + ".weight", &n.Classes}} {
		t, ok := s.Get(f.name)
		if !ok || len(t.Shape) == 0 || t.Shape[0] == 0 {
			return n, fmt.Errorf("the state dict is of no network of two cells: tensor %s is missing", f.name)
		}
		*f.to = t.Shape[0]
	}
	cells := 0
	for {
		if _, ok := s.Get(twocell.PreprocessName(cells, 1) + "op.1.weight"); !ok {
			break
		}
		cells++
	}
	n.N, n.StemMultiplier = cells/3, stem/n.C
	for _, name := range s.Names() {
		n.Auxiliary = n.Auxiliary || strings.HasPrefix(name, twocell.AuxiliaryHead+".")
	}
	return n, n.Validate()
}
