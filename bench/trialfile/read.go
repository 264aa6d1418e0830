package trialfile

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"cellnet/bench/record"
	"cellnet/cell"
	"cellnet/data"
	"cellnet/internal/fileformat"
	"cellnet/internal/inputfile"
	"cellnet/internal/pickle"
	"cellnet/internal/pickle/unpickle"
	"cellnet/internal/torchfile"
)

// File is a trial file without its tensors.
type File struct {
	Arch   int // index of the architecture that was trained
	Seed   int
	Trials []*record.Trial // one for each dataset
	Space  cell.Space
	// StandsFor lists other architectures, of equal networks, that the trials are
	// also results of.
	StandsFor []int
	// Kernels names what computed the trials; none if the file does not tell.
	Kernels []string
}

// The entries of a trial file's root that are not datasets. That of the published
// program has no keyStandsFor and no keyKernels.
const (
	keyInfo      = "info"
	keyDatasets  = fileformat.TrialFileKey
	keyStandsFor = "stands_for"
	keyKernels   = "kernels"
)

// ReadFile reads what a trial file records, of this program or of the published
// ones since they note times. The name tells architecture and seed.
func ReadFile(path string) (*File, error) {
	arch, seed, ok := ParseName(filepath.Base(path))
	if !ok {
		return nil, fmt.Errorf("reading %s: %w", path, ErrName)
	}
	f, size, err := inputfile.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading a trial file: %w", err)
	}
	defer f.Close()
	t, err := Read(f, size, arch, seed)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	return t, nil
}

// Read is ReadFile for a file of the given size, and what its name tells.
func Read(r io.ReaderAt, size int64, arch int, seed uint32) (*File, error) {
	file, err := torchfile.Open(r, size)
	if err != nil {
		return nil, err
	}
	root, ok := file.Value.(*pickle.Dict)
	if !ok {
		return nil, errors.New("not a trial file: its root is no dict")
	}
	t := &File{Arch: arch, Seed: int(seed)}
	if err := t.read(root); err != nil {
		return nil, err
	}
	return t, nil
}

func (f *File) read(root *pickle.Dict) error {
	keys, err := pickle.Field[*pickle.List](root, keyDatasets)
	if err != nil {
		return fmt.Errorf("not a trial file: %w", err)
	}
	for _, key := range *keys {
		name, _ := key.(string)
		d, err := data.ParseDataset(name)
		if err != nil {
			return err
		}
		dict, err := pickle.Field[*pickle.Dict](root, name)
		if err != nil {
			return err
		}
		trial, err := f.trial(d, dict)
		if err != nil {
			return fmt.Errorf("%v: %w", d, err)
		}
		if space := trial.Net.Space(); len(f.Trials) == 0 {
			f.Space = space
		} else if space != f.Space {
			return fmt.Errorf("%v: a trial of the search space %v, others are of %v", d, space, f.Space)
		}
		f.Trials = append(f.Trials, trial)
	}
	if err := f.readKernels(root); err != nil {
		return err
	}
	if _, ok := root.Get(keyStandsFor); !ok {
		return nil
	}
	list, err := pickle.Field[*pickle.List](root, keyStandsFor)
	if err != nil {
		return err
	}
	for _, v := range *list {
		index, ok := pickle.Int(v)
		if !ok || index < 0 || index >= cell.SpaceSize {
			return errStandsFor
		}
		f.StandsFor = append(f.StandsFor, index)
	}
	return nil
}

func (f *File) readKernels(root *pickle.Dict) error {
	if _, ok := root.Get(keyKernels); !ok {
		return nil
	}
	list, err := pickle.Field[*pickle.List](root, keyKernels)
	if err != nil {
		return err
	}
	for _, v := range *list {
		name, ok := v.(string)
		if !ok {
			return fmt.Errorf("%s has something else than names", keyKernels)
		}
		f.Kernels = append(f.Kernels, name)
	}
	return nil
}

var errStandsFor = fmt.Errorf("%s has something else than indexes of architectures", keyStandsFor)

// ReadStandsFor reads which other architectures a trial file stands for, and
// little else of it.
func ReadStandsFor(path string) ([]int, error) {
	file, size, err := inputfile.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return standsFor(file, size)
}

func standsFor(r io.ReaderAt, size int64) ([]int, error) {
	c, err := torchfile.OpenStream(r, size)
	if err != nil {
		return nil, err
	}
	scanned, err := unpickle.Scan(c, "")
	if err != nil {
		return nil, err
	}
	if _, ok := scanned.Lookup(keyDatasets); !ok {
		return nil, fmt.Errorf("not a trial file: it has no %s", keyDatasets)
	}
	span, ok := scanned.Lookup(keyStandsFor)
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
