package published

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"cellnet/bench/record"
)

// folder writes a layout of one file for each architecture. The folder takes its
// name when it is complete.
func (e *exporter) folder(path, suffix string, write func(io.Writer, any) error) error {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is there already: %w", path, fs.ErrExist)
	}
	part, err := os.MkdirTemp(filepath.Dir(path), "."+filepath.Base(path)+".part-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(part)
	if err := os.Chmod(part, 0o755); err != nil { // MkdirTemp keeps others out
		return err
	}
	if err := e.fill(part, suffix, write); err != nil {
		return err
	}
	return os.Rename(part, path)
}

func (e *exporter) fill(dir, suffix string, write func(io.Writer, any) error) error {
	if e.to.Layout == record.NATSFolder {
		root, err := e.fullRoot(nil)
		if err != nil {
			return err
		}
		if err := writeFile(filepath.Join(dir, natsMeta), root, write); err != nil {
			return err
		}
	}
	for a, err := range e.All {
		if err != nil {
			return err
		}
		state, err := e.state(a)
		if err != nil {
			return err
		}
		name := fmt.Sprintf("%06d%s", a.Index, suffix)
		if err := writeFile(filepath.Join(dir, name), state, write); err != nil {
			return err
		}
		e.to.Count()
	}
	return nil
}
