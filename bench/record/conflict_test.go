package record

import (
	"math"
	"reflect"
	"slices"
	"testing"

	"cellnet/data"
)

// measuredTrial makes a trial that has every measurement.
func measuredTrial(seed int) *Trial {
	curve := func(v float64) Curve { return Curve{Values: []float64{v, math.NaN(), v + 1}} }
	t := &Trial{Dataset: data.CIFAR10Valid, Seed: seed, Epochs: 3, Net: NetConfig{Channels: 16, Cells: 5, ArchString: "arch", Classes: 10},
		Params: 1, FLOPs: 2, Latency: []float64{3}}
	t.Train.Loss, t.Train.Top1, t.Train.Top5, t.Train.Seconds = curve(10), curve(20), curve(30), curve(40)
	for i, set := range []data.Set{data.XValid, data.OriTest} {
		v := float64(100 * (i + 1))
		t.Evals = append(t.Evals, Eval{Set: set, Loss: curve(v), Top1: curve(v + 10), Seconds: curve(v + 20)})
	}
	return t
}

// TestAddComparesEveryMeasurement adds a record of a trial that differs from the one
// that is there in a single thing.
func TestAddComparesEveryMeasurement(t *testing.T) {
	last := func(of func(*Trial) *Curve) func(*Trial) { return func(t *Trial) { of(t).Values[2]++ } }
	for _, c := range []struct {
		name     string
		change   func(*Trial)
		conflict bool
	}{
		{"nothing", func(*Trial) {}, false},
		{"latency", func(t *Trial) { t.Latency[0]++ }, false},
		{"weights", func(t *Trial) { t.HasWeights = true }, false},
		{"order of the sets", func(t *Trial) { slices.Reverse(t.Evals) }, false},
		{"epochs", func(t *Trial) { t.Epochs++ }, true},
		{"network", func(t *Trial) { t.Net.Channels++ }, true},
		{"parameters", func(t *Trial) { t.Params++ }, true},
		{"FLOPs", func(t *Trial) { t.FLOPs++ }, true},
		{"train loss", last(func(t *Trial) *Curve { return &t.Train.Loss }), true},
		{"train top-1", last(func(t *Trial) *Curve { return &t.Train.Top1 }), true},
		{"train top-5", last(func(t *Trial) *Curve { return &t.Train.Top5 }), true},
		{"train seconds", last(func(t *Trial) *Curve { return &t.Train.Seconds }), true},
		{"loss of a set", last(func(t *Trial) *Curve { return &t.Evals[0].Loss }), true},
		{"top-1 of a set", last(func(t *Trial) *Curve { return &t.Evals[1].Top1 }), true},
		{"seconds of a set", last(func(t *Trial) *Curve { return &t.Evals[1].Seconds }), true},
		{"a number where there was none", func(t *Trial) { t.Train.Top5.Values[1] = 1 }, true},
		{"an epoch less", func(t *Trial) { t.Train.Top5.Values = t.Train.Top5.Values[:2] }, true},
		{"another epoch", func(t *Trial) { t.Train.Top5.Epochs = []int{0, 1, 3} }, true},
		{"a set", func(t *Trial) { t.Evals[1].Set = data.XTest }, true},
		{"a set less", func(t *Trial) { t.Evals = t.Evals[:1] }, true},
	} {
		there := measuredTrial(777)
		results, err := NewResults(5, "arch", []*Trial{there})
		if err != nil {
			t.Fatal(err)
		}
		a := &Architecture{Index: 5}
		a.Set(HP12, results)
		second, other := measuredTrial(777), measuredTrial(888)
		c.change(second)
		var want []Conflict
		if c.conflict {
			want = []Conflict{{Index: 5, Dataset: data.CIFAR10Valid, HP: HP12, Seed: 777}}
		}
		if got := a.Add(HP12, second, other); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: conflicts %v, want %v", c.name, got, want)
		}
		r, err := a.Results(HP12)
		if err != nil {
			t.Fatal(err)
		}
		if first, err := r.Trial(data.CIFAR10Valid, 777); err != nil || !first.sameMeasurements(there) || first.HasWeights {
			t.Errorf("%s: the trial is %v, error %v, want the one that was there", c.name, first, err)
		}
		if _, err := r.Trial(data.CIFAR10Valid, 888); err != nil || len(r.Trials) != 2 {
			t.Errorf("%s: %d trials, %v, want 2", c.name, len(r.Trials), err)
		}
	}
}
