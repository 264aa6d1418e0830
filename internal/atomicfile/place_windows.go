package atomicfile

import (
	"errors"
	"os"
)

// replace puts a file into a place. Windows moves no open file.
func replace(f *os.File, place string) error {
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), place)
}

// removeLocked removes and closes a file. Windows removes no open one.
func removeLocked(f *os.File) error {
	return errors.Join(f.Close(), os.Remove(f.Name()))
}
