// Package experiment runs searches with many seeds side by side and sums them up
// as the benchmark's papers do.
package experiment

import (
	"context"
	"errors"
	"math"
	"sync"
	"sync/atomic"

	"cellnet/data"
	"cellnet/internal/parallel"
	"cellnet/search"
	"cellnet/search/simulate"
)

// Plan is a search with a number of seeds.
type Plan struct {
	Algorithm search.Algorithm
	Problem   search.Problem // with the first seed
	Judge     simulate.Judge
	Dataset   data.Dataset
	Runs      int // the seeds follow one another
}

// Run does all runs, as many at a time as there are processors. It tells done of
// every run that ended. If one fails the others are stopped; those that ended
// are returned in the order of their seeds.
func (p Plan) Run(ctx context.Context, done func()) ([]*search.Run, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	runs := make([]*search.Run, p.Runs)
	var next atomic.Int64
	var workers sync.WaitGroup
	for range parallel.Workers(p.Runs) {
		workers.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1) - 1)
				if i >= p.Runs {
					return
				}
				problem := p.Problem
				problem.Judge, problem.Seed = p.Judge, p.Problem.Seed+uint32(i)
				problem.Alone = p.Runs == 1
				run, err := search.Search(ctx, p.Algorithm, problem)
				if err != nil {
					stop(err)
				}
				if err == nil || p.Runs == 1 {
					runs[i] = run
				}
				if err == nil && done != nil {
					done()
				}
			}
		})
	}
	workers.Wait()
	ended := runs[:0]
	for _, r := range runs {
		if r != nil {
			ended = append(ended, r)
		}
	}
	return ended, context.Cause(ctx)
}

// Spread is a mean and a deviation, of the population of runs.
type Spread struct {
	Mean float64 `json:"mean"`
	Std  float64 `json:"std"`
}

func spreadOf(values []float64) Spread {
	var sum, squares float64
	for _, v := range values {
		sum += v
	}
	mean := sum / float64(len(values))
	for _, v := range values {
		squares += (v - mean) * (v - mean)
	}
	return Spread{mean, math.Sqrt(squares / float64(len(values)))}
}

// Summary is what the papers print of runs.
type Summary struct {
	Runs      int     `json:"runs"`
	Trainings float64 `json:"trainings"` // mean number
	Valid     Spread  `json:"valid"`     // of the full recipe in percent
	Test      Spread  `json:"test"`
}

// finals gives the accuracies of all architectures that runs found, by
// architecture.
type finals struct{ valid, test map[int]float64 }

func (p Plan) finals(runs []*search.Run) (finals, error) {
	f := finals{map[int]float64{}, map[int]float64{}}
	for _, r := range runs {
		for _, arch := range r.Best {
			if _, ok := f.valid[arch]; ok {
				continue
			}
			var err error
			if f.valid[arch], f.test[arch], err = p.Judge.Final(arch); err != nil {
				return finals{}, err
			}
		}
	}
	return f, nil
}

func (f finals) validOf(arch int) float64 { return f.valid[arch] }
func (f finals) testOf(arch int) float64  { return f.test[arch] }

// Summarize sums runs up by the published rule: the values at the budget (see
// [search.Run.At]).
func (p Plan) Summarize(runs []*search.Run) (Summary, error) {
	f, err := p.finals(runs)
	if err != nil {
		return Summary{}, err
	}
	s := Summary{Runs: len(runs)}
	var valid, test []float64
	for _, r := range runs {
		if len(r.Clock) == 0 {
			return Summary{}, errors.New("search: a run trained nothing")
		}
		s.Trainings += float64(len(r.Clock)) / float64(len(runs))
		valid = append(valid, r.At(p.Problem.Budget, f.validOf))
		test = append(test, r.At(p.Problem.Budget, f.testOf))
	}
	if len(runs) > 0 {
		s.Valid, s.Test = spreadOf(valid), spreadOf(test)
	}
	return s, nil
}

// Curve is what runs had reached over time: the test accuracy of the incumbents
// in percent, from the first time at which every run has one.
type Curve struct {
	Name    string
	Seconds []float64
	At      []Spread
}

// curvePoints is the number of points of a curve.
const curvePoints = 150

// CurveOf gives a curve: of steps, or by the line that the published plots draw
// between trainings.
func (p Plan) CurveOf(runs []*search.Run, published bool) (Curve, error) {
	f, err := p.finals(runs)
	if err != nil {
		return Curve{}, err
	}
	c := Curve{Name: p.Algorithm.Name()}
	for k := range curvePoints + 1 {
		seconds := float64(k) / curvePoints * p.Problem.Budget
		var values []float64
		for _, r := range runs {
			if published {
				values = append(values, r.At(seconds, f.testOf))
			} else if arch, ok := r.By(seconds); ok {
				values = append(values, f.test[arch])
			}
		}
		if len(values) == len(runs) && len(runs) > 0 {
			c.Seconds, c.At = append(c.Seconds, seconds), append(c.At, spreadOf(values))
		}
	}
	return c, nil
}
