package train

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"cellnet/internal/atomicfile"
	"cellnet/internal/checkpoints"
	"cellnet/internal/filelock"
)

// lockName is held by the process that trains.
const lockName = "lock"

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
	err = atomicfile.RemoveLeftovers(folder, checkpoints.Is)
	if err == nil {
		err = checkpoints.RemoveOld(folder)
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
	path, err := checkpoints.Write(folder, t.state.epoch, t.state.step, t.write)
	if err != nil {
		return err
	}
	t.lastCheckpoint = time.Now()
	if t.options.Hooks.OnCheckpoint != nil {
		t.options.Hooks.OnCheckpoint(path)
	}
	return nil
}

// HasCheckpoints tells whether a folder holds checkpoints of some run.
func HasCheckpoints(folder string) (bool, error) {
	paths, err := checkpoints.List(folder)
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
	paths, err := checkpoints.List(t.options.Checkpoints)
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
