package proxies

import (
	"cmp"
	"encoding/json"
	"maps"
	"math"
	"os"
	"slices"
	"strconv"
	"testing"

	"cellnet/cell"
	"cellnet/data"
	"cellnet/internal/fixture"
	"cellnet/proxies/table"
)

// TestPublishedRecipes draws weights, images, noise and signs from a seed as the
// published programs of zen and AZ-NAS do.
func TestPublishedRecipes(t *testing.T) {
	var recipes []struct {
		pytorchCase
		Gaussian, Kaiming map[string][]float64
		X, Noise          []float64
		Zen               float64
		AZNAS             map[string]number `json:"az_nas"`
	}
	readFixture(t, "recipes.json", &recipes)
	near := func(what string, got []float32, want []float64) {
		t.Helper()
		for i, w := range want {
			if math.Abs(float64(got[i])-w) > 1e-6*(1+math.Abs(w)) {
				t.Errorf("%s: %v, want %v", what, got[:len(want)], want)
				return
			}
		}
	}
	var e Evaluator
	wanted := []Measure{Zen, Expressivity, Progressivity, Trainability}
	for _, r := range recipes {
		b := Batch{Images: make([]float32, r.Images*3*r.Side*r.Side), Side: r.Side, Classes: r.Classes}
		task, err := Presets()[0].Task(r.network(t), r.Seed, b, wanted)
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range r.Gaussian {
			near(name, task.ZenParams.Learnable(name).Data().([]float32), want)
		}
		for name, want := range r.Kaiming {
			near(name, task.AZNASParams.Learnable(name).Data().([]float32), want)
		}
		near("images", task.ZenImages, r.X)
		near("noise", task.ZenNoise[len(task.ZenNoise)-len(r.Noise):], r.Noise)
		scores, err := e.Evaluate(task, wanted)
		if err != nil {
			t.Fatal(err)
		}
		want := map[Measure]float64{Zen: r.Zen}
		for name, v := range r.AZNAS {
			m, err := ParseMeasure(name)
			if err != nil {
				t.Fatal(err)
			}
			want[m] = float64(v)
		}
		for m, w := range want {
			if got := scores[m].Value; math.Abs(got-w) > 1e-4*math.Abs(w) {
				t.Errorf("%s: %v: %.9g, want %.9g", r.Arch, m, got, w)
			}
		}
	}
}

// cifarBatch is the first images of the JPEG copy of CIFAR-10.
func cifarBatch(t testing.TB, images int) Batch {
	t.Helper()
	dir := fixture.CIFAR10(t)
	source, err := data.Open(data.CIFAR10, data.Options{Dir: dir, NoVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	set, err := source.Load(data.Train)
	if err != nil {
		t.Fatal(err)
	}
	info, err := source.Info()
	if err != nil {
		t.Fatal(err)
	}
	return NewBatch(set, info, Presets()[0], images)
}

// TestRealCIFAR10 holds scores of the benchmark's networks on real images to
// PyTorch's: to those in float32, but for a few architectures whose rounding turns so
// many ReLUs that they are further from double precision than the tolerance.
func TestRealCIFAR10(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	b := cifarBatch(t, 64)
	var recorded map[string]map[string]number
	raw, err := os.ReadFile(fixture.Shared(t, "fixtures/proxies/cifar10.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &recorded); err != nil {
		t.Fatal(err)
	}
	var double map[string]map[string]number
	if raw, err = os.ReadFile("testdata/cifar10-double.json"); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &double); err != nil {
		t.Fatal(err)
	}
	indexes := slices.SortedFunc(maps.Keys(recorded), func(a, b string) int { return cmp.Compare(number64(a), number64(b)) })
	count := 12
	if all, err := strconv.Atoi(os.Getenv("CELLNET_PROXY_CELLS")); err == nil {
		count = all
	}
	wanted, err := ParseMeasures("fast")
	if err != nil {
		t.Fatal(err)
	}
	tolerance := map[Measure]float64{
		GradNorm: 1e-2, SNIP: 1e-2, Fisher: 1e-2, ZiCo: 5e-2, JacobCov: 1e-3, EPENAS: 3e-2, NWOT: 1e-5, Zen: 1e-5, Expressivity: 1e-4,
		Progressivity: 1e-4, Trainability: 1e-3, SWAP: 1e-3, LogSynFlow: 1e-6, L2Norm: 1e-6,
	}
	both := map[Measure]struct{ got, want []float64 }{}
	var e Evaluator
	for i, text := range indexes {
		if i >= count {
			break
		}
		index := int(number64(text))
		c, err := cell.FromIndex(index)
		if err != nil {
			t.Fatal(err)
		}
		task, err := Presets()[0].Task(cell.Benchmark(c, 10), uint32(index), b, wanted)
		if err != nil {
			t.Fatal(err)
		}
		scores, err := e.Evaluate(task, wanted)
		if err != nil {
			t.Fatal(err)
		}
		for name, w := range recorded[text] {
			m, err := ParseMeasure(name)
			if err != nil {
				t.Fatal(err)
			}
			got := scores[m]
			of := both[m]
			of.got, of.want = append(of.got, orNaN(got)), append(of.want, orLowest(float64(w)))
			both[m] = of
			if exact, ok := double[text][name]; ok {
				w = exact
			}
			want := float64(w)
			if m == SynFlow && want > 0 {
				want = math.Log(want)
			}
			allowed := tolerance[m] * math.Abs(want)
			if m == SynFlow {
				allowed = 1e-5
			}
			if math.IsNaN(want) || math.IsInf(want, 0) {
				if got.Defined() {
					t.Errorf("%d: %v: %g, want it undefined", index, m, got.Value)
				}
			} else if allowed > 0 && !(math.Abs(got.Value-want) <= allowed) {
				t.Errorf("%d: %v: %.9g (%s), want %.9g: off by %.2g", index, m, got.Value, got.Reason, want, (got.Value-want)/want)
			}
		}
	}
	if count < len(indexes) {
		return
	}
	for m, of := range both {
		least := .999
		switch m {
		case Plain, GraSP: // small differences of large numbers
			least = .99
		case EPENAS: // PyTorch's own two memory formats have .989
			least = .985
		case ZiCo: // .995
			least = .99
		}
		if c := table.Correlate(of.got, of.want); !(c.Spearman >= least) {
			t.Errorf("%v: Spearman %.4f of %d cells with PyTorch's scores, want %g or more", m, c.Spearman, c.N, least)
		}
	}
}

// orNaN is a score as tables have it.
func orNaN(s Score) float64 {
	if !s.Defined() {
		return math.NaN()
	}
	return s.Value
}

// orLowest ranks what is undefined below all others.
func orLowest(v float64) float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return math.Inf(-1)
	}
	return v
}

func number64(text string) float64 {
	v, _ := strconv.ParseFloat(text, 64)
	return v
}
