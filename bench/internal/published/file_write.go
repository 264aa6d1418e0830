package published

import (
	"io"

	"cellnet/internal/atomicfile"
	"cellnet/internal/pickle"
)

// file writes a layout of a single file, the records of which are read while it is
// written.
func (e *exporter) file(path string, write func(io.Writer, any) error) (atomicfile.Staged, error) {
	root, err := e.fullRoot(pickle.LazyDict{Entries: e.records})
	if err != nil {
		return nil, err
	}
	return e.stage(path, func(w io.Writer) error { return write(w, root) })
}

// stage writes a file, in which reading the records may fail.
func (e *exporter) stage(path string, write func(io.Writer) error) (atomicfile.Staged, error) {
	file, err := atomicfile.Stage(path, func(w io.Writer) error {
		if e.to.Sum != nil {
			w = io.MultiWriter(w, e.to.Sum)
		}
		err := write(w)
		if e.err != nil {
			return e.err
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return file, nil
}

// records walks over the architectures' states.
func (e *exporter) records(yield func(any, any) bool) {
	for a, err := range e.All {
		if err == nil {
			var state *pickle.Dict
			if state, err = e.state(a); err == nil && !yield(a.Index, state) {
				return
			}
		}
		if err != nil {
			e.err = err
			return
		}
		e.to.Count()
	}
}
