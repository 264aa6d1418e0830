package collect

import (
	"errors"
	"fmt"
	"slices"

	"cellnet/bench"
	"cellnet/cell"
	"cellnet/data"
)

// timesSeed is the seed of the trials whose seconds stand for those of all others.
const timesSeed = 777

var errTimesSpace = errors.New("collecting: the published program replaces times in the size search space only")

// publishTimes replaces the times of all trials; see Options.PublishedTimes.
func (c *Collection) publishTimes() error {
	if c.space != cell.Size {
		return errTimesSpace
	}
	for index, a := range c.archs {
		replaced := map[data.Dataset]times{}
		for _, r := range a.All() {
			for _, t := range r.Trials {
				own, ok := replaced[t.Dataset]
				if !ok {
					var err error
					if own, err = timesOf(a, t.Dataset); err != nil {
						return fmt.Errorf("collecting architecture %d: times on %v: %w", index, t.Dataset, err)
					}
					replaced[t.Dataset] = own
				}
				own.replace(t)
			}
		}
	}
	return nil
}

// times are those that the published program gives all trials on a dataset.
type times struct {
	latency float64
	train   float64 // seconds of an epoch
	eval    map[data.Set]float64
}

func timesOf(a *bench.Architecture, d data.Dataset) (times, error) {
	first, err := trialsOfOneEpoch(a, d)
	if err != nil {
		return times{}, err
	}
	at := slices.IndexFunc(first, func(t *bench.Trial) bool { return t.Seed == timesSeed })
	if at < 0 {
		return times{}, fmt.Errorf("recipe 01 has no trial of seed %d, whose times all others are to have: train it, or keep the measured times", timesSeed)
	}
	own := times{train: mean(first[at].Train.Seconds.Values), eval: map[data.Set]float64{}}
	for _, e := range first[at].Evals {
		own.eval[e.Set] = mean(e.Seconds.Values)
	}
	own.latency, err = publishedLatency(a, d)
	return own, err
}

func trialsOfOneEpoch(a *bench.Architecture, d data.Dataset) ([]*bench.Trial, error) {
	r, err := a.Results(bench.HP1)
	if err != nil {
		return nil, err
	}
	return r.On(d)
}

// publishedLatency adds the terms in the order of the published program. CIFAR-10,
// which has but one evaluation set, takes the latency of its other split.
func publishedLatency(a *bench.Architecture, d data.Dataset) (float64, error) {
	order := []data.Set{data.OriTest, data.XTest, data.XValid}
	switch d {
	case data.CIFAR10:
		d = data.CIFAR10Valid
		fallthrough
	case data.CIFAR10Valid:
		order = []data.Set{data.XValid, data.OriTest}
	}
	trials, err := trialsOfOneEpoch(a, d)
	if err != nil {
		return 0, err
	}
	var perBatch []float64
	for _, set := range order {
		var totals []float64
		for _, t := range trials {
			e, ok := t.Eval(set)
			if !ok {
				return 0, fmt.Errorf("seed %d of recipe 01 on %v has no %v: %w", t.Seed, d, set, bench.ErrMissing)
			}
			totals = append(totals, sum(e.Seconds.Values))
		}
		batches := (d.Count(set) + data.DefaultBatchSize - 1) / data.DefaultBatchSize
		perBatch = append(perBatch, mean(totals)/float64(batches))
	}
	return mean(perBatch), nil
}

// replace gives a trial these times.
func (own times) replace(t *bench.Trial) {
	t.Latency, t.Dialect.Verbatim = []float64{own.latency}, nil
	t.Dialect.OrderedTimes = true // as in all published files of the size search space
	t.Train.Seconds = constant(t.Train.Seconds, own.train)
	t.Evals = slices.Clone(t.Evals)
	for i := range t.Evals {
		e := &t.Evals[i]
		e.Seconds = constant(e.Seconds, own.eval[e.Set])
	}
}

// constant is a curve of one value.
func constant(c bench.Curve, v float64) bench.Curve {
	c.Values = slices.Repeat([]float64{v}, len(c.Values))
	return c
}

func sum(values []float64) (s float64) {
	for _, v := range values {
		s += v
	}
	return s
}

func mean(values []float64) float64 { return sum(values) / float64(len(values)) }
