package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"cellnet/bench/internal/scale"
	"cellnet/bench/record"
	"cellnet/bench/trialfile"
	"cellnet/data"
	"cellnet/internal/torchfile"
)

// TestEndOfTheContext ends it before the opening and, after one architecture of
// many, in the course of what reads all.
func TestEndOfTheContext(t *testing.T) {
	dir := t.TempDir()
	trials := filepath.Join(dir, "trials")
	for arch := range 200 {
		writeTrial(t, filepath.Join(trials, trialfile.Name(arch, 777)), trialRoot(t, 12, 1, []data.Dataset{data.CIFAR10}), torchfile.Zip)
	}
	file := filepath.Join(dir, "all.pth")
	if err := Export(mustOpen(t, trials), file, ExportOptions{Layout: record.NASBench201}); err != nil {
		t.Fatal(err)
	}
	store := filepath.Join(dir, "all.parquet")
	if err := Import(mustOpen(t, file), store, nil); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{trials, file, store} {
		ended, end := context.WithCancel(t.Context())
		end()
		if _, err := OpenContext(ended, path); !errors.Is(err, context.Canceled) {
			t.Errorf("opening %s: %v", path, err)
		}
	}
	for _, path := range []string{trials, file} {
		for name, read := range map[string]func(b *Benchmark, end func()) error{
			"import": func(b *Benchmark, end func()) error {
				return Import(b, filepath.Join(dir, "new"), func(int, int) { end() })
			},
			"export": func(b *Benchmark, end func()) error {
				return Export(b, filepath.Join(dir, "new"), ExportOptions{Layout: record.NATSFile, Progress: func(int, int) { end() }})
			},
			"export to a folder": func(b *Benchmark, end func()) error {
				return Export(b, filepath.Join(dir, "new"), ExportOptions{Layout: record.NATSFolder, Progress: func(int, int) { end() }})
			},
			"best": func(b *Benchmark, end func()) error {
				end()
				_, _, err := b.Best(BestQuery{Dataset: data.CIFAR10, Set: data.OriTest, HP: 12})
				return err
			},
			"show": func(b *Benchmark, end func()) error {
				end()
				_, err := b.Architecture(7)
				return err
			},
		} {
			t.Run(fmt.Sprintf("%s of %s", name, filepath.Base(path)), func(t *testing.T) {
				ctx, end := context.WithCancel(t.Context())
				b, err := OpenContext(ctx, path)
				if err != nil {
					t.Fatal(err)
				}
				defer b.Close()
				var ended time.Time
				err = read(b, func() {
					if ended.IsZero() {
						ended = time.Now()
					}
					end()
				})
				if !errors.Is(err, context.Canceled) {
					t.Errorf("error is %v", err)
				}
				if took := time.Since(ended); took > time.Second {
					t.Errorf("it ended after %v", took)
				}
				if after, err := os.ReadDir(dir); err != nil || len(after) != len(before) {
					t.Errorf("left %v, %v", after, err)
				}
			})
		}
	}
}

// endingReader ends a context at one of its readings.
type endingReader struct {
	io.ReaderAt
	left atomic.Int64
	end  func()
}

func (r *endingReader) ReadAt(p []byte, offset int64) (int, error) {
	if r.left.Add(-1) == 0 {
		r.end()
	}
	return r.ReaderAt.ReadAt(p, offset)
}

// TestEndOfTheContextAtAnyReading ends it in the midst of whatever is being decoded.
func TestEndOfTheContextAtAnyReading(t *testing.T) {
	dir := t.TempDir()
	var published bytes.Buffer
	if err := scale.Write(&published, 6, 201); err != nil {
		t.Fatal(err)
	}
	paths := []string{filepath.Join(dir, "all.pth"), filepath.Join(dir, "all.parquet"), filepath.Join(dir, "all.pickle.pbz2")}
	if err := os.WriteFile(paths[0], published.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := Import(mustOpen(t, paths[0]), paths[1], nil); err != nil {
		t.Fatal(err)
	}
	if err := Export(mustOpen(t, paths[0]), paths[2], ExportOptions{Layout: record.NATSFile}); err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		ended := 0
		for {
			ctx, end := context.WithCancel(t.Context())
			r := &endingReader{ReaderAt: bytes.NewReader(content), end: end}
			r.left.Store(int64(ended) + 1)
			err := readAll(ctx, filepath.Base(path), r, int64(len(content)))
			end()
			if err == nil {
				break
			}
			if ended++; !errors.Is(err, context.Canceled) {
				t.Fatalf("%s, reading %d: %v", filepath.Base(path), ended, err)
			}
		}
		if ended < 5 {
			t.Errorf("%s is read by %d readings only", path, ended)
		}
	}
}

// readAll reads a benchmark as a query of all architectures does.
func readAll(ctx context.Context, name string, r io.ReaderAt, size int64) error {
	b, err := read(ctx, name, r, size, io.NopCloser(nil))
	if err != nil {
		return err
	}
	defer b.Close()
	for i := range 6 {
		if _, err := b.Architecture(i); err != nil {
			return err
		}
	}
	return nil
}
