package published

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"cellnet/bench/record"
	"cellnet/internal/atomicfile"
)

// folder writes a layout of one file for each architecture.
func (e *exporter) folder(path, suffix string, write func(io.Writer, any) error) (atomicfile.Staged, error) {
	folder, err := atomicfile.CreateFolder(path)
	if err != nil {
		return nil, err
	}
	if err := e.fill(folder.Path(), suffix, write); err != nil {
		return nil, errors.Join(err, folder.Close())
	}
	return folder, nil
}

func (e *exporter) fill(dir, suffix string, write func(io.Writer, any) error) error {
	if e.to.Layout == record.NATSFolder {
		root, err := e.fullRoot(nil)
		if err != nil {
			return err
		}
		if err := writeNew(filepath.Join(dir, natsMeta), root, write); err != nil {
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
		if err := writeNew(filepath.Join(dir, name), state, write); err != nil {
			return err
		}
		e.to.Count()
	}
	return nil
}

// writeNew writes a file of a folder that nobody sees before it is complete.
func writeNew(path string, v any, write func(io.Writer, any) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	defer f.Close()
	buffered := bufio.NewWriterSize(f, 1<<16)
	if err := write(buffered, v); err != nil {
		return err
	}
	if err := buffered.Flush(); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	return f.Close()
}
