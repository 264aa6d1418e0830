package simulate

import (
	"fmt"

	"cellnet/bench/builtin"
	"cellnet/cell"
	"cellnet/data"
)

// NewBuiltin returns the judge by the built-in results on cifar10 (validated on
// cifar10-valid), cifar100 or ImageNet16-120, by the recipe of 12 epochs, or on
// cifar10 also of 200.
func NewBuiltin(d data.Dataset, recipe int) (*Builtin, error) {
	if !searched(d) {
		return nil, datasetError(d.String())
	}
	if recipe != 12 && recipe != 200 {
		return nil, fmt.Errorf("search: recipe: %d epochs, want 12 or 200", recipe)
	}
	if recipe == 200 && d != data.CIFAR10 {
		return nil, fmt.Errorf("search: recipe: the built-in results have no single trials of 200 epochs on x-valid of %v, NATS-tss-v1_0-3ffb9 has", d)
	}
	t, err := builtin.Load()
	if err != nil {
		return nil, err
	}
	b := &Builtin{dataset: d, recipe: recipe}
	valid, test, ofEpoch := d, data.XTest, 0.12
	switch d {
	case data.CIFAR10:
		valid, test, ofEpoch = data.CIFAR10Valid, data.OriTest, 1
	case data.CIFAR100:
		ofEpoch = 0.2
	}
	for arch := range cell.SpaceSize {
		epoch := t.EpochSeconds(arch, data.CIFAR10Valid)
		b.train = append(b.train, t.EpochSeconds(arch, valid))
		b.validation = append(b.validation, (1.03+0.2446*epoch)*ofEpoch)
		last, _ := t.Accuracy(arch, valid, data.XValid, 200)
		b.valid = append(b.valid, last)
		tested, _ := t.Accuracy(arch, d, test, 200)
		b.test = append(b.test, tested)
		b.trials = append(b.trials, builtinTrials(t, arch, valid, recipe))
	}
	return b, nil
}

// builtinTrials gives the last accuracies of the trials of a recipe.
func builtinTrials(t *builtin.Table, arch int, d data.Dataset, recipe int) []float64 {
	if recipe == 200 {
		var trials []float64
		for _, seed := range t.Seeds(arch) {
			a, _ := t.Trial(arch, d, seed)
			trials = append(trials, a)
		}
		return trials
	}
	mean, _ := t.Accuracy(arch, d, data.XValid, recipe)
	if d != data.CIFAR10Valid {
		return []float64{mean}
	}
	half := mixed(arch, 0) - 0.5
	return []float64{mean + half, mean - half}
}
