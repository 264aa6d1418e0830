//go:build !windows

package atomicfile

import (
	"errors"
	"os"
)

// replace puts a file into a place and closes it, which ends its lock: while its
// temporary name is there, nobody may take it for a leftover.
func replace(f *os.File, place string) error {
	if err := os.Rename(f.Name(), place); err != nil {
		return err
	}
	return f.Close()
}

// removeLocked removes and closes a file, in the order that keeps others from it.
func removeLocked(f *os.File) error {
	return errors.Join(os.Remove(f.Name()), f.Close())
}
