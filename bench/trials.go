package bench

import (
	"fmt"
	"io"
	"io/fs"
	"iter"
	"path/filepath"
	"slices"

	"cellnet/cell"
	"cellnet/internal/parallel"
	"cellnet/internal/pickle/unpickle"
	"cellnet/internal/torchfile"
	"cellnet/weights"
)

// trialFiles is a benchmark of trial files.
type trialFiles struct {
	order []int
	own   map[int][]string // files of an architecture's own trials
	other map[int][]string // files of trials that stand for it
}

// newTrialFiles looks which architectures trial files are of.
func newTrialFiles(paths []string) (*trialFiles, error) {
	f := &trialFiles{own: map[int][]string{}, other: map[int][]string{}}
	more, errs := make([][]int, len(paths)), make([]error, len(paths))
	parallel.For(len(paths), func(_, i int) { more[i], errs[i] = standsForOf(paths[i]) })
	for i, path := range paths {
		name := filepath.Base(path)
		arch, _, ok := ParseTrialFileName(name)
		if !ok {
			errs[i] = errTrialName
		}
		if errs[i] != nil {
			return nil, fmt.Errorf("%s: %w", name, errs[i])
		}
		f.own[arch] = append(f.own[arch], path)
		for _, index := range more[i] {
			f.other[index] = append(f.other[index], path)
		}
	}
	for index := range cell.SpaceSize {
		if len(f.own[index])+len(f.other[index]) > 0 {
			f.order = append(f.order, index)
		}
	}
	return f, nil
}

// standsForOf is standsFor of a file.
func standsForOf(path string) ([]int, error) {
	file, size, err := openSized(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return standsFor(file, size)
}

// standsFor reads which architectures a trial file stands for, and little else.
func standsFor(r io.ReaderAt, size int64) ([]int, error) {
	c, err := torchfile.OpenStream(r, size)
	if err != nil {
		return nil, err
	}
	scanned, err := unpickle.Scan(c, keyRecords)
	if err != nil {
		return nil, err
	}
	if _, ok := scanned.Lookup(keyDatasets); !ok {
		return nil, fmt.Errorf("not a trial file: it has no %s", keyDatasets)
	}
	span, ok := scanned.Lookup(KeyStandsFor)
	if !ok {
		return nil, nil
	}
	var d unpickle.Decoder
	_, v, err := d.Entry(scanned, span)
	if err != nil {
		return nil, err
	}
	if v.Kind() != unpickle.List {
		return nil, errStandsFor
	}
	var indexes []int
	for _, item := range v.Items() {
		index := item.Int()
		if item.Kind() != unpickle.Int || index < 0 || index >= cell.SpaceSize {
			return nil, errStandsFor
		}
		indexes = append(indexes, int(index))
	}
	return indexes, nil
}

func (f *trialFiles) Close() error              { return nil }
func (f *trialFiles) archs() ([]string, error)  { return Topology.archs(), nil }
func (f *trialFiles) indexes() []int            { return f.order }
func (f *trialFiles) evaluated() ([]int, error) { return f.order, nil }

func (f *trialFiles) has(index int) bool { return len(f.own[index])+len(f.other[index]) > 0 }

// arch reads the trials of an architecture and, after them, those that stand for
// it as far as it has none of its own.
func (f *trialFiles) arch(index int) (*Arch, error) {
	if !f.has(index) {
		return nil, errNotStored
	}
	net, err := cell.FromIndex(index)
	if err != nil {
		return nil, err
	}
	a := &Arch{Index: index, Name: net.String()}
	var conflicts []Conflict
	for i, path := range slices.Concat(f.own[index], f.other[index]) {
		file, err := ReadTrialFile(path)
		if err != nil {
			return nil, err
		}
		for _, t := range file.Trials {
			if i >= len(f.own[index]) && a.Has(HP(t.Epochs), t.Dataset, t.Seed) {
				continue
			}
			more, err := a.Add(HP(t.Epochs), t)
			if err != nil {
				return nil, err
			}
			conflicts = append(conflicts, more...)
		}
	}
	if len(conflicts) > 0 {
		return nil, &ConflictError{conflicts}
	}
	slices.SortFunc(a.runs, func(x, y run) int { return int(y.hp - x.hp) }) // as the published files have them
	return a, nil
}

func (f *trialFiles) all() iter.Seq2[*Arch, error] {
	return inOrder(len(f.order), func(i int) (*Arch, error) { return f.arch(f.order[i]) })
}

func (f *trialFiles) weightsFile(index int, hp HP, t *Trial) (*weights.File, weights.Selector, error) {
	none := weights.Selector{}
	for _, path := range slices.Concat(f.own[index], f.other[index]) {
		file, err := ReadTrialFile(path)
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
