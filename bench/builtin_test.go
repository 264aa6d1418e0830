package bench

import (
	"errors"
	"math"
	"testing"

	"cellnet/data"
	"cellnet/internal/fixture"
)

func builtinBenchmark(t testing.TB) *Benchmark {
	t.Helper()
	b, err := Open(BuiltinName)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// What the built-in table has is what published records have.
func TestBuiltinAgreesWithPublishedRecords(t *testing.T) {
	published, err := Open(fixture.Shared(t, "data/nats/NATS-tss-v1_0-3ffb9-simple"))
	if err != nil {
		t.Fatal(err)
	}
	defer published.Close()
	b := builtinBenchmark(t)
	compared := 0
	for _, index := range published.Stored() {
		for _, hp := range []HP{HP12, HP200} {
			for _, d := range []data.Dataset{data.CIFAR10Valid, data.CIFAR10, data.CIFAR100, data.ImageNet16} {
				for _, set := range d.EvaluationSets() {
					for _, choice := range []Choice{MeanOfTrials(), OfSeed(777), OfSeed(888)} {
						s := Selection{Index: index, Dataset: d, HP: hp, Choice: choice}
						got, err := b.Metrics(s, set)
						if errors.Is(err, ErrMissing) {
							continue
						}
						if err != nil {
							t.Fatal(err)
						}
						want, err := published.Metrics(s, set)
						if err != nil {
							t.Fatal(err)
						}
						if math.Abs(got.Accuracy-want.Accuracy) > 5.1e-6 || got.Epoch != want.Epoch || !math.IsNaN(got.Loss) {
							t.Errorf("%d, %v %v by %v, %+v: %+v, want %+v", index, d, set, hp, choice, got, want)
						}
						compared++
					}
				}
				c, err := b.Cost(index, d, hp)
				if err != nil {
					t.Fatal(err)
				}
				want, err := published.Cost(index, d, hp)
				if err != nil {
					t.Fatal(err)
				}
				if math.Abs(c.FLOPs-want.FLOPs) > 1e-6 || math.Abs(c.Params-want.Params) > 1e-6 || c.Latency.OK {
					t.Errorf("%d on %v costs %+v, want %+v", index, d, c, want)
				}
				if got, want := c.Times[0].Epoch.Value, want.Times[0].Epoch.Value; hp == HP200 && d == data.CIFAR10Valid && math.Abs(got/want-1) > 1e-6 {
					t.Errorf("%d: an epoch of %v s, want %v", index, got, want)
				}
			}
		}
	}
	if compared < 3*(2*6+2*2+6) {
		t.Errorf("%d values compared", compared)
	}
}

// The papers' highest means.
func TestBuiltinBest(t *testing.T) {
	b := builtinBenchmark(t)
	for _, c := range []struct {
		d    data.Dataset
		word string
		want float64
	}{
		{data.CIFAR10, "valid", 91.61}, {data.CIFAR10, "test", 94.37}, {data.CIFAR100, "valid", 73.49},
		{data.CIFAR100, "test", 73.51}, {data.ImageNet16, "valid", 46.73}, {data.ImageNet16, "test", 47.31},
	} {
		d, set, err := SetByWord(c.d, c.word)
		if err != nil {
			t.Fatal(err)
		}
		_, accuracy, err := b.Best(BestQuery{Dataset: d, Set: set, HP: HP200})
		if err != nil || math.Abs(accuracy.Value-c.want) > 0.0051 {
			t.Errorf("%v %s: %v, %v, want %v", c.d, c.word, accuracy, err, c.want)
		}
	}
}

func TestBuiltinRefusesWhatItLacks(t *testing.T) {
	b := builtinBenchmark(t)
	last := Selection{Index: 1, Dataset: data.CIFAR100, HP: HP200}
	early, single, other := last, last, last
	early.Epoch, single.Choice, other.HP = AtEpoch(5), OfSeed(777), HP90
	for name, ask := range map[string]func() error{
		"train":  func() error { _, err := b.Metrics(last, data.Train); return err },
		"epoch":  func() error { _, err := b.Metrics(early, data.XTest); return err },
		"single": func() error { _, err := b.Metrics(single, data.XTest); return err },
		"recipe": func() error { _, err := b.Metrics(other, data.XTest); return err },
		"curves": func() error { _, err := b.Trials(1, data.CIFAR100, HP200); return err },
		"record": func() error { _, err := b.Architecture(1); return err },
		"best, train": func() error {
			_, _, err := b.Best(BestQuery{Dataset: data.CIFAR100, Set: data.Train, HP: HP12})
			return err
		},
		"architecture": func() error { _, err := b.Cost(15625, data.CIFAR100, HP12); return err },
	} {
		if err := ask(); !errors.Is(err, ErrMissing) && !errors.Is(err, ErrRange) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}
