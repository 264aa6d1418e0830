package bench

import (
	"errors"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"cellnet/bench/internal/source"
	"cellnet/bench/record"
	"cellnet/data"
	"cellnet/internal/mt19937"
)

// walkCounter counts the walks over all architectures.
type walkCounter struct {
	source.Source
	walks int
}

func (w *walkCounter) AllSnapshots(q source.Query) iter.Seq2[record.Snapshots, error] {
	w.walks++
	return w.Source.AllSnapshots(q)
}

// TestRankingsAreKept asks the same several times, and then something else.
func TestRankingsAreKept(t *testing.T) {
	file := mustOpen(t, smallFile(t))
	w := &walkCounter{Source: file.source}
	b := file.with(w, nil)
	q := BestQuery{Dataset: data.CIFAR10, Set: data.OriTest, HP: HP12}
	for range 3 {
		if index, _, err := b.Best(q); err != nil || index != 5 {
			t.Fatal(index, err)
		}
	}
	q.MaxFLOPs = record.NumberOf(100)
	if _, _, err := b.Best(q); err != nil || w.walks != 1 {
		t.Errorf("%d walks over all architectures, %v, want 1", w.walks, err)
	}
	q.Set = data.Train
	if _, _, err := b.Best(q); err != nil || w.walks != 2 {
		t.Errorf("%d walks over all architectures, %v, want 2", w.walks, err)
	}
}

// TestSearchesShareABenchmark runs searches at once, each with a clock of its own, and
// compares with the same ones after each other.
func TestSearchesShareABenchmark(t *testing.T) {
	b := mustOpen(t, fileOf(t, 5, 6, 7))
	search := func(seed uint32) (times []float64) {
		var clock Clock
		random := mt19937.NewPython(uint64(seed))
		for i := range 30 {
			s, err := b.Simulate(SimulateQuery{Index: 5 + i%3, Dataset: data.CIFAR100, HP: HP12, Random: random})
			if err != nil {
				t.Error(err)
				return nil
			}
			times = append(times, s.Accuracy, clock.Spend(s.Cost))
		}
		if times[len(times)-1] != clock.Spent() {
			t.Errorf("the clock says %v", clock.Spent())
		}
		return times
	}
	const searches = 200
	got := make([][]float64, searches)
	var wait sync.WaitGroup
	for i := range searches {
		wait.Go(func() { got[i] = search(uint32(i)) })
	}
	wait.Wait()
	for i := range searches {
		if want := search(uint32(i)); !slices.Equal(got[i], want) {
			t.Fatalf("search %d: %v, want %v", i, got[i], want)
		}
	}
}

func TestClock(t *testing.T) {
	var c Clock
	var wait sync.WaitGroup
	for range 100 {
		wait.Go(func() { c.Spend(0.5) })
	}
	wait.Wait()
	if c.Spent() != 50 || c.Spend(1) != 51 {
		t.Errorf("%v s, want 51", c.Spent())
	}
	if c.Reset(); c.Spent() != 0 {
		t.Errorf("%v s after a reset", c.Spent())
	}
}

// closeCounter counts the calls of Close.
type closeCounter struct {
	io.Closer
	closes int
}

func (c *closeCounter) Close() error {
	c.closes++
	return c.Closer.Close()
}

// TestFilesAreClosedOnce opens files of all kinds that stay open, well or not, and
// makes benchmarks of benchmarks, which leave the file to the first.
func TestFilesAreClosedOnce(t *testing.T) {
	published := smallFile(t)
	store := filepath.Join(t.TempDir(), "store.parquet")
	if err := Import(mustOpen(t, published), store, nil); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "archive")
	if err := Export(mustOpen(t, published), dir, ExportOptions{Layout: record.NASBench201Archive}); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{published, store, filepath.Join(dir, "000005-FULL.pth")} {
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		info, err := file.Stat()
		if err != nil {
			t.Fatal(err)
		}
		closer := &closeCounter{Closer: file}
		b, err := read(t.Context(), "file", file, info.Size(), closer)
		if err != nil {
			t.Fatal(err)
		}
		reloaded, err := b.Reloaded(dir, 5)
		if err != nil {
			t.Fatal(err)
		}
		merged, err := Merge(b, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, derived := range []*Benchmark{reloaded, merged} {
			if err := derived.Close(); err != nil || closer.closes != 0 {
				t.Errorf("%s: closing a derived benchmark: %v, %d times closed", path, err, closer.closes)
			}
		}
		for range 2 {
			if err := b.Close(); err != nil {
				t.Errorf("%s: closing: %v", path, err)
			}
		}
		if _, err := file.Stat(); closer.closes != 1 || !errors.Is(err, os.ErrClosed) {
			t.Errorf("%s: closed %d times, %v", path, closer.closes, err)
		}
	}
}
