package record

import (
	"fmt"
	"slices"

	"cellnet/data"
)

// Cost is what an architecture costs on a dataset: means over its trials. In
// JSON the keys are those of the published APIs: flops, params, latency,
// T-train@epoch, T-train@total and so on for every evaluation set.
type Cost struct {
	FLOPs   float64 // multiply-accumulates in millions
	Params  float64 // parameters in millions
	Latency Number  // seconds of a batch
	Times   Times   // of training, then of the evaluation sets
}

// Cost gives the cost of the trials on a dataset.
func (r *Results) Cost(api API, d data.Dataset) (Cost, error) {
	trials, err := r.On(d)
	if err != nil {
		return Cost{}, err
	}
	c, err := CostOf(api, trials)
	return c, OnDataset(r.Index, d, err)
}

// CostOf gives the cost of an architecture with trials on a dataset.
func CostOf(api API, trials []*Trial) (c Cost, err error) {
	sizes, times := make([]size, len(trials)), make([]Times, len(trials))
	var latencies []float64
	for i, t := range trials {
		sizes[i], times[i] = size{t.Seed, t.FLOPs, t.Params}, t.Times(api)
		if latency := t.MeanLatency(); latency.OK && latency.Value > 0 {
			latencies = append(latencies, latency.Value)
		}
	}
	if c.FLOPs, c.Params, err = api.meanSize(sizes); err != nil {
		return Cost{}, err
	}
	if len(latencies) > 0 {
		c.Latency = NumberOf(api.mean(latencies))
	}
	c.Times, err = meanTimes(api, times)
	return c, err
}

// size is that of a trial's network.
type size struct {
	seed          int
	flops, params float64 // in millions
}

// meanSize averages the sizes of a network's trials.
func (api API) meanSize(trials []size) (flops, params float64, err error) {
	if len(trials) == 0 {
		return 0, 0, errNoTrials
	}
	if flops, err = api.mixedMean(trials, func(s size) float64 { return s.flops }); err != nil {
		return 0, 0, fmt.Errorf("FLOPs: %w", err)
	}
	if params, err = api.mixedMean(trials, func(s size) float64 { return s.params }); err != nil {
		return 0, 0, fmt.Errorf("parameters: %w", err)
	}
	return flops, params, nil
}

var errNoTrials = fmt.Errorf("no trials: %w", ErrMissing)

// mixedMean averages a network's FLOPs or parameters over its trials. They differ
// where trials of the file were made with a faulty counter; nats_bench then
// takes those of seed 888, which are right.
func (api API) mixedMean(trials []size, of func(size) float64) (float64, error) {
	values := make([]float64, len(trials))
	for i, t := range trials {
		values[i] = of(t)
	}
	differ := slices.ContainsFunc(values, func(v float64) bool {
		return v != values[0] && fixed(v, 0, 5) != fixed(values[0], 0, 5)
	})
	if seed, trusted := api.trustedSeed(); trusted && differ {
		i := slices.IndexFunc(trials, func(s size) bool { return s.seed == seed })
		if i < 0 {
			return 0, fmt.Errorf("trials disagree and none has seed %d: %w", seed, ErrSizes)
		}
		return values[i], nil
	}
	return api.mean(values), nil
}

// MarshalJSON writes the keys of the published APIs in their order.
func (c Cost) MarshalJSON() ([]byte, error) { return c.Fields().MarshalJSON() }

// Fields gives the dict of the published APIs.
func (c Cost) Fields() Fields {
	return append(Fields{
		{"flops", NumberOf(c.FLOPs)},
		{"params", NumberOf(c.Params)},
		{"latency", c.Latency},
	}, c.Times.Fields()...)
}
