package bench

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"cellnet/cell"
	"cellnet/data"
	"cellnet/internal/inputfile"
	"cellnet/internal/pickle"
	"cellnet/internal/torchfile"
)

// TrialFile is a trial file without its tensors: what the training of one
// architecture on some datasets with one seed left.
type TrialFile struct {
	Arch   int // index of the architecture that was trained
	Seed   int
	Trials []*Trial // one for each dataset
	// StandsFor lists other architectures, of equal networks, that the trials are
	// also results of.
	StandsFor []int
}

// The entries of a trial file's root that are not datasets. That of the published
// program has no KeyStandsFor.
const (
	keyDatasets  = "all_dataset_keys"
	KeyStandsFor = "stands_for"
)

// ReadTrialFile reads what a trial file records, of this program or of the
// published one since that notes times. The name tells architecture and seed.
func ReadTrialFile(path string) (*TrialFile, error) {
	arch, seed, ok := ParseTrialFileName(filepath.Base(path))
	if !ok {
		return nil, fmt.Errorf("reading %s: %w", path, errTrialName)
	}
	f, size, err := inputfile.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading a trial file: %w", err)
	}
	defer f.Close()
	t, err := readTrialFile(f, size, arch, int(seed))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	return t, nil
}

var errTrialName = errors.New("the name is not that of a trial file, arch-000157-seed-0777.pth")

func readTrialFile(r io.ReaderAt, size int64, arch, seed int) (*TrialFile, error) {
	file, err := torchfile.Open(r, size)
	if err != nil {
		return nil, err
	}
	root, ok := file.Value.(*pickle.Dict)
	if !ok {
		return nil, errors.New("not a trial file: its root is no dict")
	}
	t := &TrialFile{Arch: arch, Seed: seed}
	if err := t.read(root); err != nil {
		return nil, err
	}
	return t, nil
}

func (f *TrialFile) read(root *pickle.Dict) error {
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
		record, err := pickle.Field[*pickle.Dict](root, name)
		if err != nil {
			return err
		}
		trial, err := f.trial(d, record)
		if err != nil {
			return fmt.Errorf("%v: %w", d, err)
		}
		f.Trials = append(f.Trials, trial)
	}
	if _, ok := root.Get(KeyStandsFor); !ok {
		return nil
	}
	list, err := pickle.Field[*pickle.List](root, KeyStandsFor)
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

var errStandsFor = fmt.Errorf("%s has something else than indexes of architectures", KeyStandsFor)
