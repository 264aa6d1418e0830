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
	b := &Builtin{dataset: d, recipe: recipe, cells: make([]builtinCell, cell.SpaceSize)}
	valid, test, ofEpoch := d, data.XTest, 0.12
	switch d {
	case data.CIFAR10:
		valid, test, ofEpoch = data.CIFAR10Valid, data.OriTest, 1
	case data.CIFAR100:
		ofEpoch = 0.2
	}
	for arch := range b.cells {
		c := &b.cells[arch]
		epoch := t.EpochSeconds(arch, data.CIFAR10Valid)
		c.train, c.validation = t.EpochSeconds(arch, valid), (1.03+0.2446*epoch)*ofEpoch
		c.valid, _ = t.Accuracy(arch, valid, data.XValid, 200)
		c.test, _ = t.Accuracy(arch, d, test, 200)
		c.fillTrials(t, arch, valid, recipe)
	}
	return b, nil
}

// fillTrials fills in the last accuracies of the trials of a recipe.
func (c *builtinCell) fillTrials(t *builtin.Table, arch int, d data.Dataset, recipe int) {
	if recipe == 200 {
		for _, seed := range t.Seeds(arch) {
			c.trials[c.count], _ = t.Trial(arch, d, seed)
			c.count++
		}
		return
	}
	mean, _ := t.Accuracy(arch, d, data.XValid, recipe)
	c.trials[0], c.count = mean, 1
	if d == data.CIFAR10Valid {
		half := mixed(arch, 0) - 0.5
		c.trials[0], c.trials[1], c.count = mean+half, mean-half, 2
	}
}
