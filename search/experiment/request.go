package experiment

import (
	"errors"
	"fmt"
	"math"

	"cellnet/data"
	"cellnet/search"
	"cellnet/search/simulate"
)

// Request is a search as users ask for it.
type Request struct {
	Algorithm   string // one of Names
	Space       *search.Space
	Dataset     data.Dataset
	Recipe      int     // epochs; 0 stands for 12
	Budget      float64 // seconds; 0 stands for the published one
	Evaluations int     // trainings at most; 0 sets no limit
	Runs        int
	Seed        int64 // of the first run
	Limits      []string
	Against     []string // costs that accuracy is weighed against
	Settings    Settings
	Net         NetSize // of the networks that costs are of; zero stands for the published one
}

// JudgeOf gives the built-in judge of a request: real results of cells, a formula
// for the size space.
func (r Request) JudgeOf() (simulate.Judge, error) {
	if r.Space == search.Size() {
		return simulate.NewFormula(r.Dataset, r.recipe())
	}
	return simulate.NewBuiltin(r.Dataset, r.recipe())
}

func (r Request) recipe() int {
	if r.Recipe == 0 {
		return 12
	}
	return r.Recipe
}

// maxRuns bounds the memory of what is kept of runs.
const maxRuns = 100000

// Plan checks a request and plans it with a judge.
func (r Request) Plan(j simulate.Judge) (Plan, error) {
	a, err := r.Settings.Algorithm(r.Algorithm)
	if err != nil {
		return Plan{}, err
	}
	budget := r.Budget
	if budget == 0 {
		budget = simulate.Budget(r.Space, r.Dataset)
	}
	switch {
	case r.Runs < 1 || r.Runs > maxRuns:
		return Plan{}, fmt.Errorf("search: runs: %d, want 1 to %d", r.Runs, maxRuns)
	case r.Seed < 0 || r.Seed+int64(r.Runs)-1 > math.MaxUint32:
		return Plan{}, fmt.Errorf("search: seed: %d, want 0 to %d", r.Seed, int64(math.MaxUint32)-int64(r.Runs)+1)
	case r.Recipe < 0:
		return Plan{}, errors.New("search: recipe: below 0, want a number of epochs")
	}
	p := Plan{Algorithm: a, Judge: j, Dataset: r.Dataset, Runs: r.Runs, Problem: search.Problem{
		Space: r.Space, Judge: j, Epochs: r.recipe(), Budget: budget, Evaluations: r.Evaluations, Seed: uint32(r.Seed),
	}}
	var limits []search.Limit
	for _, text := range r.Limits {
		name, most, err := ParseLimit(text)
		if err != nil {
			return Plan{}, err
		}
		c, err := r.Net.costOf(r.Space, r.Dataset, name)
		if err != nil {
			return Plan{}, err
		}
		limits = append(limits, search.Limit{Cost: c, Max: most})
	}
	if len(limits) > 0 {
		p.Problem.Allowed = search.Within(r.Space, limits)
	}
	for _, name := range r.Against {
		c, err := r.Net.costOf(r.Space, r.Dataset, name)
		if err != nil {
			return Plan{}, err
		}
		p.Problem.Costs = append(p.Problem.Costs, c)
	}
	return p, search.Check(a, p.Problem)
}
