// Package trainings judges architectures by training them: a search then is the
// work of hours, which several processes share and which goes on where it was
// interrupted, because what it needs of a training is in its trial file.
package trainings

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"cellnet/bench/record"
	"cellnet/bench/trialfile"
	"cellnet/data"
	"cellnet/search"
	"cellnet/train"
	"cellnet/train/trials"
)

// Judge trains what it is asked for, unless the trial file is there. It may be
// used by several runs at the same time.
type Judge struct {
	runner   trials.Runner
	dataset  data.Dataset
	retry    time.Duration
	validate data.Set

	mu       sync.Mutex
	known    map[trial]search.Outcome
	diverged map[trial]bool
	ahead    []trials.Item
}

// trial is what is trained of an architecture.
type trial struct {
	arch int
	seed uint32
}

func trialOf(i trials.Item) trial { return trial{i.Arch, i.Seed} }

// retryAfter is the time between two looks at a trial that another process trains.
const retryAfter = 200 * time.Millisecond

// New returns the judge by the trainings of a runner, whose set has one dataset.
// The runner's items and the set's architectures are the judge's own business. The
// seeds of the set are the trials that a search draws from.
func New(r trials.Runner) (*Judge, error) {
	r.Set.Archs, r.Set.Dedup = []int{0}, false
	if err := r.Set.Validate(); err != nil {
		return nil, err
	}
	if len(r.Set.Datasets) != 1 {
		return nil, fmt.Errorf("search: %d datasets, want one", len(r.Set.Datasets))
	}
	d := r.Set.Datasets[0]
	r.Load = once(r.Load)
	return &Judge{
		runner: r, dataset: d, retry: retryAfter, validate: validation(d),
		known: map[trial]search.Outcome{}, diverged: map[trial]bool{},
	}, nil
}

// once keeps the images of the one dataset.
func once(load func(data.Dataset) (*train.Data, error)) func(data.Dataset) (*train.Data, error) {
	var images *train.Data
	var err error
	var done sync.Once
	return func(d data.Dataset) (*train.Data, error) {
		done.Do(func() { images, err = load(d) })
		return images, err
	}
}

// validation is the set that a search goes by: x-valid, or of datasets that have
// none the only one there is.
func validation(d data.Dataset) data.Set {
	sets := d.EvaluationSets()
	if slices.Contains(sets, data.XValid) {
		return data.XValid
	}
	return sets[0]
}

// tested is the set of which the accuracy is reported.
func tested(d data.Dataset) data.Set {
	sets := d.EvaluationSets()
	if slices.Contains(sets, data.XTest) {
		return data.XTest
	}
	return sets[len(sets)-1]
}

// Trials is the number of seeds.
func (j *Judge) Trials(int) (int, error) { return len(j.runner.Set.Seeds), nil }

// Ahead is told of jobs that will be asked for: a process that would wait for
// another one trains these meanwhile.
func (j *Judge) Ahead(jobs []search.Job) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, job := range jobs {
		j.ahead = append(j.ahead, j.item(job))
	}
}

func (j *Judge) item(job search.Job) trials.Item {
	return trials.Item{Arch: job.Arch, Seed: j.runner.Set.Seeds[job.Trial]}
}

// Train gives what a training brought, after the whole recipe. A training that
// diverges brings an accuracy of 0 in no time.
func (j *Judge) Train(ctx context.Context, job search.Job) (search.Outcome, error) {
	if whole := j.runner.Set.Recipe.TotalEpochs(); job.Epochs != whole {
		return search.Outcome{}, fmt.Errorf("training for %d of %d epochs: trainings that really run are whole ones, want random, evolution, reinforce, local or bayesian", job.Epochs, whole)
	}
	item := j.item(job)
	for {
		if o, ok := j.outcome(item); ok {
			return o, nil
		}
		taken, err := j.train(ctx, item)
		if err != nil {
			return search.Outcome{}, err
		}
		if !taken {
			continue
		}
		helped, err := j.help(ctx)
		if err != nil {
			return search.Outcome{}, err
		}
		if helped {
			continue
		}
		select {
		case <-ctx.Done():
			return search.Outcome{}, ctx.Err()
		case <-time.After(j.retry):
		}
	}
}

func (j *Judge) outcome(item trials.Item) (search.Outcome, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	o, ok := j.known[trialOf(item)]
	return o, ok
}

// train trains an item, or reads what a training left, so that its outcome is
// known, unless another process has taken it.
func (j *Judge) train(ctx context.Context, item trials.Item) (taken bool, err error) {
	r := j.runner
	r.Items, r.Jobs = []trials.Item{item}, 1
	sum, err := r.Run(ctx)
	switch {
	case err != nil:
		return false, err
	case sum.Taken > 0:
		return true, nil
	case len(sum.Diverged) > 0:
		j.mu.Lock()
		defer j.mu.Unlock()
		j.known[trialOf(item)], j.diverged[trialOf(item)] = search.Outcome{}, true
		return false, nil
	}
	t, err := j.read(item)
	if err != nil {
		return false, err
	}
	at := record.AtEpoch(t.Epochs - 1)
	valid, err := t.Metrics(j.validate, at)
	if err != nil {
		return false, fmt.Errorf("%v on %v: %w", item, j.dataset, err)
	}
	trained, err := t.Metrics(data.Train, at)
	if err != nil {
		return false, fmt.Errorf("%v on %v: %w", item, j.dataset, err)
	}
	if !trained.Total.OK || !valid.Total.OK {
		return false, fmt.Errorf("%v on %v: no times: %w", item, j.dataset, record.ErrMissing)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.known[trialOf(item)] = search.Outcome{
		Accuracy: valid.Accuracy, Seconds: trained.Total.Value + valid.Total.Value/float64(t.Epochs),
	}
	return false, nil
}

// help trains one of the items ahead that nobody has taken.
func (j *Judge) help(ctx context.Context) (helped bool, err error) {
	j.mu.Lock()
	j.ahead = slices.DeleteFunc(j.ahead, func(i trials.Item) bool { _, ok := j.known[trialOf(i)]; return ok })
	ahead := slices.Clone(j.ahead)
	j.mu.Unlock()
	for _, item := range ahead {
		taken, err := j.train(ctx, item)
		if err != nil || !taken {
			return true, err
		}
	}
	return false, nil
}

// read reads the trial of an item.
func (j *Judge) read(item trials.Item) (*record.Trial, error) {
	f, err := trialfile.ReadFile(filepath.Join(j.runner.Set.Folder(j.runner.Out), item.FileName()))
	if err != nil {
		return nil, err
	}
	for _, t := range f.Trials {
		if t.Dataset == j.dataset {
			return t, nil
		}
	}
	return nil, fmt.Errorf("%v: no training on %v: %w", item, j.dataset, record.ErrMissing)
}

// Final gives the means over the trials of the recipe that there are: on the set
// that the search went by, and on x-test, or on ori-test of datasets without.
func (j *Judge) Final(arch int) (valid, test float64, err error) {
	n := 0
	for _, seed := range j.runner.Set.Seeds {
		t, err := j.read(trials.Item{Arch: arch, Seed: seed})
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return 0, 0, err
		}
		at := record.AtEpoch(t.Epochs - 1)
		v, err := t.Metrics(j.validate, at)
		if err != nil {
			return 0, 0, err
		}
		w, err := t.Metrics(tested(j.dataset), at)
		if err != nil {
			return 0, 0, err
		}
		valid, test, n = valid+v.Accuracy, test+w.Accuracy, n+1
	}
	switch {
	case n > 0:
		return valid / float64(n), test / float64(n), nil
	case j.hasDiverged(arch):
		return 0, 0, nil
	}
	return 0, 0, fmt.Errorf("architecture %d is not trained: %w", arch, record.ErrMissing)
}

func (j *Judge) hasDiverged(arch int) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.ContainsFunc(j.runner.Set.Seeds, func(seed uint32) bool { return j.diverged[trial{arch, seed}] })
}
