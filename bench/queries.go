package bench

import (
	"errors"
	"fmt"
	"slices"

	"cellnet/bench/internal/source"
	"cellnet/bench/record"
	"cellnet/data"
)

// Selection says whose numbers are meant: of an architecture on a dataset by a
// recipe, at an epoch, of the chosen trial or the means over all.
type Selection struct {
	Index   int // of the architecture
	Dataset data.Dataset
	HP      HP
	Epoch   Epoch  // zero: the last
	Choice  Choice // zero: the mean over all trials
}

// Results gives an architecture's results by a recipe.
func (b *Benchmark) Results(index int, hp HP) (*Results, error) {
	a, err := b.Architecture(index)
	if err != nil {
		return nil, err
	}
	return a.Results(hp)
}

// Trials gives an architecture's trials on a dataset, in the order of their
// seeds.
func (b *Benchmark) Trials(index int, d data.Dataset, hp HP) ([]*Trial, error) {
	return b.trials(index, d, hp, source.AllParts)
}

// trials gives the trials with the wanted parts or more.
func (b *Benchmark) trials(index int, d data.Dataset, hp HP, want source.Parts) ([]*Trial, error) {
	return ask(b, index, func() ([]*Trial, error) {
		return b.source.Trials(index, source.Query{Dataset: d, HP: hp, Parts: want})
	})
}

// Snapshots gives the trials that a selection is of, whichever it chooses of them.
func (b *Benchmark) Snapshots(s Selection) (record.Snapshots, error) {
	return ask(b, s.Index, func() (record.Snapshots, error) {
		return b.source.Snapshots(s.Index, source.Query{Dataset: s.Dataset, HP: s.HP, Epoch: s.Epoch})
	})
}

// Metrics gives the metrics on a set, which may be data.Train.
func (b *Benchmark) Metrics(s Selection, set data.Set) (Metrics, error) {
	trials, err := ask(b, s.Index, func() (record.Snapshots, error) {
		return b.source.Snapshots(s.Index, source.Query{Dataset: s.Dataset, HP: s.HP, Epoch: s.Epoch, Only: set})
	})
	if err != nil {
		return Metrics{}, err
	}
	return trials.Metrics(b.API(), set, s.Choice)
}

// MoreInfo gives the metrics on all sets of the dataset. Sets that some trial lacks
// at the epoch are left out.
func (b *Benchmark) MoreInfo(s Selection) (Info, error) {
	trials, err := b.Snapshots(s)
	if err != nil {
		return Info{}, err
	}
	return trials.Info(b.API(), s.HP, s.Choice)
}

// Cost gives an architecture's cost on a dataset.
func (b *Benchmark) Cost(index int, d data.Dataset, hp HP) (Cost, error) {
	trials, err := b.trials(index, d, hp, source.Latencies|source.Seconds)
	if err != nil {
		return Cost{}, err
	}
	c, err := record.CostOf(b.API(), trials)
	return c, record.OnDataset(index, d, err)
}

// Latency gives an architecture's mean latency on a dataset in seconds, leaving
// out trials that have none.
func (b *Benchmark) Latency(index int, d data.Dataset, hp HP) (Number, error) {
	c, err := b.Cost(index, d, hp)
	return c.Latency, err
}

// NetConfig gives the configuration of an architecture's network on a dataset.
func (b *Benchmark) NetConfig(index int, d data.Dataset) (NetConfig, error) {
	hps, err := ask(b, index, func() ([]HP, error) { return b.source.HPs(index) })
	if err != nil {
		return NetConfig{}, err
	}
	if len(hps) == 0 {
		return NetConfig{}, fmt.Errorf("architecture %d has no results: %w", index, ErrMissing)
	}
	trials, err := b.trials(index, d, b.keptOrder(hps)[0], 0)
	if err != nil {
		return NetConfig{}, err
	}
	if len(trials) == 0 {
		return NetConfig{}, fmt.Errorf("architecture %d has no trial on %v: %w", index, d, ErrMissing)
	}
	return trials[0].Net, nil
}

// keptOrder puts an architecture's recipes into the order in which the API keeps
// them.
func (b *Benchmark) keptOrder(hps []HP) []HP {
	if b.API().SortsRecipes() {
		slices.Sort(hps)
	}
	return hps
}

// HPs lists the recipes that any architecture has results of, or in layouts that
// are read on demand any that was asked for.
func (b *Benchmark) HPs() ([]HP, error) {
	if fixed := b.layout.FixedHPs(); fixed != nil {
		return fixed, nil
	}
	indexes, err := b.Evaluated()
	if err != nil {
		return nil, err
	}
	var all []HP
	for _, i := range indexes {
		hps, err := b.source.HPs(i)
		if errors.Is(err, source.ErrNotStored) {
			err = b.notStored(i)
		}
		if err != nil {
			return nil, err
		}
		all = append(all, hps...)
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}
