package bench

import (
	"encoding/json"
	"math"
	"path/filepath"
	"reflect"
	"testing"

	"cellnet/cell"
	"cellnet/data"
	"cellnet/internal/mt19937"
)

func TestHP(t *testing.T) {
	for text, want := range map[string]HP{"01": 1, "1": 1, "12": 12, "90": 90, "200": 200} {
		hp, err := ParseHP(text)
		if err != nil || hp != want {
			t.Errorf("%s: %v, %v", text, hp, err)
		}
		again, err := ParseHP(hp.String())
		if err != nil || again != hp {
			t.Errorf("%s: %v, %v", hp, again, err)
		}
	}
	for _, text := range []string{"", "0", "00", "-1", "+12", "12.0", "x", "0012", "70000", "1_2"} {
		if hp, err := ParseHP(text); err == nil {
			t.Errorf("%q: %v, no error", text, hp)
		}
	}
}

func TestCurve(t *testing.T) {
	var c Curve
	for _, e := range []int{0, 1, 3, 2} {
		c.add(e, float64(10*e))
	}
	if !reflect.DeepEqual(c.Epochs, []int{0, 1, 3, 2}) {
		t.Errorf("epochs %v", c.Epochs)
	}
	for e := range 4 {
		if v, ok := c.At(e); !ok || v != float64(10*e) {
			t.Errorf("epoch %d: %v, %v", e, v, ok)
		}
		if v, ok := c.Upto(e); !ok || len(v) != e+1 || v[e] != float64(10*e) {
			t.Errorf("up to epoch %d: %v, %v", e, v, ok)
		}
	}
	for _, e := range []int{-1, 4} {
		if v, ok := c.At(e); ok {
			t.Errorf("epoch %d: %v", e, v)
		}
	}
	var last Curve
	last.add(3, 5)
	if v, ok := last.At(3); !ok || v != 5 {
		t.Errorf("%v, %v", v, ok)
	}
	if v, ok := last.Upto(3); ok {
		t.Errorf("up to epoch 3 of a curve with one value: %v", v)
	}
	if _, ok := (Curve{Values: []float64{1}}).Upto(1); ok {
		t.Error("more epochs than there are")
	}
}

// TestPairwiseSum compares with sums of numpy 1.24.2: 1/1 + 1/2 + ... + 1/n.
func TestPairwiseSum(t *testing.T) {
	for n, want := range map[int]string{
		0: "0", 7: "2.5928571428571425", 8: "2.7178571428571425", 100: "5.187377517639621", 128: "5.433147092589173", 129: "5.440899030573669", 200: "5.878030948121444", 1000: "7.485470860550345",
	} {
		values := make([]float64, n)
		for i := range values {
			values[i] = 1 / float64(i+1)
		}
		if got := shortest(NAS201.sum(values)); got != want {
			t.Errorf("%d values: %s, want %s", n, got, want)
		}
	}
}

func shortest(f float64) string {
	text, _ := json.Marshal(f)
	return string(text)
}

// TestRandomChoices compares with Python's random.choice and randint after
// random.seed(0).
func TestRandomChoices(t *testing.T) {
	r := mt19937.NewPython(0)
	seeds := []int{777, 888, 999}
	for i, want := range []int{888, 888, 777, 888, 999, 888, 888, 888, 888, 888, 999, 777} {
		place, single, err := OfRandomTrial(r).pick(seeds)
		if err != nil || !single || seeds[place] != want {
			t.Errorf("choice %d: %d, %v, want %d", i, seeds[place], err, want)
		}
	}
	b := mustOpen(t, smallFile(t))
	r = mt19937.NewPython(0)
	for _, want := range []int{13835, 6311, 12418, 14585, 6890} {
		if got, err := b.RandomIndex(r); err != nil || got != want {
			t.Errorf("index %d, %v, want %d", got, err, want)
		}
	}
}

func TestNumberJSON(t *testing.T) {
	for text, n := range map[string]Number{"null": {}, "1.5": number(1.5), "0": number(0)} {
		got, err := json.Marshal(n)
		if err != nil || string(got) != text {
			t.Errorf("%v: %s, %v, want %s", n, got, err, text)
		}
		var back Number
		if err := json.Unmarshal([]byte(text), &back); err != nil || back != n {
			t.Errorf("%s: %v, %v, want %v", text, back, err, n)
		}
	}
	if got, err := json.Marshal(number(math.NaN())); err != nil || string(got) != "null" {
		t.Errorf("NaN: %s, %v", got, err)
	}
	if err := json.Unmarshal([]byte(`"x"`), new(Number)); err == nil {
		t.Error("no error for a text")
	}
}

func TestSpelling(t *testing.T) {
	for _, s := range []spelling{
		{}, {SeedNumber: true}, {NumPyParams: true, NumPyLatency: true, OrderedTimes: true},
		{SeedNumber: true, NumPyParams: true, NumPyFLOPs: true, NumPyLatency: true, OrderedTimes: true, NoEvalTimes: true, WeightsSecond: true},
		{SecondsOrder: orderOf([]data.Set{data.XValid, data.XTest, data.OriTest}), OrderedTimes: true},
		{Top1Order: "o", SecondsOrder: "", LossOrder: "xo"},
	} {
		got, err := parseSpelling(s.String())
		if err != nil || got != s {
			t.Errorf("%q: %+v, %v, want %+v", s, got, err, s)
		}
	}
	for _, text := range []string{"z", "ii", "i o", "i a b c", "o x x x x", " oo v x", "i  t "} {
		if s, err := parseSpelling(text); err == nil {
			t.Errorf("%q: %+v, no error", text, s)
		}
	}
}

func TestIndexOfStore(t *testing.T) {
	archs := []storeArch{
		{index: 15624, row: 0, runs: []storeRun{{HP200, 12, true}, {HP12, 5, false}}},
		{index: 0, row: 17, ordered: true, runs: []storeRun{{HP1, 0, true}}},
		{index: 300, row: 17, runs: []storeRun{}},
	}
	b := marshalIndex(archs)
	got, err := unmarshalIndex(b, 17, 15625)
	if err != nil || !reflect.DeepEqual(got, archs) {
		t.Errorf("%v, %v, want %v", got, err, archs)
	}
	for i := range b {
		if got, err := unmarshalIndex(b[:i], 17, 15625); err == nil && len(got) == len(archs) {
			t.Errorf("cut to %d bytes: %v", i, got)
		}
	}
	for _, c := range []struct {
		what  string
		b     []byte
		rows  int64
		space int
	}{
		{"more trials than rows", b, 16, 15625},
		{"an index beyond the search space", b, 17, 15624},
		{"more architectures than the search space has", marshalIndex(make([]storeArch, 3)), 0, 2},
		{"more trials than any has", marshalIndex([]storeArch{{runs: []storeRun{{HP12, maxTrials + 1, true}}}}), maxTrials + 1, 1},
	} {
		if _, err := unmarshalIndex(c.b, c.rows, c.space); err == nil {
			t.Errorf("no error for %s", c.what)
		}
	}
}

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
	want := []Times{{data.Train, number(2), number(8)}, {data.OriTest, number(3), number(12)}}
	if cost.Latency != number(0.5) || !reflect.DeepEqual(cost.Times, want) {
		t.Errorf("latency %v, times %v, want %v", cost.Latency, cost.Times, want)
	}
	if old, err := r.Cost(NATS, data.CIFAR10); err != nil || old.Latency == cost.Latency || r.String() != before {
		t.Errorf("the original changed: %v, %v", old, err)
	}
}

func TestSizeSpace(t *testing.T) {
	archs := Size.archs()
	if len(archs) != 32768 || archs[0] != "8:8:8:8:8" || archs[11] != "8:8:8:16:32" || archs[32767] != "64:64:64:64:64" {
		t.Errorf("%d strings, %s, %s ... %s", len(archs), archs[0], archs[11], archs[len(archs)-1])
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
		trial := NewTrial(Trial{
			Dataset: data.CIFAR10, Seed: 777, Epochs: 2, FLOPs: 1.5, Params: 0.5,
			Net:   NetConfig{Channels: 16, Cells: 5, Arch: c.String(), Classes: 10},
			Train: Curves{Loss: Curve{Values: []float64{2, 1}}, Top1: Curve{Values: []float64{30, 40}}, Seconds: Curve{Values: []float64{5, 6}}},
			Evals: []Eval{{data.OriTest, Curve{Values: []float64{3, 2}}, Curve{Values: []float64{20, 30}}, Curve{Values: []float64{7, 8}}}},
		})
		change(trial)
		return trial
	}
	for name, change := range map[string]func(*Trial){
		"plain":                func(*Trial) {},
		"a time missing":       func(t *Trial) { t.Train.Seconds.Values = t.Train.Seconds.Values[:1] },
		"no last evaluation":   func(t *Trial) { t.Evals[0].Top1.Values = t.Evals[0].Top1.Values[:1] },
		"epochs backwards":     func(t *Trial) { t.Train.Loss.Epochs = []int{1, 0} },
		"another architecture": func(t *Trial) { t.Net.Arch = "|none~0|" },
		"no evaluation":        func(t *Trial) { t.Evals = nil },
	} {
		trial := made(change)
		r, err := NewResults(7, c.String(), []*Trial{trial})
		if err != nil {
			t.Fatal(err)
		}
		empty, err := NewResults(7, c.String(), nil)
		if err != nil {
			t.Fatal(err)
		}
		a := &Arch{Index: 7, Name: c.String()}
		a.Set(HP200, r)
		a.Set(HP12, empty)
		b, err := Merge(nil, []*Arch{a})
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "store.parquet")
		if err := Import(b, path, nil); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, err := mustOpen(t, path).Arch(7)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want, err := a.state(NATS)
		if err != nil {
			t.Fatal(err)
		}
		have, err := got.state(NATS)
		if err != nil {
			t.Fatal(err)
		}
		if d := treeDifference(have, want); d != "" {
			t.Errorf("%s%s", name, d)
		}
	}
}
