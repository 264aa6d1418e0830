package bench

import (
	"path/filepath"
	"reflect"
	"testing"

	"cellnet/bench/internal/published"
	"cellnet/bench/record"
	"cellnet/cell"
	"cellnet/data"
	"cellnet/internal/mt19937"
)

func TestAdjusting(t *testing.T) {
	b := mustOpen(t, smallFile(t))
	r, err := b.Results(5, HP12)
	if err != nil {
		t.Fatal(err)
	}
	before := r.String()
	c := r.Clone()
	if err := c.SetLatency(data.CIFAR10, 0.5); err != nil {
		t.Fatal(err)
	}
	if err := c.SetTrainTimes(data.CIFAR10, 2); err != nil {
		t.Fatal(err)
	}
	if err := c.SetEvalTimes(data.CIFAR10, data.OriTest, 3); err != nil {
		t.Fatal(err)
	}
	if err := c.SetEvalTimes(data.CIFAR10, data.XTest, 3); err == nil {
		t.Error("no error for a set that was not evaluated")
	}
	if err := c.SetLatency(data.ImageNet16, 1); err == nil {
		t.Error("no error for a dataset without trials")
	}
	cost, err := c.Cost(NATS, data.CIFAR10)
	if err != nil {
		t.Fatal(err)
	}
	want := Times{{Set: data.Train, Epoch: record.NumberOf(2), Total: record.NumberOf(8)}, {Set: data.OriTest, Epoch: record.NumberOf(3), Total: record.NumberOf(12)}}
	if cost.Latency != record.NumberOf(0.5) || !reflect.DeepEqual(cost.Times, want) {
		t.Errorf("latency %v, times %v, want %v", cost.Latency, cost.Times, want)
	}
	if old, err := r.Cost(NATS, data.CIFAR10); err != nil || old.Latency == cost.Latency || r.String() != before {
		t.Errorf("the original changed: %v, %v", old, err)
	}
}

// TestStoreOfMadeRecords has records that no file held: what the columns do not
// describe must come through a store all the same.
func TestStoreOfMadeRecords(t *testing.T) {
	c, err := cell.FromIndex(7)
	if err != nil {
		t.Fatal(err)
	}
	made := func(change func(*Trial)) *Trial {
		trial := &Trial{
			Dataset: data.CIFAR10, Seed: 777, Epochs: 2, FLOPs: 1.5, Params: 0.5,
			Net:   NetConfig{Channels: 16, Cells: 5, ArchString: c.String(), Classes: 10},
			Train: Curves{Loss: Curve{Values: []float64{2, 1}}, Top1: Curve{Values: []float64{30, 40}}, Seconds: Curve{Values: []float64{5, 6}}},
			Evals: []Eval{{Set: data.OriTest, Loss: Curve{Values: []float64{3, 2}}, Top1: Curve{Values: []float64{20, 30}}, Seconds: Curve{Values: []float64{7, 8}}}},
		}
		change(trial)
		return trial
	}
	for name, change := range map[string]func(*Trial){
		"plain":                func(*Trial) {},
		"a time missing":       func(t *Trial) { t.Train.Seconds.Values = t.Train.Seconds.Values[:1] },
		"no last evaluation":   func(t *Trial) { t.Evals[0].Top1.Values = t.Evals[0].Top1.Values[:1] },
		"epochs backwards":     func(t *Trial) { t.Train.Loss.Epochs = []int{1, 0} },
		"another architecture": func(t *Trial) { t.Net.ArchString = "|none~0|" },
		"no evaluation":        func(t *Trial) { t.Evals = nil },
	} {
		trial := made(change)
		r, err := record.NewResults(7, c.String(), []*Trial{trial})
		if err != nil {
			t.Fatal(err)
		}
		empty, err := record.NewResults(7, c.String(), nil)
		if err != nil {
			t.Fatal(err)
		}
		a := &Architecture{Index: 7, ArchString: c.String()}
		a.Set(HP200, r)
		a.Set(HP12, empty)
		b, err := Merge(nil, []*Architecture{a})
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "store.parquet")
		if err := Import(b, path, nil); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, err := mustOpen(t, path).Architecture(7)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for hp, r := range a.All() {
			have, err := got.Results(hp)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			sameEncoding(t, name, have, r)
		}
	}
}

// TestRandomIndex compares with Python's random.randint after random.seed(0).
func TestRandomIndex(t *testing.T) {
	b := mustOpen(t, smallFile(t))
	r := mt19937.NewPython(0)
	for _, want := range []int{13835, 6311, 12418, 14585, 6890} {
		if got, err := b.RandomIndex(r); err != nil || got != want {
			t.Errorf("index %d, %v, want %d", got, err, want)
		}
	}
}

// sameEncoding compares what files have of results.
func sameEncoding(t *testing.T, name string, got, want *Results) {
	t.Helper()
	encode := func(r *Results) (pickles [][]byte) {
		head, err := published.EncodeHead(r.Index, r)
		if err != nil {
			t.Fatal(err)
		}
		pickles = append(pickles, head)
		for _, trial := range r.Trials {
			p, err := published.EncodeTrial(trial)
			if err != nil {
				t.Fatal(err)
			}
			pickles = append(pickles, p)
		}
		return pickles
	}
	if g, w := encode(got), encode(want); !reflect.DeepEqual(g, w) {
		t.Errorf("%s: the results are written differently: %q, want %q", name, g, w)
	}
}
