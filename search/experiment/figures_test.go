package experiment

import (
	"math"
	"testing"

	"cellnet/data"
	"cellnet/search"
)

// figures are a line of the reference program's report: validation and test
// accuracy on cifar10, cifar100 and ImageNet16-120 of so many runs, seeds from 0.
type figures struct {
	algorithm string
	runs      int
	of        [3][2]string
}

func referenceFigures() []figures {
	return []figures{
		{"evolution", 500, [3][2]string{{"91.25±0.30", "93.99±0.31"}, {"72.33±0.94", "72.32±0.86"}, {"45.64±0.86", "45.74±0.89"}}},
		{"reinforce", 500, [3][2]string{{"91.11±0.27", "93.89±0.27"}, {"71.88±0.91", "71.94±0.89"}, {"45.33±0.75", "45.59±0.85"}}},
		{"random", 500, [3][2]string{{"91.07±0.26", "93.85±0.28"}, {"71.51±0.97", "71.62±0.93"}, {"45.10±0.91", "45.31±1.01"}}},
		{"bohb", 100, [3][2]string{{"91.13±0.33", "93.88±0.32"}, {"71.91±1.00", "71.96±0.86"}, {"45.54±0.82", "45.61±0.91"}}},
		{"hyperband", 100, [3][2]string{{"91.09±0.22", "93.86±0.21"}, {"71.66±0.93", "71.81±0.90"}, {"45.39±0.84", "45.62±0.97"}}},
		{"local", 500, [3][2]string{{"91.32±0.20", "94.06±0.22"}, {"72.85±0.72", "72.59±0.67"}, {"46.15±0.37", "46.13±0.54"}}},
		{"bayesian", 25, [3][2]string{{"91.38±0.08", "94.09±0.18"}, {"73.22±0.15", "72.90±0.35"}, {"46.32±0.00", "46.48±0.00"}}},
	}
}

// The seeds of the reference program have its figures, to the last digit; other
// seeds have them within the noise of so many runs.
func TestReferenceFigures(t *testing.T) {
	for _, f := range referenceFigures() {
		t.Run(f.algorithm, func(t *testing.T) {
			if testing.Short() && f.algorithm == "bayesian" {
				t.Skip("takes a quarter of a minute")
			}
			for i, d := range []data.Dataset{data.CIFAR10, data.CIFAR100, data.ImageNet16} {
				r := request(f.algorithm)
				r.Dataset, r.Runs, r.Seed = d, f.runs, 0
				s := summaryOf(t, r)
				if got := [2]string{s.Valid.String(), s.Test.String()}; got != f.of[i] {
					t.Errorf("%v: %s, want %s", d, got, f.of[i])
				}
				if f.runs < 500 {
					continue
				}
				r.Seed = 5000
				o := summaryOf(t, r)
				if valid, test := math.Abs(o.Valid.Mean-s.Valid.Mean), math.Abs(o.Test.Mean-s.Test.Mean); valid > 0.15 || test > 0.15 {
					t.Errorf("%v: other seeds have %v and %v, these %v and %v", d, o.Valid, o.Test, s.Valid, s.Test)
				}
			}
		})
	}
}

func summaryOf(t *testing.T, r Request) Summary {
	t.Helper()
	p := plan(t, r)
	runs, err := p.Run(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	s, err := p.Summarize(runs)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The signal bounds what a search can report: the architectures with the best
// accuracies after 12 epochs.
func TestBestBySignal(t *testing.T) {
	for d, want := range map[data.Dataset][2]string{
		data.CIFAR10: {"91.50", "94.37"}, data.CIFAR100: {"72.96", "72.28"}, data.ImageNet16: {"46.32", "46.48"},
	} {
		r := request("random")
		r.Dataset = d
		p := plan(t, r)
		best, top := -1, 0.0
		for arch := range search.Topology().Len() {
			n, err := p.Judge.Trials(arch)
			if err != nil {
				t.Fatal(err)
			}
			var mean float64
			for trial := range n {
				o, err := p.Judge.Train(t.Context(), search.Job{Arch: arch, Trial: trial, Epochs: 12})
				if err != nil {
					t.Fatal(err)
				}
				mean += o.Accuracy / float64(n)
			}
			if mean > top {
				best, top = arch, mean
			}
		}
		valid, test, err := p.Judge.Final(best)
		if got := [2]string{Spread{Mean: valid}.String()[:5], Spread{Mean: test}.String()[:5]}; err != nil || got != want {
			t.Errorf("%v: %d reaches %s, error %v, want %s", d, best, got, err, want)
		}
	}
}

func TestSpread(t *testing.T) {
	if got := spreadOf([]float64{1, 3}); got != (Spread{2, 1}) || got.String() != "2.00±1.00" {
		t.Errorf("got %v, want that of the population", got)
	}
}
