package bench

import (
	"errors"
	"fmt"
	"slices"

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
	reader := lastReader{b: b}
	for _, i := range indexes {
		trials, err := reader.trials(i, d, hp)
		if none := (*noTrialError)(nil); err != nil && !errors.As(err, &none) {
			return nil, err
		}
		counts[len(trials)]++
	}
	return counts, nil
}
