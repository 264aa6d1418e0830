package bench

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"cellnet/data"
)

// Arch is everything recorded of one architecture: its results by each recipe.
type Arch struct {
	Index int    // in the search space
	Name  string // its string
	runs  []run

	ordered bool // the file has the recipes in an OrderedDict
}

type run struct {
	hp      HP
	results *Results
}

// HPs lists the recipes, in the order of the file.
func (a *Arch) HPs() []HP {
	hps := make([]HP, len(a.runs))
	for i, r := range a.runs {
		hps[i] = r.hp
	}
	return hps
}

// Results gives the results by a recipe.
func (a *Arch) Results(hp HP) (*Results, error) {
	for _, r := range a.runs {
		if r.hp == hp {
			return r.results, nil
		}
	}
	return nil, noRecipe(a.Index, hp, a.HPs())
}

func noRecipe(index int, hp HP, there []HP) error {
	return fmt.Errorf("architecture %d has no results of recipe %v, only of %s: %w", index, hp, joinHPs(there), ErrMissing)
}

// Has tells whether there is a trial by a recipe on a dataset with a seed.
func (a *Arch) Has(hp HP, d data.Dataset, seed int) bool {
	r, err := a.Results(hp)
	if err != nil {
		return false
	}
	_, err = r.Trial(d, seed)
	return err == nil
}

func joinHPs(hps []HP) string {
	words := make([]string, len(hps))
	for i, hp := range hps {
		words[i] = hp.String()
	}
	return strings.Join(words, ", ")
}

// All walks over the recipes and their results, in the order of the file.
func (a *Arch) All() iter.Seq2[HP, *Results] {
	return func(yield func(HP, *Results) bool) {
		for _, r := range a.runs {
			if !yield(r.hp, r.results) {
				return
			}
		}
	}
}

// Set gives the architecture its results by a recipe, in the place of earlier
// ones or at the end.
func (a *Arch) Set(hp HP, r *Results) {
	i := slices.IndexFunc(a.runs, func(r run) bool { return r.hp == hp })
	if i < 0 {
		a.runs = append(a.runs, run{hp, r})
		return
	}
	a.runs[i].results = r
}

// Clone copies the architecture's record.
func (a *Arch) Clone() *Arch {
	c := *a
	c.runs = slices.Clone(a.runs)
	for i, r := range a.runs {
		c.runs[i].results = r.results.Clone()
	}
	return &c
}

// bytes is about how much memory the record takes.
func (a *Arch) bytes() int {
	n := 0
	curve := func(c Curve) { n += 8*len(c.Values) + 8*len(c.Epochs) }
	for _, r := range a.runs {
		n += len(r.results.raw)
		for _, t := range r.results.Trials {
			n += 1<<10 + 8*len(t.Latency) + len(t.raw)
			for _, c := range []Curve{t.Train.Loss, t.Train.Top1, t.Train.Top5, t.Train.Seconds} {
				curve(c)
			}
			for _, e := range t.Evals {
				for _, c := range []Curve{e.Loss, e.Top1, e.Seconds} {
					curve(c)
				}
			}
		}
	}
	return n
}
