package bench

import (
	"fmt"
	"hash"
	"io"

	"cellnet/bench/internal/published"
	"cellnet/bench/internal/source"
	"cellnet/bench/internal/store"
	"cellnet/internal/atomicfile"
	"cellnet/internal/pickle"
	"cellnet/weights"
)

// ExportOptions say how [Export] writes.
type ExportOptions struct {
	Layout   Layout
	Format   weights.Format        // of .pth files: weights.Legacy, as published, which zero stands for, or weights.Zip
	Progress func(done, total int) // may be nil; is told how many architectures are done
	// Weights, if it is not nil, gives the trained weights of a trial to be
	// written with it, or nil.
	Weights func(index int, hp HP, t *Trial) (*weights.StateDict, error)
	Sum     hash.Hash // of the bytes of a layout of one file; may be nil
}

// Export writes a benchmark in a published layout: a file at path, or a folder
// that must not be there yet. Written in the layout of the file that it comes
// from, the objects are equal to that file's, but for trained weights, which are
// None unless ExportOptions.Weights gives them.
func Export(b *Benchmark, path string, o ExportOptions) error {
	s, err := StageExport(b, path, o)
	if err != nil {
		return err
	}
	defer s.Close()
	return s.Commit()
}

// StagedExport is an export that is written, and not yet in its place.
type StagedExport struct {
	name string // of the benchmark
	at   atomicfile.Staged
}

// StageExport is [Export] up to the last step, [StagedExport.Commit], so that several
// files can be written before any takes its place.
func StageExport(b *Benchmark, path string, o ExportOptions) (*StagedExport, error) {
	c, err := b.contents(o.Layout)
	if err != nil {
		return nil, exportError(b.name, err)
	}
	at, err := published.Stage(path, c, published.Options{Layout: o.Layout, Format: o.Format, Count: b.counter(o.Progress), Weights: o.Weights, Sum: o.Sum})
	if err != nil {
		return nil, exportError(b.name, err)
	}
	return &StagedExport{b.name, at}, nil
}

func exportError(name string, err error) error { return fmt.Errorf("exporting %s: %w", name, err) }

// Commit puts the file or folder into its place.
func (s *StagedExport) Commit() error {
	if err := s.at.Commit(); err != nil {
		return exportError(s.name, err)
	}
	return nil
}

// Rename has Commit put the file or folder at another name in the folder that the
// first one is in.
func (s *StagedExport) Rename(name string) error { return s.at.Rename(name) }

// Close drops what was not committed; it does nothing otherwise.
func (s *StagedExport) Close() error { return s.at.Close() }

// Import writes everything that a benchmark holds, but for trained weights, into
// a store at path: a Parquet file that [Open] opens at once and reads in
// parts. progress, which may be nil, is told how many architectures are done.
func Import(b *Benchmark, path string, progress func(done, total int)) error {
	err := atomicfile.Write(path, func(w io.Writer) error { return writeStore(w, b, progress) })
	if err != nil {
		return fmt.Errorf("importing %s: %w", b.name, err)
	}
	return nil
}

func writeStore(w io.Writer, b *Benchmark, progress func(done, total int)) error {
	c, err := b.contents(b.layout)
	if err != nil {
		return err
	}
	return store.Write(w, c, b.counter(progress))
}

// counter counts the architectures that are done.
func (b *Benchmark) counter(progress func(done, total int)) func() {
	if progress == nil {
		return func() {}
	}
	done, total := 0, len(b.source.Indexes())
	return func() {
		done++
		progress(done, total)
	}
}

// contents gives what a file of a layout is made of.
func (b *Benchmark) contents(l Layout) (source.Contents, error) {
	space, err := b.space()
	if err != nil {
		return source.Contents{}, err
	}
	root, err := b.root(l)
	return source.Contents{Name: b.name, Layout: b.layout, ArchStrings: space.archStrings, Root: root, All: b.All()}, err
}

// root gives the file's root or, if there is none or for another layout, one that
// says the same.
func (b *Benchmark) root(l Layout) (*pickle.Dict, error) {
	evaluated := b.evaluated
	if l == b.layout {
		if root, err := b.source.Root(); root != nil || err != nil {
			return root, err
		}
	} else {
		evaluated = func() ([]int, error) { return b.Indexes(AllStored) }
	}
	n, err := b.Len()
	if err != nil {
		return nil, err
	}
	indexes, err := evaluated()
	return published.NewRoot(n, indexes, l), err
}
