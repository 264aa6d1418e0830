package published

import (
	"io"

	"cellnet/internal/atomicfile"
	"cellnet/internal/pickle"
)

// file writes a layout of a single file, the records of which are read while it is
// written.
func (e *exporter) file(path string, write func(io.Writer, any) error) error {
	root, err := e.fullRoot(pickle.LazyDict{Entries: e.records})
	if err != nil {
		return err
	}
	return writeFile(path, root, func(w io.Writer, v any) error {
		err := write(w, v)
		if e.err != nil {
			return e.err
		}
		return err
	})
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

func writeFile(path string, v any, write func(io.Writer, any) error) error {
	return atomicfile.Write(path, func(w io.Writer) error { return write(w, v) })
}
