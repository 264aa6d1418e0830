package weights

import (
	"fmt"
	"strings"
)

// Selector chooses among the networks of a file. What is left at its zero
// value fits every network.
type Selector struct {
	HP      int    // number of epochs of the training recipe
	Dataset string // key of the dataset, such as "cifar10-valid"
	Seed    *int
	Entry   string // name of the state dict's entry in a file of several, such as "ema"
	Arch    string // arch string; fits networks of which the file does not tell it
}

// String spells out what is chosen.
func (s Selector) String() string {
	var parts []string
	if s.Entry != "" {
		parts = append(parts, "entry "+s.Entry)
	}
	if s.Arch != "" {
		parts = append(parts, "arch "+s.Arch)
	}
	if s.HP != 0 {
		parts = append(parts, fmt.Sprintf("hp %d", s.HP))
	}
	if s.Dataset != "" || s.Seed != nil {
		parts = append(parts, "trial "+trialName(s.Dataset, s.Seed))
	}
	if len(parts) == 0 {
		return "anything"
	}
	return strings.Join(parts, ", ")
}

func (s Selector) fits(n *Network) bool {
	return (s.HP == 0 || s.HP == n.HP) &&
		(s.Dataset == "" || s.Dataset == n.Dataset) &&
		(s.Seed == nil || n.Seed != nil && *s.Seed == *n.Seed) &&
		(s.Entry == "" || s.Entry == n.Entry) &&
		(s.Arch == "" || n.Arch == "" || s.Arch == n.Arch)
}

// Select gives the one network that fits s. If there is none or more than one,
// the error is a *SelectionError.
func (f *File) Select(s Selector) (*Network, error) {
	var fitting []*Network
	for _, n := range f.networks {
		if s.fits(n) {
			fitting = append(fitting, n)
		}
	}
	for _, n := range f.others {
		if len(fitting) == 0 && s.Entry != "" && s.fits(n) {
			fitting = append(fitting, n)
		}
	}
	if len(fitting) != 1 {
		return nil, f.wrap(&SelectionError{Selector: s, Fitting: fitting, There: f.Networks(), Cleared: f.cleared, Holds: f.holds})
	}
	return fitting[0], nil
}

// trialName is DATASET:SEED with * for what is open.
func trialName(dataset string, seed *int) string {
	if dataset == "" {
		dataset = "*"
	}
	if seed == nil {
		return dataset + ":*"
	}
	return fmt.Sprintf("%s:%d", dataset, *seed)
}
