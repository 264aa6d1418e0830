package simulate

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"testing"

	"cellnet/data"
	"cellnet/internal/fixture"
	"cellnet/search"
)

// record is a run of the reference program.
type record struct {
	Algorithm  string      `json:"algorithm"`
	Space      string      `json:"space"`
	Dataset    string      `json:"dataset"`
	Seed       uint32      `json:"seed"`
	Budget     float64     `json:"budget"`
	Settings   settings    `json:"settings"`
	Visited    []int       `json:"visited"`
	Best       []int       `json:"best"`
	Accuracy   []float64   `json:"accuracy"`
	Clock      []float64   `json:"clock"`
	FinalValid float64     `json:"final_valid"`
	FinalTest  float64     `json:"final_test"`
	CurveTest  []float64   `json:"curve_test"`
	Epochs     []int       `json:"epochs"`
	Modelled   []int       `json:"modelled"`
	Theta      [][]float64 `json:"theta"`
}

// settings are those that differ from the published ones.
type settings struct {
	Population     *int     `json:"population"`
	Sample         *int     `json:"sample"`
	HP             string   `json:"hp"`
	Rate           *float64 `json:"rate"`
	Momentum       *float64 `json:"momentum"`
	Samples        *int     `json:"samples"`
	RandomFraction *float64 `json:"random_fraction"`
	Least          *float64 `json:"least"`
	Memory         *bool    `json:"memory"`
	First          *bool    `json:"first"`
	Start          *int     `json:"start"`
	Noise          *float64 `json:"noise"`
	Beta           *float64 `json:"beta"`
}

func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

func (r record) algorithm(t *testing.T) search.Algorithm {
	s := r.Settings
	switch r.Algorithm {
	case "random":
		return search.Random{}
	case "evolution":
		a := search.DefaultEvolution()
		set(&a.Population, s.Population)
		set(&a.Sample, s.Sample)
		return a
	case "reinforce":
		a := search.DefaultReinforce()
		set(&a.Rate, s.Rate)
		set(&a.Momentum, s.Momentum)
		return a
	case "hyperband":
		return search.Hyperband{Brackets: search.DefaultBrackets()}
	case "bohb":
		a := search.DefaultBOHB()
		set(&a.Samples, s.Samples)
		set(&a.RandomFraction, s.RandomFraction)
		set(&a.MinBandwidth, s.Least)
		return a
	case "local":
		a := search.DefaultLocal()
		set(&a.Memory, s.Memory)
		set(&a.First, s.First)
		return a
	case "bayesian":
		a := search.DefaultBayesian()
		set(&a.Start, s.Start)
		set(&a.Noise, s.Noise)
		set(&a.Beta, s.Beta)
		return a
	}
	t.Fatalf("unknown algorithm %s", r.Algorithm)
	return nil
}

// judge gives the judge of a space by name.
func judge(t testing.TB, space string, d data.Dataset, recipe int) Judge {
	t.Helper()
	var j Judge
	var err error
	if space == "size" {
		j, err = NewFormula(d, recipe)
	} else {
		j, err = NewBuiltin(d, recipe)
	}
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func (r record) problem(t *testing.T) search.Problem {
	t.Helper()
	d, err := ParseDataset(r.Dataset)
	if err != nil {
		t.Fatal(err)
	}
	space, err := search.ParseSpace(r.Space)
	if err != nil {
		t.Fatal(err)
	}
	recipe := 12
	if r.Settings.HP != "" {
		fmt.Sscan(r.Settings.HP, &recipe)
	}
	return search.Problem{Space: space, Judge: judge(t, r.Space, d, recipe), Epochs: recipe, Budget: r.Budget, Seed: r.Seed}
}

func readFixture(t *testing.T, path string, v any) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, v); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

func TestPublishedRuns(t *testing.T) {
	for _, name := range []string{"random", "evolution", "reinforce", "hyperband", "bohb", "local", "bayesian"} {
		var records []record
		readFixture(t, fixture.Shared(t, "fixtures/search/"+name+".json"), &records)
		for i, r := range records {
			t.Run(fmt.Sprintf("%s/%d_%s_%s", name, i, r.Space, r.Dataset), func(t *testing.T) {
				t.Parallel()
				check(t, r)
			})
		}
	}
}

// Some of those runs, which the repository has.
func TestPublishedRunsInTestdata(t *testing.T) {
	var records []record
	readFixture(t, "testdata/runs.json", &records)
	for i, r := range records {
		t.Run(fmt.Sprintf("%d_%s_%s_%s", i, r.Algorithm, r.Space, r.Dataset), func(t *testing.T) { check(t, r) })
	}
}

// check runs a search again and compares all that was recorded of it.
func check(t *testing.T, r record) {
	p := r.problem(t)
	run, err := search.Search(context.Background(), r.algorithm(t), p)
	if err != nil {
		t.Fatal(err)
	}
	if at := firstDifference(run.Visited, r.Visited); at >= 0 {
		t.Fatalf("visits differ from number %d on (%d and %d in all)", at, len(run.Visited), len(r.Visited))
	}
	if !slices.Equal(run.Best, r.Best) {
		t.Error("the best so far differ")
	}
	close := func(what string, got, want []float64, relative, absolute float64) {
		t.Helper()
		if len(got) != len(want) {
			t.Errorf("%s: %d numbers, want %d", what, len(got), len(want))
			return
		}
		for i := range got {
			if d := math.Abs(got[i] - want[i]); !(d <= max(absolute, relative*math.Abs(want[i]))) {
				t.Errorf("%s %d: %v, want %v", what, i, got[i], want[i])
				return
			}
		}
	}
	close("accuracy", run.Accuracy, r.Accuracy, 0, 1e-8)
	close("clock", run.Clock, r.Clock, 1e-9, 1e-6)
	final := func(part int) func(arch int) float64 {
		return func(arch int) float64 {
			valid, test, err := p.Judge.(Judge).Final(arch)
			if err != nil {
				t.Fatal(err)
			}
			return []float64{valid, test}[part]
		}
	}
	close("final", []float64{run.At(r.Budget, final(0)), run.At(r.Budget, final(1))}, []float64{r.FinalValid, r.FinalTest}, 0, 1e-8)
	var curve []float64
	for k := range 10 {
		curve = append(curve, run.At(float64(k+1)*r.Budget/10, final(1)))
	}
	close("curve", curve, r.CurveTest, 0, 1e-8)
	if r.Epochs != nil {
		var modelled []int
		for _, m := range run.Modelled {
			v := 0
			if m {
				v = 1
			}
			modelled = append(modelled, v)
		}
		if !slices.Equal(run.Epochs, r.Epochs) || !slices.Equal(modelled, r.Modelled) {
			t.Error("epochs or proposals differ")
		}
	}
	for i, row := range r.Theta {
		var got []float64
		for _, v := range run.Policy[i] {
			got = append(got, float64(v))
		}
		close("theta", got, row, 0, 1e-5)
	}
}

func firstDifference(a, b []int) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	if len(a) != len(b) {
		return min(len(a), len(b))
	}
	return -1
}
