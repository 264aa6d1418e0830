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
	"cellnet/train"
)

// Folder names, as the published program has them, the folder within out in which
// the set's trial files are: 000000-015624-C16-N5 for 200 epochs, with -LESS for
// 12, and with -E and the number of epochs for others.
func (s Set) Folder(out string) string {
	name := fmt.Sprintf("%06d-%06d-C%d-N%d", 0, cell.SpaceSize-1, s.C, s.N)
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
	Datasets []data.Dataset `json:"datasets"`
	C        int            `json:"C"`
	N        int            `json:"N"`
	Recipe   train.Recipe   `json:"recipe"`
	Limit    int            `json:"limit,omitempty"`
	Folder   data.Info      `json:"folder,omitzero"`
}

const (
	setName      = "set.json"
	setLockName  = "set.lock" // held while set.json is made
	maxSetRecord = 1 << 20    // bytes
)

// open makes the folder, or makes sure that it is one for trials of this set. Of
// processes with different sets that open a new folder at once, one succeeds.
func (s Set) open(folder string) error {
	record, err := json.Marshal(setRecord{s.Datasets, s.C, s.N, s.Recipe, s.Limit, s.FolderInfo})
	if err != nil {
		return err
	}
	err = wantSet(folder, record)
	if err == nil {
		filelock.RemoveLeft(filepath.Join(folder, setLockName))
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return fmt.Errorf("making a folder for trials: %w", err)
	}
	// It is held for as long as a small file takes.
	lock, err := filelock.Acquire(context.Background(), filepath.Join(folder, setLockName))
	if err != nil {
		return fmt.Errorf("making a folder for trials: %w", err)
	}
	defer lock.Remove()
	if err := wantSet(folder, record); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return atomicfile.Write(filepath.Join(folder, setName), func(w io.Writer) error {
		_, err := w.Write(record)
		return err
	})
}

// wantSet makes sure that a folder is one for the trials of a record. The error
// wraps fs.ErrNotExist if it does not say of which it is.
func wantSet(folder string, record []byte) error {
	there, err := inputfile.Read(filepath.Join(folder, setName), maxSetRecord)
	if err != nil {
		return fmt.Errorf("opening a folder of trials: %w", err)
	}
	if string(there) != string(record) {
		return fmt.Errorf("%s is for trials of %s, not of %s: choose another folder, and collect from both", folder, there, record)
	}
	return nil
}
