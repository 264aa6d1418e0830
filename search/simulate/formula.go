package simulate

import (
	"context"
	"fmt"

	"cellnet/data"
	"cellnet/search"
)

// Formula judges networks of the size space by a formula that has the range and
// the noise of the benchmark, not its values: what a search finds by it says
// nothing about the benchmark. No table of that space is built in.
type Formula struct {
	dataset                 data.Dataset
	recipe                  int
	number                  int // of the dataset, which sets its noise apart
	low12, high12           float64
	low, high, gap          float64
	trainEpoch, validSecond float64
}

// NewFormula returns the formula of cifar10, cifar100 or ImageNet16-120, for the
// recipe of 12 or of 90 epochs.
func NewFormula(d data.Dataset, recipe int) (*Formula, error) {
	if recipe != 12 && recipe != 90 {
		return nil, fmt.Errorf("search: recipe: %d epochs, want 12 or 90", recipe)
	}
	f := Formula{dataset: d, recipe: recipe}
	switch d {
	case data.CIFAR10:
		f.low12, f.high12, f.low, f.high, f.gap = 65.0, 84.0, 76.9, 90.7, 2.7
		f.trainEpoch, f.validSecond = 3.0, 1.2
	case data.CIFAR100:
		f.number = 1
		f.low12, f.high12, f.low, f.high, f.gap = 23.7, 58.0, 32.2, 70.9, 0.3
		f.trainEpoch, f.validSecond = 5.2, 0.37
	case data.ImageNet16:
		f.number = 2
		f.low12, f.high12, f.low, f.high, f.gap = 14.1, 36.0, 16.6, 46.7, 0.6
		f.trainEpoch, f.validSecond = 10.0, 0.24
	default:
		return nil, datasetError(d.String())
	}
	return &f, nil
}

// worth is how good the widths are, from 0 to 1.
func worth(arch int) float64 {
	weights := [...]float64{0.08, 0.12, 0.20, 0.28, 0.32}
	var sum float64
	for i, c := range search.Size().Choices(arch) {
		sum += weights[i] * (float64(c) / float64(c+1))
	}
	return sum / 0.875
}

// share is how wide the network is, from 0 to 1.
func share(arch int) float64 {
	sum := 0
	for _, c := range search.Size().Choices(arch) {
		sum += int(c)
	}
	return float64(sum) / 35
}

// Trials is 3 for the recipe of 12 epochs, 1 for that of 90.
func (f *Formula) Trials(int) (int, error) {
	if f.recipe == 90 {
		return 1, nil
	}
	return 3, nil
}

// Train computes what a training brings.
func (f *Formula) Train(_ context.Context, job search.Job) (search.Outcome, error) {
	if err := checkEpochs(f.recipe, job.Epochs); err != nil {
		return search.Outcome{}, err
	}
	accuracy := f.validation(job.Arch)
	if f.recipe == shortEpochs {
		last := f.low12 + (f.high12-f.low12)*worth(job.Arch)
		last += (mixed(job.Arch, 28+3*f.number+job.Trial) - 0.5) * 1.5
		accuracy = early(last, f.dataset, job.Arch, job.Epochs)
	}
	wide := share(job.Arch)
	train, valid := f.trainEpoch*(1+0.8*wide), f.validSecond*(1+0.5*wide)
	return search.Outcome{Accuracy: accuracy, Seconds: train*float64(job.Epochs) + valid}, nil
}

func (f *Formula) validation(arch int) float64 {
	return f.low + (f.high-f.low)*worth(arch) + (mixed(arch, 20+f.number) - 0.5)
}

// Final computes what the recipe of 90 epochs brings.
func (f *Formula) Final(arch int) (valid, test float64, err error) {
	valid = f.validation(arch)
	return valid, valid + f.gap + (mixed(arch, 24+f.number)-0.5)*0.5, nil
}
