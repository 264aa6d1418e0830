package record

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"cellnet/data"
)

// Arch is everything recorded of one architecture: its results by each recipe.
type Architecture struct {
	Index      int // in the search space
	ArchString string
	// OrderedDict tells that the published file has the recipes in one.
	OrderedDict bool

	recipes []recipeResults // in the order of the file
}

type recipeResults struct {
	hp      HP
	results *Results
}

// HPs lists the recipes, in the order of the file.
func (a *Architecture) HPs() []HP {
	hps := make([]HP, len(a.recipes))
	for i, r := range a.recipes {
		hps[i] = r.hp
	}
	return hps
}

// Results gives the results by a recipe.
func (a *Architecture) Results(hp HP) (*Results, error) {
	for _, r := range a.recipes {
		if r.hp == hp {
			return r.results, nil
		}
	}
	return nil, NoRecipe(a.Index, hp, a.HPs())
}

// NoRecipe is the error that an architecture has results, but none of a recipe.
func NoRecipe(index int, hp HP, there []HP) error {
	return fmt.Errorf("architecture %d has no results of recipe %v, only of %s: %w", index, hp, joinHPs(there), ErrNoRecipe)
}

// Has tells whether there is a trial by a recipe on a dataset with a seed.
func (a *Architecture) Has(hp HP, d data.Dataset, seed int) bool {
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
func (a *Architecture) All() iter.Seq2[HP, *Results] {
	return func(yield func(HP, *Results) bool) {
		for _, r := range a.recipes {
			if !yield(r.hp, r.results) {
				return
			}
		}
	}
}

// Set gives the architecture its results by a recipe, in the place of earlier
// ones or at the end.
func (a *Architecture) Set(hp HP, r *Results) {
	i := slices.IndexFunc(a.recipes, func(r recipeResults) bool { return r.hp == hp })
	if i < 0 {
		a.recipes = append(a.recipes, recipeResults{hp, r})
		return
	}
	a.recipes[i].results = r
}

// Clone copies the architecture's record.
func (a *Architecture) Clone() *Architecture {
	c := *a
	c.recipes = slices.Clone(a.recipes)
	for i, r := range a.recipes {
		c.recipes[i].results = r.results.Clone()
	}
	return &c
}

// MemoryBytes is about how much memory the record takes.
func (a *Architecture) MemoryBytes() int {
	n := 0
	curve := func(c Curve) { n += 8*len(c.Values) + 8*len(c.Epochs) }
	for _, r := range a.recipes {
		n += len(r.results.Head)
		for _, t := range r.results.Trials {
			n += 1<<10 + 8*len(t.Latency) + len(t.Dialect.Verbatim)
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
