package bench

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"sync"
	"testing"

	"cellnet/bench/internal/scale"
	"cellnet/bench/internal/source"
	"cellnet/bench/record"
	"cellnet/data"
)

// countingReader counts the bytes that are read.
type countingReader struct {
	io.ReaderAt
	bytes int
}

func (r *countingReader) ReadAt(p []byte, offset int64) (int, error) {
	r.bytes += len(p)
	return r.ReaderAt.ReadAt(p, offset)
}

// scaledStore is a store of architectures with records of the published size, and
// the file that it was made from.
func scaledStore(t *testing.T, archs int) (file *Benchmark, store []byte) {
	t.Helper()
	var published, imported bytes.Buffer
	if err := scale.Write(&published, archs, 1); err != nil {
		t.Fatal(err)
	}
	file, err := Read("scaled", bytes.NewReader(published.Bytes()), int64(published.Len()))
	if err != nil {
		t.Fatal(err)
	}
	if err := writeStore(&imported, file, nil); err != nil {
		t.Fatal(err)
	}
	return file, imported.Bytes()
}

func TestStoreReadsWhatAQueryNeeds(t *testing.T) {
	const archs = 30
	file, store := scaledStore(t, archs)
	r := &countingReader{ReaderAt: bytes.NewReader(store)}
	b, err := Read("store", r, int64(len(store)))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	read := func(ask func(b *Benchmark) (any, error)) int {
		t.Helper()
		before := r.bytes
		got, err := ask(b)
		want, wantErr := ask(file)
		if err != nil || wantErr != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %v, %v, want %v, %v", got, err, want, wantErr)
		}
		return r.bytes - before
	}
	perArch := len(store) / archs
	_ = read(func(b *Benchmark) (any, error) { return b.NetConfig(0, data.CIFAR100) }) // and the columns without curves
	_ = read(func(b *Benchmark) (any, error) {
		return b.MoreInfo(Selection{0, data.CIFAR100, HP200, Epoch{}, MeanOfTrials()})
	})
	for _, c := range []struct {
		name string
		most int
		ask  func(b *Benchmark) (any, error)
	}{
		{"metrics at the last epoch", 0, func(b *Benchmark) (any, error) {
			return b.MoreInfo(Selection{7, data.CIFAR100, HP200, Epoch{}, MeanOfTrials()})
		}},
		{"network", 0, func(b *Benchmark) (any, error) { return b.NetConfig(7, data.CIFAR10) }},
		{"best", 0, func(b *Benchmark) (any, error) {
			i, accuracy, err := b.Best(BestQuery{Dataset: data.CIFAR100, Set: data.XTest, HP: HP200})
			return []any{i, accuracy}, err
		}},
		{"cost", perArch, func(b *Benchmark) (any, error) { return b.Cost(8, data.CIFAR100, HP200) }},
		{"cost once more", 0, func(b *Benchmark) (any, error) { return b.Cost(8, data.CIFAR100, HP200) }},
		{"metrics at an epoch", 4 * perArch, func(b *Benchmark) (any, error) {
			return b.MoreInfo(Selection{9, data.CIFAR100, HP200, AtEpoch(5), MeanOfTrials()})
		}},
		{"trials", 4 * perArch, func(b *Benchmark) (any, error) {
			trials, err := b.Trials(10, data.CIFAR100, HP200)
			var curves []Curves
			for _, t := range trials {
				curves = append(curves, t.Train)
			}
			return curves, err
		}},
	} {
		if got := read(c.ask); got > c.most {
			t.Errorf("%s: %d bytes were read, want at most %d", c.name, got, c.most)
		}
	}
	before := r.bytes
	if _, err := b.Cost(11, data.CIFAR10, HP90); !errors.Is(err, ErrMissing) {
		t.Errorf("a recipe that is not there: %v", err)
	}
	if _, err := b.Cost(archs, data.CIFAR10, HP12); !errors.Is(err, ErrMissing) {
		t.Errorf("an architecture that is not there: %v", err)
	}
	if r.bytes != before {
		t.Errorf("%d bytes were read for records that are not there", r.bytes-before)
	}
}

// What a store knows of ranks is not used for records that were changed since, nor
// for limits and scopes that it does not fit.
func TestRanksFollowChanges(t *testing.T) {
	file, text := scaledStore(t, 12)
	store, err := Read("store", bytes.NewReader(text), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	q := BestQuery{Dataset: data.CIFAR10, Set: data.OriTest, HP: HP200}
	all := map[int]Candidate{}
	for c, err := range file.Candidates(q) {
		if err != nil {
			t.Fatal(err)
		}
		all[c.Index] = c
	}
	ask := func(q BestQuery, want int) {
		t.Helper()
		if got, accuracy, err := store.Best(q); err != nil || got != want || want >= 0 && accuracy.Value != all[want].Accuracy {
			t.Errorf("%+v: got %d, %v, %v, want %d", q, got, accuracy, err, want)
		}
	}
	best := func(allowed func(Candidate) bool) int {
		index := -1
		for i := range 12 {
			if allowed(all[i]) && (index < 0 || all[i].Accuracy > all[index].Accuracy) {
				index = i
			}
		}
		return index
	}
	first := best(func(Candidate) bool { return true })
	ask(q, first)
	ask(q, first) // from what is known by now
	for i := range 12 {
		q.MaxFLOPs, q.MaxParams = record.NumberOf(all[i].FLOPs), record.NumberOf(all[i].Params)
		ask(q, best(func(c Candidate) bool { return c.FLOPs <= all[i].FLOPs && c.Params <= all[i].Params }))
	}
	q.MaxFLOPs, q.MaxParams = record.NumberOf(0), Number{}
	ask(q, -1)
	q.MaxFLOPs, q.Scope = Number{}, WholeSpace
	if _, _, err := store.Best(q); !errors.Is(err, ErrMissing) {
		t.Errorf("the whole space: %v", err)
	}
	q.Scope = AllStored
	changed, err := store.Architecture(first)
	if err != nil {
		t.Fatal(err)
	}
	changed = changed.Clone()
	results, err := changed.Results(HP200)
	if err != nil {
		t.Fatal(err)
	}
	for _, trial := range results.Trials {
		for i := range trial.Evals {
			clear(trial.Evals[i].Top1.Values)
		}
	}
	store = store.with(source.Overlay(store.source, source.FromMemory(changed)), nil)
	ask(q, best(func(c Candidate) bool { return c.Index != first }))
}

func TestStoreAnswersManyAtOnce(t *testing.T) {
	file, text := scaledStore(t, 12)
	store, err := Read("store", bytes.NewReader(text), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	ask := func(b *Benchmark, i int) []any {
		info, err1 := b.MoreInfo(Selection{i % 12, data.CIFAR100, HP200, AtEpoch(i), MeanOfTrials()})
		cost, err2 := b.Cost(i%12, data.CIFAR10, HP12)
		trials, err3 := b.Trials(i%12, data.CIFAR10Valid, HP200)
		best, accuracy, err4 := b.Best(BestQuery{Dataset: data.CIFAR10, Set: data.OriTest, HP: HP200, MaxFLOPs: record.NumberOf(float64(20 * i))})
		return []any{info, cost, trials[0].Train, best, accuracy, errors.Join(err1, err2, err3, err4)}
	}
	want := make([][]any, 24)
	for i := range want {
		want[i] = ask(file, i)
	}
	var wait sync.WaitGroup
	for worker := range 8 {
		wait.Go(func() {
			for k := range want {
				i := (k + 3*worker) % len(want)
				if got := ask(store, i); !reflect.DeepEqual(got, want[i]) {
					t.Errorf("%d: got %v, want %v", i, got, want[i])
				}
			}
		})
	}
	wait.Wait()
}
