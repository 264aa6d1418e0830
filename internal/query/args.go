package query

import (
	"fmt"

	"cellnet/bench"
	"cellnet/bench/builtin"
	"cellnet/data"
)

// Args are the parameters of a query after they were read.
type Args struct {
	index   int
	arch    string
	given   map[Param]bool
	dataset data.Dataset
	set     string
	hp      bench.HP
	epoch   bench.Epoch
	seed    int
	random  uint64

	maxFLOPs, maxParams bench.Number
	limit               int
	max                 []deviceLimit
	device              builtin.Device
}

// parse reads the value of a parameter.
func (a *Args) parse(p Param, value string) error {
	if len(value) > longestValue {
		return faulty(p, "%d characters are too many, want at most %d", len(value), longestValue)
	}
	read := p.of().read
	if read == nil {
		return faulty(p, "unknown parameter")
	}
	return read(a, value)
}

// choice is the choice among trials that is asked for.
func (a Args) choice() bench.Choice {
	switch {
	case a.given[Seed]:
		return bench.OfSeed(a.seed)
	case a.given[Random]:
		return bench.OfRandomTrial(newRandom(a.random))
	}
	return bench.MeanOfTrials()
}

// IndexIn gives the index of the architecture that is asked for.
func (a Args) IndexIn(b *bench.Benchmark) (int, error) {
	if !a.given[Arch] {
		return a.index, nil
	}
	index, found, err := b.IndexOf(a.arch)
	if err == nil && !found {
		err = fmt.Errorf("architecture %q is not in the search space: %w", a.arch, bench.ErrMissing)
	}
	return index, err
}
