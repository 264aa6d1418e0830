package bench

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"cellnet/internal/atomicfile"
	"cellnet/internal/pickle"
	"cellnet/internal/torchfile"
	"cellnet/weights"

	"github.com/dsnet/compress/bzip2"
)

var errNoDict = errors.New("a kept record is no dict")

func errNo201(hp HP) error {
	return fmt.Errorf("NAS-Bench-201's layouts have no place for recipe %v, only for 12 and 200", hp)
}

// ExportOptions say how [Export] writes.
type ExportOptions struct {
	Layout   Layout
	Format   torchfile.Format      // of .pth files
	Progress func(done, total int) // may be nil; is told how many architectures are done
	// Weights, if it is not nil, gives the trained weights of a trial to be
	// written with it, or nil.
	Weights func(index int, hp HP, t *Trial) (*weights.StateDict, error)
}

// Export writes a benchmark in a published layout: a file at path, or a folder
// that must not be there yet. Written in the layout of the file that it comes
// from, the objects are equal to that file's, but for trained weights, which are
// None unless ExportOptions.Weights gives them.
func Export(b *Benchmark, path string, o ExportOptions) error {
	e := exporter{b: b, ExportOptions: o, total: len(b.Stored())}
	var err error
	switch o.Layout {
	case NASBench201:
		err = atomicfile.Write(path, func(w io.Writer) error { return e.file(w, e.writeTorch) })
	case NATSFile:
		err = atomicfile.Write(path, func(w io.Writer) error { return e.file(w, writeNATS) })
	case NASBench201Archive, NATSFolder:
		err = e.folder(path)
	default:
		err = fmt.Errorf("%v can't be written, want one of %v", o.Layout, Layouts())
	}
	if err != nil {
		return fmt.Errorf("exporting %s: %w", b.name, err)
	}
	return nil
}

type exporter struct {
	b *Benchmark
	ExportOptions
	done, total int
	err         error // of reading, met while writing
}

func (e *exporter) writeTorch(w io.Writer, v any) error { return torchfile.Write(w, v, e.Format) }

// writeNATS writes a pickle as NATS-Bench's files have it.
func writeNATS(w io.Writer, v any) error {
	z, err := bzip2.NewWriter(w, &bzip2.WriterConfig{Level: bzip2.BestCompression})
	if err != nil {
		return err
	}
	if err := pickle.NewWriter(z, pickle.Protocol4).Write(v); err != nil {
		return err
	}
	return z.Close()
}

// file writes a layout of a single file.
func (e *exporter) file(w io.Writer, write func(io.Writer, any) error) error {
	root, err := e.root()
	if err != nil {
		return err
	}
	err = write(w, root)
	if e.err != nil {
		return e.err
	}
	return err
}

// root gives the whole tree of a single file, whose records are read while they
// are written.
func (e *exporter) root() (*pickle.Dict, error) {
	old, err := e.sourceRoot()
	if err != nil {
		return nil, err
	}
	space, err := e.b.space()
	if err != nil {
		return nil, err
	}
	root := &dictMaker{dict: pickle.Dict{Ordered: old.Ordered}}
	for key, value := range old.All() {
		switch key {
		case keyArchs:
			list := new(pickle.List)
			for _, arch := range space.archs {
				list.Append(arch)
			}
			value = list
		case keyRecords:
			if e.Layout != NATSFolder {
				value = pickle.LazyDict{Entries: e.records}
			}
		}
		root.put(key, value)
	}
	return &root.dict, root.err
}

// sourceRoot gives the root as the source has it, or as the layout wants it if
// the source is of another.
func (e *exporter) sourceRoot() (*pickle.Dict, error) {
	if e.b.layout == e.Layout {
		return e.b.root()
	}
	n, err := e.b.Len()
	if err != nil {
		return nil, err
	}
	evaluated, err := e.b.Indexes(AllStored)
	if err != nil {
		return nil, err
	}
	return newRoot(n, evaluated, e.Layout), nil
}

// records walks over the architectures' states.
func (e *exporter) records(yield func(any, any) bool) {
	for a, err := range e.b.All() {
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
		e.count()
	}
}

func (e *exporter) count() {
	e.done++
	if e.Progress != nil {
		e.Progress(e.done, e.total)
	}
}

// state gives an architecture's state as its source has it or, for another
// layout, as the published files of that have it.
func (e *exporter) state(a *Arch) (*pickle.Dict, error) {
	if e.Weights != nil {
		var err error
		if a, err = e.weighted(a); err != nil {
			return nil, err
		}
	}
	if e.b.layout != e.Layout {
		usual := Arch{Index: a.Index, Name: a.Name, ordered: e.Layout != NASBench201}
		hps := a.HPs()
		if e.b.layout == TrialFolder && e.Layout.API() == NAS201 {
			hps = append(hps, HP12, HP200) // which nas_201_api wants, though they are empty
		}
		slices.Sort(hps)
		hps = slices.Compact(hps)
		if e.Layout.API() == NAS201 {
			slices.Reverse(hps)
		}
		for _, hp := range hps {
			r, err := a.Results(hp)
			if err != nil {
				r = &Results{Index: a.Index, Arch: a.Name, Cleared: true}
			}
			usual.Set(hp, r)
		}
		a = &usual
	}
	return a.state(e.Layout.API())
}

// weighted gives an architecture's record with the trained weights.
func (e *exporter) weighted(a *Arch) (*Arch, error) {
	a = a.Clone()
	for hp, r := range a.All() {
		for _, t := range r.Trials {
			state, err := e.Weights(a.Index, hp, t)
			if err != nil {
				return nil, archError(a.Index, fmt.Errorf("weights of trial (%v, %d) of recipe %v: %w", t.Dataset, t.Seed, hp, err))
			}
			if state == nil {
				continue
			}
			if t.weights, err = state.Tree(); err != nil {
				return nil, archError(a.Index, err)
			}
			t.spelling.WeightsSecond, r.Cleared = true, false
		}
	}
	return a, nil
}

// folder writes a layout of one file for each architecture. The folder takes its
// name when it is complete.
func (e *exporter) folder(path string) error {
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
	if err := e.fill(part); err != nil {
		return err
	}
	return os.Rename(part, path)
}

func (e *exporter) fill(dir string) error {
	write, suffix := e.writeTorch, archiveSuffix
	if e.Layout == NATSFolder {
		write, suffix = writeNATS, natsSuffix
		root, err := e.root()
		if err != nil {
			return err
		}
		if err := writeFile(filepath.Join(dir, natsMeta), root, write); err != nil {
			return err
		}
	}
	for a, err := range e.b.All() {
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
		e.count()
	}
	return nil
}

func writeFile(path string, v any, write func(io.Writer, any) error) error {
	return atomicfile.Write(path, func(w io.Writer) error { return write(w, v) })
}
