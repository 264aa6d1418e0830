package bench

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"cellnet/internal/fileformat"
	"cellnet/internal/pickle/unpickle"
	"cellnet/internal/torchfile"
)

// Open opens a benchmark: a published file or folder of any [Layout], a file of
// one architecture, trial files, or a store made by [Import]. Close it when it is no longer
// needed.
//
// Opening a single published file reads through it once, the 4.7 GB of
// NAS-Bench-201 in about 3 s, those of NATS-Bench at the speed of bzip2; a
// store or a folder is opened at once.
func Open(path string) (*Benchmark, error) {
	b, err := open(path)
	if err != nil {
		return nil, fmt.Errorf("opening benchmark %s: %w", path, err)
	}
	return b, nil
}

func open(path string) (*Benchmark, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	name := filepath.Base(path)
	if info.IsDir() {
		f, l, err := openFolder(path)
		if errors.Is(err, errForeignFolder) {
			return openTrialFolder(name, path)
		}
		if err != nil {
			return nil, err
		}
		return newBenchmark(name, l, f), nil
	}
	if _, _, ok := ParseTrialFileName(name); ok {
		return openTrials(name, []string{path})
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	b, err := read(name, file, info.Size(), file)
	if err != nil {
		file.Close()
	}
	return b, err
}

// openTrialFolder opens the trial files in a folder.
func openTrialFolder(name, folder string) (*Benchmark, error) {
	paths, err := FindTrialFiles(folder)
	if err != nil {
		return nil, err
	}
	if len(paths) == 0 {
		return nil, errForeignFolder
	}
	return openTrials(name, paths)
}

func openTrials(name string, paths []string) (*Benchmark, error) {
	f, err := newTrialFiles(paths)
	if err != nil {
		return nil, err
	}
	return newBenchmark(name, TrialFolder, f), nil
}

// errForeign is returned for files of another kind.
var errForeign = errors.New("not a benchmark file: want a .pth of PyTorch, a .pickle.pbz2 or a store")

// openSized opens a file and tells its size in bytes.
func openSized(path string) (*os.File, int64, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return nil, 0, err
	}
	return file, info.Size(), nil
}

// Read is Open for a file of the given size in bytes that r reads. Closing the
// benchmark leaves r open.
func Read(name string, r io.ReaderAt, size int64) (*Benchmark, error) {
	b, err := read(name, r, size, io.NopCloser(nil))
	if err != nil {
		return nil, fmt.Errorf("reading benchmark %s: %w", name, err)
	}
	return b, nil
}

func read(name string, r io.ReaderAt, size int64, closer io.Closer) (*Benchmark, error) {
	kind, err := fileformat.Of(r, size)
	if err != nil {
		return nil, err
	}
	if kind == fileformat.Parquet {
		s, err := openStore(r, size, closer)
		if err != nil {
			return nil, err
		}
		return newBenchmark(s.header.Source, s.header.Layout, s), nil
	}
	c, err := torchfile.OpenStream(r, size)
	if errors.Is(err, torchfile.ErrForeign) {
		err = errForeign
	}
	if err != nil {
		return nil, err
	}
	f, err := unpickle.Scan(c, keyRecords)
	if err != nil {
		return nil, err
	}
	if err := c.CheckEnd(f.Length); err != nil {
		return nil, err
	}
	if _, ok := f.Lookup(keyRecords); !ok {
		if err := checkSingle(f); err != nil {
			return nil, err
		}
		return readSingle(name, r, size, closer)
	}
	p, err := newPickleFile(c, f, closer)
	if err != nil {
		return nil, err
	}
	l, err := p.layout(c.Torch)
	if err != nil {
		return nil, err
	}
	for _, key := range []string{keyArchs, keyEvaluated} {
		if _, ok := f.Lookup(key); !ok {
			return nil, fmt.Errorf("it has no %s", key)
		}
	}
	return newBenchmark(name, l, p), nil
}
