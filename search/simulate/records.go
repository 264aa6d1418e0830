package simulate

import (
	"context"
	"fmt"
	"sync"

	"cellnet/bench"
	"cellnet/data"
	"cellnet/search"
)

// Records judges architectures by the records of a benchmark: a published file, a
// store, trial files. It may be used by several runs at the same time.
type Records struct {
	from          *bench.Benchmark
	space         *search.Space
	valid, tested data.Dataset
	test          data.Set
	recipe        bench.HP

	mu    sync.Mutex
	known map[trained][]search.Outcome // by trial
}

// trained is a length of training of an architecture.
type trained struct{ arch, epochs int }

// NewRecords returns the judge by a benchmark on cifar10 (validated on
// cifar10-valid), cifar100 or ImageNet16-120, by a recipe of so many epochs. The
// benchmark must stay open.
func NewRecords(b *bench.Benchmark, d data.Dataset, recipe int) (*Records, error) {
	if !searched(d) {
		return nil, datasetError(d.String())
	}
	name, err := b.Space()
	if err != nil {
		return nil, err
	}
	r := &Records{
		from: b, space: search.Topology(), valid: d, tested: d, test: data.XTest, recipe: bench.HP(recipe),
		known: map[trained][]search.Outcome{},
	}
	if name == bench.Size {
		r.space = search.Size()
	}
	if d == data.CIFAR10 {
		r.valid, r.test = data.CIFAR10Valid, data.OriTest
	}
	return r, nil
}

// Space is the benchmark's search space.
func (r *Records) Space() *search.Space { return r.space }

// Trials counts the trials of the recipe.
func (r *Records) Trials(arch int) (int, error) {
	all, err := r.outcomes(trained{arch, int(r.recipe)})
	return len(all), err
}

// Train looks a training up: the accuracy on x-valid after its last epoch, and the
// seconds of its epochs and of one validation.
func (r *Records) Train(_ context.Context, job search.Job) (search.Outcome, error) {
	all, err := r.outcomes(trained{job.Arch, job.Epochs})
	if err != nil {
		return search.Outcome{}, err
	}
	return all[job.Trial], nil
}

// outcomes reads what all trials of an architecture had brought by an epoch.
func (r *Records) outcomes(of trained) ([]search.Outcome, error) {
	r.mu.Lock()
	known, ok := r.known[of]
	r.mu.Unlock()
	if ok {
		return known, nil
	}
	trials, err := r.from.Trials(of.arch, r.valid, r.recipe)
	if err != nil {
		return nil, err
	}
	for _, t := range trials {
		at := bench.AtEpoch(of.epochs - 1)
		valid, err := t.Metrics(data.XValid, at)
		if err != nil {
			return nil, fmt.Errorf("%v, recipe %v, seed %d: %w", r.valid, r.recipe, t.Seed, err)
		}
		train, err := t.Metrics(data.Train, at)
		if err != nil {
			return nil, fmt.Errorf("%v, recipe %v, seed %d: %w", r.valid, r.recipe, t.Seed, err)
		}
		if !train.Total.OK || !valid.Total.OK {
			return nil, fmt.Errorf("%v, recipe %v, seed %d: no times: %w", r.valid, r.recipe, t.Seed, bench.ErrMissing)
		}
		known = append(known, search.Outcome{
			Accuracy: valid.Accuracy, Seconds: train.Total.Value + valid.Total.Value/float64(of.epochs),
		})
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.known[of] = known
	return known, nil
}

// Final gives the means after the longest published recipe.
func (r *Records) Final(arch int) (valid, test float64, err error) {
	hp := bench.HP200
	if r.space == search.Size() {
		hp = bench.HP90
	}
	v, err := r.from.Metrics(bench.Selection{Index: arch, Dataset: r.valid, HP: hp}, data.XValid)
	if err != nil {
		return 0, 0, err
	}
	t, err := r.from.Metrics(bench.Selection{Index: arch, Dataset: r.tested, HP: hp}, r.test)
	return v.Accuracy, t.Accuracy, err
}
