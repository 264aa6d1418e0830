package train

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"cellnet/internal/atomicfile"
	"cellnet/internal/filelock"
)

// keptCheckpoints is how many checkpoints are left of a run: should the last one
// be damaged by a failing disk, there is one before it.
const keptCheckpoints = 2

const (
	checkpointPattern = "epoch-*-step-*.ckpt"
	lockName          = "lock" // held by the process that trains
)

// checkpointName sorts by position.
func checkpointName(epoch, step int) string {
	return fmt.Sprintf("epoch-%06d-step-%06d.ckpt", epoch, step)
}

// isCheckpoint tells whether a file has the name of one.
func isCheckpoint(name string) bool {
	ok, _ := filepath.Match(checkpointPattern, name)
	return ok
}

// checkpoints lists the checkpoints in a folder, the last one first.
func checkpoints(folder string) ([]string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	var paths []string
	for _, e := range slices.Backward(entries) {
		if isCheckpoint(e.Name()) {
			paths = append(paths, filepath.Join(folder, e.Name()))
		}
	}
	return paths, nil
}

// openCheckpoints makes the folder for checkpoints this process's own, until the
// returned function is called.
func (t *Trainer) openCheckpoints() (release func(), err error) {
	folder := t.options.Checkpoints
	if folder == "" {
		return func() {}, nil
	}
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return nil, fmt.Errorf("making a folder for checkpoints: %w", err)
	}
	lock, err := filelock.TryAcquire(filepath.Join(folder, lockName))
	if errors.Is(err, filelock.ErrHeld) {
		return nil, fmt.Errorf("another process trains in %s: wait for it, or choose another folder: %w", folder, err)
	}
	if err != nil {
		return nil, err
	}
	err = atomicfile.RemoveLeftovers(folder, isCheckpoint)
	if err == nil {
		err = removeOldCheckpoints(folder)
	}
	if err != nil {
		lock.Release()
		return nil, err
	}
	return func() { lock.Remove() }, nil
}

// checkpoint writes a checkpoint of the present position and removes old ones.
func (t *Trainer) checkpoint() error {
	folder := t.options.Checkpoints
	if folder == "" {
		return nil
	}
	path := filepath.Join(folder, checkpointName(t.state.epoch, t.state.step))
	if err := t.write(path); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	t.lastCheckpoint = time.Now()
	if err := removeOldCheckpoints(folder); err != nil {
		return err
	}
	if t.options.Hooks.OnCheckpoint != nil {
		t.options.Hooks.OnCheckpoint(path)
	}
	return nil
}

func removeOldCheckpoints(folder string) error {
	paths, err := checkpoints(folder)
	if err != nil {
		return err
	}
	for _, old := range paths[min(keptCheckpoints, len(paths)):] {
		if err := os.Remove(old); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("removing an old checkpoint: %w", err)
		}
	}
	return nil
}

// HasCheckpoints tells whether a folder holds checkpoints of some run.
func HasCheckpoints(folder string) (bool, error) {
	paths, err := checkpoints(folder)
	if err != nil {
		return false, fmt.Errorf("looking for checkpoints: %w", err)
	}
	return len(paths) > 0, nil
}

// Resume goes to the position of the last checkpoint in the folder for
// checkpoints; of a damaged one, to that of the one before, and damaged tells why.
// If there is none, resumed is false. A checkpoint of another run is an
// [*OtherRunError], of other images an [*OtherImagesError], and one that can only go
// on by other kernels an [*OtherKernelsError].
func (t *Trainer) Resume() (resumed bool, damaged []error, err error) {
	paths, err := checkpoints(t.options.Checkpoints)
	if err != nil {
		return false, nil, fmt.Errorf("looking for checkpoints: %w", err)
	}
	for _, path := range paths {
		notes, err := t.read(path)
		if err == nil {
			t.notes = notes
			return true, damaged, nil
		}
		if isOther(err) {
			return false, damaged, err
		}
		damaged = append(damaged, fmt.Errorf("reading checkpoint %w", err))
	}
	if len(damaged) > 0 {
		return false, damaged, fmt.Errorf("resuming from %s: no checkpoint can be read: %w", t.options.Checkpoints, damaged[0])
	}
	return false, nil, nil
}

// isOther tells whether a checkpoint is whole, but not for this run.
func isOther(err error) bool {
	var run *OtherRunError
	var images *OtherImagesError
	var kernels *OtherKernelsError
	return errors.As(err, &run) || errors.As(err, &images) || errors.As(err, &kernels)
}
