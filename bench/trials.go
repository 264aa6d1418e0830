package bench

import (
	"context"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"cellnet/bench/internal/source"
	"cellnet/bench/record"
	"cellnet/bench/trialfile"
	"cellnet/internal/parallel"
	"cellnet/weights"
)

// trialFiles is a benchmark of trial files.
type trialFiles struct {
	source.NoFile
	space Space
	order []int
	own   map[int][]string // files of an architecture's own trials
	other map[int][]string // files of trials that stand for it
}

// newTrialFiles looks which architectures trial files are of. The first file tells
// the search space.
func newTrialFiles(ctx context.Context, paths []string) (*trialFiles, error) {
	f := &trialFiles{own: map[int][]string{}, other: map[int][]string{}}
	more, errs := make([][]int, len(paths)), make([]error, len(paths))
	parallel.For(len(paths), func(_, i int) {
		if ctx.Err() == nil {
			more[i], errs[i] = trialfile.ReadStandsFor(paths[i])
		}
	})
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if len(paths) > 0 && errs[0] == nil {
		first, err := trialfile.ReadFile(paths[0])
		if err != nil {
			return nil, err
		}
		f.space = first.Space
	}
	for i, path := range paths {
		name := filepath.Base(path)
		arch, _, ok := trialfile.ParseName(name)
		if !ok {
			errs[i] = trialfile.ErrName
		}
		if errs[i] == nil && arch >= f.space.Count() {
			errs[i] = fmt.Errorf("a trial of another search space than %s, which is of %v: open them apart: %w", filepath.Base(paths[0]), f.space, ErrSpace)
		}
		if errs[i] != nil {
			return nil, fmt.Errorf("%s: %w", name, errs[i])
		}
		f.own[arch] = append(f.own[arch], path)
		for _, index := range more[i] {
			f.other[index] = append(f.other[index], path)
		}
	}
	for index := range f.space.Count() {
		if len(f.own[index])+len(f.other[index]) > 0 {
			f.order = append(f.order, index)
		}
	}
	return f, nil
}

// read reads a trial file of the search space.
func (f *trialFiles) read(path string) (*trialfile.File, error) {
	file, err := trialfile.ReadFile(path)
	if err == nil && file.Space != f.space {
		err = fmt.Errorf("reading %s: a trial of the search space %v among those of %v: open them apart: %w", path, file.Space, f.space, ErrSpace)
	}
	return file, err
}

func (f *trialFiles) layout() Layout {
	if f.space == Size {
		return record.SizeTrialFolder
	}
	return record.TrialFolder
}

func (f *trialFiles) ArchStrings() ([]string, error) { return record.ArchStrings(f.space), nil }
func (f *trialFiles) Indexes() []int                 { return f.order }
func (f *trialFiles) Evaluated() ([]int, error)      { return f.order, nil }

func (f *trialFiles) Has(index int) bool { return len(f.own[index])+len(f.other[index]) > 0 }

// Architecture reads the trials of an architecture and, after them, those that stand for
// it as far as it has none of its own.
func (f *trialFiles) Architecture(index int) (*Architecture, error) {
	if !f.Has(index) {
		return nil, source.ErrNotStored
	}
	arch, err := f.space.Arch(index)
	if err != nil {
		return nil, err
	}
	a := &Architecture{Index: index, ArchString: arch.String()}
	var conflicts []Conflict
	for i, path := range slices.Concat(f.own[index], f.other[index]) {
		file, err := f.read(path)
		if err != nil {
			return nil, err
		}
		for _, t := range file.Trials {
			if i >= len(f.own[index]) && a.Has(HP(t.Epochs), t.Dataset, t.Seed) {
				continue
			}
			conflicts = append(conflicts, a.Add(HP(t.Epochs), t)...)
		}
	}
	if len(conflicts) > 0 {
		return nil, &ConflictError{Conflicts: conflicts}
	}
	hps := a.HPs()
	f.layout().Order(hps)
	ordered := &Architecture{Index: a.Index, ArchString: a.ArchString}
	for _, hp := range hps {
		r, err := a.Results(hp)
		if err != nil {
			return nil, err
		}
		ordered.Set(hp, r)
	}
	return ordered, nil
}

func (f *trialFiles) Weights(index int, hp HP, t *Trial) (*weights.File, weights.Selector, error) {
	none := weights.Selector{}
	for _, path := range slices.Concat(f.own[index], f.other[index]) {
		file, err := f.read(path)
		if err != nil {
			return nil, none, err
		}
		if slices.ContainsFunc(file.Trials, func(o *Trial) bool {
			return o.Dataset == t.Dataset && o.Seed == t.Seed && HP(o.Epochs) == hp
		}) {
			opened, err := weights.OpenFile(path)
			return opened, weights.Selector{Dataset: t.Dataset.String()}, err
		}
	}
	return nil, none, fmt.Errorf("the file with its weights is gone: %w", fs.ErrNotExist)
}
