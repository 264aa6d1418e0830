package query

import (
	"fmt"
	"strings"

	"cellnet/bench"
	"cellnet/cell"
	"cellnet/data"
	"cellnet/internal/archtable"
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
	max                 []extraLimit
	device              extraCost
	joined              *archtable.Table // nil if no file is joined
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
	found, err := a.find(b)
	switch {
	case err != nil:
		return 0, err
	case found.index >= 0:
		return found.index, nil
	case found.stranger != "":
		return 0, fmt.Errorf("%s: %w", found.stranger, bench.ErrMissing)
	}
	return 0, fmt.Errorf("architecture %q is not in the search space: %w", a.arch, bench.ErrMissing)
}

// Notes says what was made of parameters that mean something else than they say.
func (a Args) Notes(b *bench.Benchmark) []string {
	var notes []string
	if d, _, err := bench.SetByWord(a.dataset, a.set); err == nil && a.given[Set] && d != a.dataset {
		notes = append(notes, fmt.Sprintf("the validation of %v is recorded as %v: trainings on half of the images", a.dataset, d))
	}
	if a.joined != nil {
		notes = append(notes, a.joined.Notes...)
	}
	if !a.given[Arch] {
		return notes
	}
	found, err := a.find(b)
	if err != nil || !found.ordered {
		return notes
	}
	return append(notes, fmt.Sprintf("the edges of %s are not in the benchmark's order, in order it is index %d", a.arch, found.index))
}

// found is where an architecture is in a search space.
type found struct {
	index    int    // -1 if it is not there
	ordered  bool   // its edges had to be sorted
	stranger string // says which other space it belongs to
}

// find looks for the architecture of the string. What is no architecture is a fault
// of the parameter.
func (a Args) find(b *bench.Benchmark) (found, error) {
	if index, ok, err := b.IndexOf(a.arch); err != nil || ok {
		return found{index: index}, err
	}
	s, err := b.Space()
	if err != nil {
		return found{}, err
	}
	space := cellSpace(s)
	arch, err := space.Resolve(a.arch)
	if err != nil {
		return found{}, faulty(Arch, "%s", strings.TrimPrefix(err.Error(), "cell: "))
	}
	if index, ok, err := b.IndexOf(arch.String()); err != nil || ok {
		return found{index: index}, err
	}
	if arch.Space() == cell.Topology {
		if index, ok, err := b.IndexOf(arch.Cell().InOrder().String()); err != nil || ok {
			return found{index: index, ordered: true}, err
		}
	}
	if _, ok := arch.Index(); ok && arch.Space() != space {
		example, err := space.Arch(space.Count() - 1)
		return found{index: -1, stranger: fmt.Sprintf("this is the %v space, its architectures are like %v, not %v", space, example, arch)}, err
	}
	return found{index: -1}, nil
}
