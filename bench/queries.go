package bench

import (
	"fmt"
	"slices"

	"cellnet/data"
)

// Results gives an architecture's results by a recipe.
func (b *Benchmark) Results(index int, hp HP) (*Results, error) {
	a, err := b.Arch(index)
	if err != nil {
		return nil, err
	}
	return a.Results(hp)
}

// Trials gives an architecture's trials on a dataset, in the order of their
// seeds.
func (b *Benchmark) Trials(index int, d data.Dataset, hp HP) ([]*Trial, error) {
	return b.trialsOn(index, d, hp, allParts)
}

// Metrics gives an architecture's metrics on a set of a dataset, of the chosen
// trial or the means over all.
func (b *Benchmark) Metrics(index int, d data.Dataset, set data.Set, hp HP, epoch Epoch, choice Choice) (Metrics, error) {
	if epoch.IsLast() {
		r := lastReader{b: b}
		trials, err := r.trials(index, d, hp)
		if err != nil {
			return Metrics{}, err
		}
		m, err := metricsOf(b.API(), trials, set, epoch, choice)
		return m, onDataset(index, d, err)
	}
	trials, err := b.trialsOn(index, d, hp, scores|seconds)
	if err != nil {
		return Metrics{}, err
	}
	m, err := metricsOf(b.API(), trials, set, epoch, choice)
	return m, onDataset(index, d, err)
}

// Cost gives an architecture's cost on a dataset.
func (b *Benchmark) Cost(index int, d data.Dataset, hp HP) (Cost, error) {
	trials, err := b.trialsOn(index, d, hp, latencies|seconds)
	if err != nil {
		return Cost{}, err
	}
	c, err := costOfTrials(b.API(), trials)
	return c, onDataset(index, d, err)
}

// Latency gives an architecture's mean latency on a dataset in seconds, leaving
// out trials that have none.
func (b *Benchmark) Latency(index int, d data.Dataset, hp HP) (Number, error) {
	c, err := b.Cost(index, d, hp)
	return c.Latency, err
}

// NetConfig gives the configuration of an architecture's network on a dataset.
func (b *Benchmark) NetConfig(index int, d data.Dataset) (NetConfig, error) {
	if err := b.checkAccess(index); err != nil {
		return NetConfig{}, err
	}
	hps, err := b.hpsOf(index)
	if err != nil {
		return NetConfig{}, err
	}
	if len(hps) == 0 {
		return NetConfig{}, fmt.Errorf("architecture %d has no results: %w", index, ErrMissing)
	}
	if b.API() == NAS201 {
		slices.Sort(hps) // the order in which nas_201_api keeps them
	}
	trials, err := b.trialsOn(index, d, hps[0], 0)
	if err != nil {
		return NetConfig{}, err
	}
	if len(trials) == 0 {
		return NetConfig{}, fmt.Errorf("architecture %d has no trial on %v: %w", index, d, ErrMissing)
	}
	return trials[0].Net, nil
}

// HPs lists the recipes that any architecture has results of, or in layouts that
// are read on demand any that was asked for.
func (b *Benchmark) HPs() ([]HP, error) {
	if b.API() == NAS201 && b.layout != TrialFolder {
		return []HP{HP12, HP200}, nil
	}
	indexes, err := b.Evaluated()
	if err != nil {
		return nil, err
	}
	var all []HP
	for _, i := range indexes {
		hps, err := b.hpsOf(i)
		if err != nil {
			return nil, err
		}
		all = append(all, hps...)
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// hpsOf lists the recipes of an architecture.
func (b *Benchmark) hpsOf(index int) ([]HP, error) {
	if s, ok := b.from.(*store); ok && s.has(index) && !b.isChanged(index) {
		return s.hps(index), nil
	}
	a, err := b.load(index)
	if err != nil {
		return nil, err
	}
	return a.HPs(), nil
}

// publishedHPs lists the recipes in the order in which the API keeps them.
func (a *Arch) publishedHPs(api API) []HP {
	hps := a.HPs()
	if api == NAS201 {
		slices.Sort(hps)
	}
	return hps
}
