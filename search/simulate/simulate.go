// Package simulate judges architectures by results that are known: a search
// then takes no longer than its draws.
package simulate

import (
	"context"
	"fmt"

	"cellnet/data"
	"cellnet/search"
)

// Judge is a judge that also knows what the architectures reach with the full
// recipe, which is what searches are compared by.
type Judge interface {
	search.Judge
	// Final gives the means over trials in percent: on x-valid of cifar10-valid
	// or of the dataset, and on ori-test of cifar10 or x-test of the dataset.
	Final(arch int) (valid, test float64, err error)
}

// Budget is the simulated time in seconds that the published searches have.
func Budget(space *search.Space, d data.Dataset) float64 {
	switch {
	case d == data.CIFAR10:
		return 20000
	case d == data.CIFAR100:
		return 40000
	case space == search.Size():
		return 60000
	}
	return 120000
}

// ParseDataset returns the dataset of a search: cifar10, cifar100 or
// ImageNet16-120.
func ParseDataset(name string) (data.Dataset, error) {
	d, err := data.ResolveDataset(name)
	if err != nil || !searched(d) {
		return 0, datasetError(name)
	}
	return d, nil
}

func searched(d data.Dataset) bool {
	return d == data.CIFAR10 || d == data.CIFAR100 || d == data.ImageNet16
}

func datasetError(name string) error {
	return fmt.Errorf("search: dataset: %.40q, want cifar10 (which validates on cifar10-valid), cifar100 or ImageNet16-120", name)
}

// mixed is a number in [0, 1) that belongs to an architecture, one for each
// stream.
func mixed(arch, stream int) float64 {
	x := uint32(arch*64 + stream)
	x ^= x >> 16
	x *= 0x7feb352d
	x ^= x >> 15
	x *= 0x846ca68b
	x ^= x >> 16
	return float64(x) / (1 << 32)
}

// shortEpochs is the recipe whose trainings may be cut short.
const shortEpochs = 12

// early is the accuracy after some epochs of a training of shortEpochs that ends
// at last: no table has those, so they come from a curve of the usual form.
func early(last float64, d data.Dataset, arch, epochs int) float64 {
	if epochs == shortEpochs {
		return last
	}
	first, chance := 0.37, 10.0 // share of the way that the first epoch gets; accuracy before it
	switch d {
	case data.CIFAR100:
		first, chance = 0.155, 1
	case data.ImageNet16:
		first, chance = 0.196, 100.0/120
	}
	t := float64(epochs-1) / (shortEpochs - 1)
	share := first + (1-first)*t
	share *= 1 + (mixed(arch, 8+epochs-1)-0.5)*0.5*(1-t)
	return chance + (last-chance)*share
}

// checkEpochs checks the length of a training by a recipe.
func checkEpochs(recipe, epochs int) error {
	switch {
	case epochs < 1 || epochs > recipe:
		return fmt.Errorf("no training of %d epochs by the recipe of %d", epochs, recipe)
	case epochs < recipe && recipe != shortEpochs:
		return fmt.Errorf("no result after %d of %d epochs: a published benchmark file has those", epochs, recipe)
	}
	return nil
}

// Builtin judges cells by the built-in results. They lack some of what a search
// asks for, which is filled in: times of validation by a fit to published
// records, the two single trials of recipe 12 on cifar10 by the mean and a spread
// of half a percent at most, accuracies before the last epoch by a curve of the
// usual form.
type Builtin struct {
	dataset data.Dataset
	recipe  int
	cells   []builtinCell
}

// builtinCell is what is known of a cell, accuracies in percent.
type builtinCell struct {
	trials            [mostTrials]float64 // last accuracies, of the first so many
	count             int
	train, validation float64 // seconds of an epoch and of a validation
	valid, test       float64 // of the full recipe
}

// mostTrials is the number of trials of a cell with one recipe at most.
const mostTrials = 3

// Trials is the number of trials of the recipe.
func (b *Builtin) Trials(arch int) (int, error) { return b.cells[arch].count, nil }

// Train looks a training up.
func (b *Builtin) Train(_ context.Context, job search.Job) (search.Outcome, error) {
	if err := checkEpochs(b.recipe, job.Epochs); err != nil {
		return search.Outcome{}, err
	}
	c := &b.cells[job.Arch]
	accuracy := c.trials[job.Trial]
	if b.recipe == shortEpochs {
		accuracy = early(accuracy, b.dataset, job.Arch, job.Epochs)
	}
	return search.Outcome{Accuracy: accuracy, Seconds: float64(c.train*float64(job.Epochs)) + c.validation}, nil
}

// Final gives the means after 200 epochs.
func (b *Builtin) Final(arch int) (valid, test float64, err error) {
	return b.cells[arch].valid, b.cells[arch].test, nil
}
