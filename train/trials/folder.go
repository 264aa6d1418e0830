package trials

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"cellnet/bench/record"
	"cellnet/bench/trialfile"
	"cellnet/cell"
	"cellnet/data"
	"cellnet/internal/atomicfile"
	"cellnet/internal/filelock"
	"cellnet/internal/inputfile"
	"cellnet/models"
	"cellnet/train"
)

// Folder names, as the published programs have them, the folder within out in
// which the set's trial files are. In the topology space that is
// 000000-015624-C16-N5 for 200 epochs, with -LESS for 12, and with -E and the number
// of epochs for others; in the size space raw-data-01, raw-data-12 and so on.
func (s Set) Folder(out string) string {
	if s.Space == cell.Size {
		return filepath.Join(out, "raw-data-"+s.HP().String())
	}
	name := fmt.Sprintf("%06d-%06d-C%d-N%d", 0, s.Space.Count()-1, s.C, s.N)
	switch s.HP() {
	case record.HP200:
	case record.HP12:
		name += "-LESS"
	default:
		name += "-E" + s.HP().String()
	}
	return filepath.Join(out, name)
}

// FileName is the published name of a trial file.
func (i Item) FileName() string { return trialfile.Name(i.Arch, i.Seed) }

// workName is that of what belongs to an unfinished trial.
func (i Item) workName() string { return trialfile.Stem(i.Arch, i.Seed) }

// setRecord is what all trials of a folder have in common; set.json tells it.
type setRecord struct {
	Space    cell.Space     `json:"space,omitempty"` // left out for topology
	Datasets []data.Dataset `json:"datasets"`
	C        int            `json:"C,omitempty"`
	N        int            `json:"N,omitempty"`
	Recipe   train.Recipe   `json:"recipe"`
	Limit    int            `json:"limit,omitempty"`
	Folder   data.Info      `json:"folder,omitzero"`
	Kernels  models.ISA     `json:"kernels,omitzero"` // zero in those of older programs
}

const (
	setName      = "set.json"
	setLockName  = "set.lock" // held while set.json is made
	maxSetRecord = 1 << 20    // bytes
)

// open makes the folder, or makes sure that it is one for trials of this set, and
// gives the kernels for them. mix allows others than those of the folder. Of
// processes with different sets that open a new folder at once, one succeeds.
func (s Set) open(folder string, mix bool) (models.ISA, error) {
	kernels, err := s.openThere(folder, mix)
	if err == nil {
		filelock.RemoveLeft(filepath.Join(folder, setLockName))
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return kernels, err
	}
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return 0, fmt.Errorf("making a folder for trials: %w", err)
	}
	// It is held for as long as a small file takes.
	lock, err := filelock.Acquire(context.Background(), filepath.Join(folder, setLockName))
	if err != nil {
		return 0, fmt.Errorf("making a folder for trials: %w", err)
	}
	defer lock.Remove()
	if kernels, err := s.openThere(folder, mix); !errors.Is(err, fs.ErrNotExist) {
		return kernels, err
	}
	if kernels, err = s.Kernels.Resolve(); err != nil {
		return 0, err
	}
	record, err := json.Marshal(s.record(kernels))
	if err != nil {
		return 0, err
	}
	return kernels, atomicfile.Write(filepath.Join(folder, setName), func(w io.Writer) error {
		_, err := w.Write(record)
		return err
	})
}

func (s Set) record(kernels models.ISA) setRecord {
	return setRecord{s.Space, s.Datasets, s.C, s.N, s.Recipe, s.Limit, s.FolderInfo, kernels}
}

// openThere makes sure that a folder is one for the trials of this set, and gives
// the kernels for them. The error wraps fs.ErrNotExist if the folder does not say of
// which it is.
func (s Set) openThere(folder string, mix bool) (models.ISA, error) {
	path := filepath.Join(folder, setName)
	text, err := inputfile.Read(path, maxSetRecord)
	if err != nil {
		return 0, fmt.Errorf("opening a folder of trials: %w", err)
	}
	var there setRecord
	if err := json.Unmarshal(text, &there); err != nil {
		return 0, fmt.Errorf("reading %s: %w", path, err)
	}
	got, err := json.Marshal(there)
	if err != nil {
		return 0, err
	}
	want, err := json.Marshal(s.record(there.Kernels))
	if err != nil {
		return 0, err
	}
	if string(got) != string(want) {
		return 0, fmt.Errorf("%s is for trials of %s, not of %s: choose another folder, and collect from both", folder, got, want)
	}
	return s.kernelsIn(folder, there.Kernels, mix)
}

// kernelsIn gives the kernels for the trials of a folder, whose others are computed
// by some.
func (s Set) kernelsIn(folder string, there models.ISA, mix bool) (models.ISA, error) {
	kernels, err := s.Kernels.Resolve()
	if err != nil || there == models.AnyISA || there == kernels {
		return kernels, err
	}
	why := fmt.Sprintf("%v was asked for", kernels)
	if s.Kernels == models.AnyISA {
		theirs, err := there.Resolve()
		if err == nil {
			return theirs, nil
		}
		why = err.Error()
	}
	if mix {
		return kernels, nil
	}
	return 0, fmt.Errorf("the trials in %s are computed by the %v kernels, and %s: others round differently, so that trials would differ by the machine, too: "+
		"choose another folder, and collect from both, or mix them with --mix-isa", folder, there, why)
}
