// Package checkpoints keeps the checkpoints of a run in a folder: the last two, so
// that should the last one be damaged by a failing disk, there is one before it.
package checkpoints

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// kept is how many checkpoints are left of a run.
const kept = 2

const pattern = "epoch-*-step-*.ckpt"

// Name sorts by position.
func Name(epoch, step int) string { return fmt.Sprintf("epoch-%06d-step-%06d.ckpt", epoch, step) }

// Is tells whether a file has the name of a checkpoint.
func Is(name string) bool {
	ok, _ := filepath.Match(pattern, name)
	return ok
}

// List lists the checkpoints in a folder, the last one first; none if there is no
// folder.
func List(folder string) ([]string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	var paths []string
	for _, e := range slices.Backward(entries) {
		if Is(e.Name()) {
			paths = append(paths, filepath.Join(folder, e.Name()))
		}
	}
	return paths, nil
}

// Write writes the checkpoint of a position, by write, and removes old ones.
func Write(folder string, epoch, step int, write func(path string) error) (path string, err error) {
	path = filepath.Join(folder, Name(epoch, step))
	if err := write(path); err != nil {
		return path, fmt.Errorf("checkpoint: %w", err)
	}
	return path, RemoveOld(folder)
}

// RemoveOld removes all but the last two, of which a killed process may have left
// more.
func RemoveOld(folder string) error {
	paths, err := List(folder)
	if err != nil {
		return err
	}
	for _, old := range paths[min(kept, len(paths)):] {
		if err := os.Remove(old); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("removing an old checkpoint: %w", err)
		}
	}
	return nil
}
