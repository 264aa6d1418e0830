package bench

import (
	"errors"
	"fmt"
	"iter"
	"slices"

	"cellnet/bench/internal/source"
	"cellnet/bench/record"
	"cellnet/data"
)

// Statistics counts the architectures by their number of trials on a dataset by
// a recipe.
func (b *Benchmark) Statistics(d data.Dataset, hp HP) (map[int]int, error) {
	if !slices.Contains([]data.Dataset{data.CIFAR10Valid, data.CIFAR10, data.CIFAR100, data.ImageNet16}, d) {
		return nil, fmt.Errorf("no statistics of %v, want cifar10-valid, cifar10, cifar100 or ImageNet16-120", d)
	}
	indexes, err := b.Indexes(OnlyEvaluated)
	if err != nil {
		return nil, err
	}
	counts := map[int]int{}
	for trials, err := range b.allSnapshots(indexes, source.Query{Dataset: d, HP: hp}) {
		if none := (*record.NoTrialError)(nil); err != nil && !errors.As(err, &none) {
			return nil, err
		}
		counts[len(trials.Trials)]++
	}
	return counts, nil
}

// allSnapshots walks over the trials of some architectures, which are given lowest
// index first, in any order.
func (b *Benchmark) allSnapshots(indexes []int, q source.Query) iter.Seq2[record.Snapshots, error] {
	return func(yield func(record.Snapshots, error) bool) {
		if b.areMost(indexes) {
			var others []int
			for _, index := range indexes {
				if !b.source.Has(index) {
					others = append(others, index)
				}
			}
			for trials, err := range b.source.AllSnapshots(q) {
				if _, wanted := slices.BinarySearch(indexes, trials.Index); wanted && !yield(trials, err) {
					return
				}
			}
			indexes = others
		}
		for _, index := range indexes {
			trials, err := ask(b, index, func() (record.Snapshots, error) { return b.source.Snapshots(index, q) })
			if !yield(trials, err) {
				return
			}
		}
	}
}
