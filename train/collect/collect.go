// Package collect makes benchmarks of trial files: their records are added to those
// of a benchmark, conflicts are told, and latencies measured.
package collect

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"cellnet/bench"
	"cellnet/bench/record"
	"cellnet/bench/trialfile"
	"cellnet/cell"
	"cellnet/data"
	"cellnet/weights"
)

// Options say how [Trials] works.
type Options struct {
	// Into is a benchmark to which the trials are added; it may be nil, and
	// must stay open as long as the collection is used.
	Into *bench.Benchmark
	// LatencyBatches is how many batches of 256 images are evaluated to measure
	// the latency of a trial that Into does not have; 0 measures none.
	LatencyBatches int
	Progress       func(done, total int) // may be nil; is told how many trial files are done
	// PublishedTimes replaces all times as the published sss-collect.py does, which
	// throws away what was measured: a dataset's seconds of training and of every
	// evaluation set are, in all recipes, epochs and seeds, those of the recipe of one
	// epoch with seed 777, and its latency is the mean over that recipe's seeds and
	// the evaluation sets of the seconds of a batch. It is for the size search space.
	PublishedTimes bool
}

// Collection is what was recorded in trial files, and in a benchmark that these were
// added to.
type Collection struct {
	Files   int // trial files
	Added   int // trials that the benchmark did not have
	space   cell.Space
	into    *bench.Benchmark
	archs   map[int]*bench.Architecture // those with trials of the files
	weights map[trialKey]string         // files that have a trial's weights
}

// trialKey names a trial.
type trialKey struct {
	arch    int
	hp      bench.HP
	dataset data.Dataset
	seed    int
}

// Trials reads the trial files in some folders and the folders within. If two of
// the files, or one and the benchmark, differ in what they record of the same
// trial, the error is a [*bench.ConflictError] that lists all such trials.
//
// A trial that stands for several architectures is recorded for each of them; its
// configuration names the one that was trained. A trial of their own goes before
// it.
func Trials(ctx context.Context, folders []string, o Options) (*Collection, error) {
	paths, err := FindTrialFiles(folders)
	if err != nil {
		return nil, err
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("collecting from %v: no trial files, such as arch-000157-seed-0777.pth", folders)
	}
	c := &Collection{Files: len(paths), into: o.Into, archs: map[int]*bench.Architecture{}, weights: map[trialKey]string{}}
	var conflicts []bench.Conflict
	var standIns []*trialFile
	for i, path := range paths {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		file, err := readTrialFile(path)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			if err := c.setSpace(file.Space); err != nil {
				return nil, err
			}
		}
		if file.Space != c.space {
			return nil, fmt.Errorf("collecting %s: a trial of the search space %v among those of %v: collect them apart: %w", path, file.Space, c.space, bench.ErrSpace)
		}
		if len(file.StandsFor) > 0 {
			standIns = append(standIns, file)
		}
		more, err := c.add(ctx, file, file.Arch, o.LatencyBatches)
		if err != nil {
			return nil, err
		}
		conflicts = append(conflicts, more...)
		if o.Progress != nil {
			o.Progress(i+1, len(paths))
		}
	}
	for _, file := range standIns {
		for _, arch := range file.StandsFor {
			if err := c.addStandIn(ctx, file, arch); err != nil {
				return nil, err
			}
		}
	}
	if len(conflicts) > 0 {
		return nil, &bench.ConflictError{Conflicts: conflicts}
	}
	if o.PublishedTimes {
		return c, c.publishTimes()
	}
	return c, nil
}

// setSpace sets the search space of the files, which must be that of the benchmark
// to which they are added.
func (c *Collection) setSpace(space cell.Space) error {
	c.space = space
	if c.into == nil {
		return nil
	}
	of, err := c.into.Space()
	if err == nil && of != space {
		err = fmt.Errorf("collecting: the trials are of the search space %v, the benchmark to add them to is of %v: %w", space, of, bench.ErrSpace)
	}
	return err
}

// FindTrialFiles lists the trial files in folders and the folders within.
func FindTrialFiles(folders []string) ([]string, error) {
	var paths []string
	for _, folder := range folders {
		more, err := trialfile.Find(folder)
		if err != nil {
			return nil, fmt.Errorf("looking for trial files: %w", err)
		}
		paths = append(paths, more...)
	}
	slices.Sort(paths)
	return slices.Compact(paths), nil
}

// record is an architecture's record as it is so far.
func (c *Collection) record(arch int) (*bench.Architecture, error) {
	if a, ok := c.archs[arch]; ok {
		return a, nil
	}
	if c.into != nil {
		a, err := c.into.Architecture(arch)
		if err == nil {
			return a.Clone(), nil
		}
		if !errors.Is(err, bench.ErrMissing) {
			return nil, err
		}
	}
	of, err := c.space.Arch(arch)
	if err != nil {
		return nil, err
	}
	return &bench.Architecture{Index: arch, ArchString: of.String()}, nil
}

// add adds a file's trials to an architecture's record.
func (c *Collection) add(ctx context.Context, file *trialFile, arch, latencyBatches int) ([]bench.Conflict, error) {
	a, err := c.record(arch)
	if err != nil {
		return nil, err
	}
	var conflicts []bench.Conflict
	for _, t := range file.Trials {
		hp := bench.HP(t.Epochs)
		if _, shared := t.Dataset.Info(); !shared {
			return nil, fmt.Errorf("%s: it is of a folder of own pictures, and benchmark files are of datasets that are the same everywhere", file.path)
		}
		known := a.Has(hp, t.Dataset, t.Seed)
		if !known && latencyBatches > 0 {
			if t.Latency, err = file.latency(ctx, t, latencyBatches); err != nil {
				return nil, err
			}
		}
		conflicts = append(conflicts, a.Add(hp, t)...)
		if !known {
			c.Added++
			c.weights[trialKey{arch, hp, t.Dataset, t.Seed}] = file.path
		}
	}
	c.archs[arch] = a
	return conflicts, nil
}

// addStandIn adds a file's trials to the record of an architecture that it stands
// for, as far as that has none of its own.
func (c *Collection) addStandIn(ctx context.Context, file *trialFile, arch int) error {
	a, err := c.record(arch)
	if err != nil {
		return err
	}
	others := *file.File
	others.Trials = slices.DeleteFunc(slices.Clone(file.Trials), func(t *bench.Trial) bool { return a.Has(bench.HP(t.Epochs), t.Dataset, t.Seed) })
	_, err = c.add(ctx, &trialFile{&others, file.path}, arch, 0)
	return err
}

// latency measures that of one of the file's trials.
func (f *trialFile) latency(ctx context.Context, t *bench.Trial, batches int) ([]float64, error) {
	state, err := f.load(t.Dataset)
	if err != nil {
		return nil, err
	}
	net, err := t.Net.Network()
	if err != nil {
		return nil, err
	}
	seconds, err := measureLatency(ctx, net, t.Dataset, state, batches)
	if err != nil {
		return nil, fmt.Errorf("%s: %v: %w", f.path, t.Dataset, err)
	}
	return seconds, nil
}

// load reads the weights of the trial on a dataset.
func (f *trialFile) load(d data.Dataset) (*weights.StateDict, error) { return loadWeights(f.path, d) }

func loadWeights(path string, d data.Dataset) (*weights.StateDict, error) {
	file, err := weights.OpenFile(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	n, err := file.Select(weights.Selector{Dataset: d.String()})
	if err != nil {
		return nil, fmt.Errorf("reading weights %s: %w", path, err)
	}
	state, err := n.Load()
	if err != nil {
		return nil, fmt.Errorf("reading weights %s: %w", path, err)
	}
	return state, nil
}

// Archs lists the architectures that have trials in the files, lowest first.
func (c *Collection) Archs() []int { return slices.Sorted(maps.Keys(c.archs)) }

// Benchmark gives the collection, with all that the benchmark holds which it was
// added to, for files that the given published program reads. That of
// NAS-Bench-201 wants records of both of its recipes: those without trials are
// empty.
func (c *Collection) Benchmark(api bench.API) (*bench.Benchmark, error) {
	var archs []*bench.Architecture
	for _, index := range c.Archs() {
		a := c.archs[index]
		if api == bench.NAS201 {
			var err error
			if a, err = withBothRecipes(a); err != nil {
				return nil, err
			}
		}
		archs = append(archs, a)
	}
	return bench.Merge(c.into, archs)
}

// withBothRecipes gives a record with results of the recipes of 200 and of 12
// epochs.
func withBothRecipes(a *bench.Architecture) (*bench.Architecture, error) {
	both := &bench.Architecture{Index: a.Index, ArchString: a.ArchString}
	_, err12 := a.Results(bench.HP12)
	_, err200 := a.Results(bench.HP200)
	if err12 == nil && err200 == nil {
		return a, nil
	}
	for _, hp := range []bench.HP{bench.HP200, bench.HP12} {
		r, err := a.Results(hp)
		if err != nil {
			if r, err = record.NewResults(a.Index, a.ArchString, nil); err != nil {
				return nil, err
			}
		}
		both.Set(hp, r)
	}
	for hp, r := range a.All() { // those that the layout has no place for are its writer's to refuse
		both.Set(hp, r)
	}
	return both, nil
}

// Weights gives the trained weights of a trial, from its file or from the benchmark
// that the trials were added to; nil if there are none. It is for
// bench.ExportOptions.
func (c *Collection) Weights(index int, hp bench.HP, t *bench.Trial) (*weights.StateDict, error) {
	if c.space == cell.Size && hp == bench.HP1 {
		return nil, nil // as in the published archive
	}
	if path, ok := c.weights[trialKey{index, hp, t.Dataset, t.Seed}]; ok {
		return loadWeights(path, t.Dataset)
	}
	if !t.HasWeights || c.into == nil {
		return nil, nil
	}
	return c.into.Weights(index, t.Dataset, hp, t.Seed)
}
