package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"cellnet/bench/internal/published"
	"cellnet/bench/internal/source"
	"cellnet/bench/internal/store"
	"cellnet/bench/trialfile"
	"cellnet/internal/fileformat"
	"cellnet/internal/inputfile"
)

// Open opens a benchmark: a published file or folder of any [Layout], a file of
// one architecture, trial files, a store made by [Import], or by the name builtin
// the results inside of the program. Close it when it is no longer needed.
//
// Opening a single published file reads through it once, the 4.7 GB of
// NAS-Bench-201 in about 3 s, those of NATS-Bench at the speed of bzip2; a
// store or a folder is opened at once.
func Open(path string) (*Benchmark, error) { return OpenContext(context.Background(), path) }

// OpenContext is Open for as long as ctx is not done: then the opening, and whatever
// reads of the benchmark later on, such as [Import] and [Benchmark.Best], end with
// ctx's error.
func OpenContext(ctx context.Context, path string) (*Benchmark, error) {
	b, err := open(ctx, path)
	if failed := (*fs.PathError)(nil); errors.As(err, &failed) && failed.Path == path {
		err = failed.Err
	}
	if err != nil {
		return nil, fmt.Errorf("opening benchmark %s: %w", path, err)
	}
	return b, nil
}

func open(ctx context.Context, path string) (*Benchmark, error) {
	if path == BuiltinName {
		return OpenBuiltin()
	}
	info, err := inputfile.Stat(path)
	if err != nil {
		return nil, err
	}
	name := filepath.Base(path)
	if info.IsDir() {
		return openFolder(ctx, name, path)
	}
	if _, _, ok := trialfile.ParseName(name); ok {
		return openTrials(ctx, name, []string{path})
	}
	if fileformat.Piece(name) {
		return nil, errors.New(fileformat.ExplainPiece)
	}
	file, size, err := inputfile.Open(path)
	if err != nil {
		return nil, err
	}
	b, err := read(ctx, name, file, size, file)
	if err != nil {
		file.Close()
	}
	return b, err
}

var errForeignFolder = fmt.Errorf("a folder without files like 000157%s, 000157%s or %s", published.NATSSuffix, published.ArchiveSuffix, trialfile.Name(157, 777))

// openFolder opens a folder of a file for each architecture, or of trial files.
func openFolder(ctx context.Context, name, folder string) (*Benchmark, error) {
	records, l, err := published.OpenFolder(folder)
	if err == nil {
		return newBenchmark(name, l, source.FromRecords(source.Until(ctx, records))), nil
	}
	if !errors.Is(err, published.ErrForeignFolder) {
		return nil, err
	}
	paths, err := trialfile.Find(folder)
	if err != nil {
		return nil, err
	}
	if len(paths) == 0 {
		return openInner(ctx, folder)
	}
	return openTrials(ctx, name, paths)
}

// openInner opens the only benchmark in a folder, as unpacking an archive may leave
// it.
func openInner(ctx context.Context, folder string) (*Benchmark, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var found []*Benchmark
	for _, e := range entries {
		if !e.IsDir() || len(found) > 1 {
			continue
		}
		if records, l, err := published.OpenFolder(filepath.Join(folder, e.Name())); err == nil {
			found = append(found, newBenchmark(e.Name(), l, source.FromRecords(source.Until(ctx, records))))
		}
	}
	if len(found) == 1 {
		return found[0], nil
	}
	for _, b := range found {
		b.Close()
	}
	if len(found) > 1 {
		return nil, errors.New("several benchmarks are in the folder: give one of them")
	}
	return nil, errForeignFolder
}

func openTrials(ctx context.Context, name string, paths []string) (*Benchmark, error) {
	f, err := newTrialFiles(ctx, paths)
	if err != nil {
		return nil, err
	}
	return newBenchmark(name, f.layout(), source.FromRecords(source.Until(ctx, f))), nil
}

// Read is Open for a file of the given size in bytes that r reads. Closing the
// benchmark leaves r open.
func Read(name string, r io.ReaderAt, size int64) (*Benchmark, error) {
	b, err := read(context.Background(), name, r, size, io.NopCloser(nil))
	if err != nil {
		return nil, fmt.Errorf("reading benchmark %s: %w", name, err)
	}
	return b, nil
}

func read(ctx context.Context, name string, r io.ReaderAt, size int64, closer io.Closer) (*Benchmark, error) {
	r = source.ReadUntil(ctx, r)
	kind, err := fileformat.Of(r, size)
	if err != nil {
		return nil, err
	}
	if kind == fileformat.Parquet {
		s, err := store.Open(r, size, closer)
		if err != nil {
			return nil, err
		}
		return newBenchmark(s.Name(), s.Layout(), s), nil
	}
	records, l, err := published.Open(r, size, closer)
	if errors.Is(err, published.ErrTrialFile) {
		err = trialfile.ErrName
	}
	if err != nil {
		return nil, err
	}
	return newBenchmark(name, l, source.FromRecords(source.Until(ctx, records))), nil
}
