package proxies

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"cellnet/cell"
	"cellnet/internal/fixture"
	"cellnet/internal/mt19937"
	"cellnet/models"
	"cellnet/weights"
)

// number is one of PyTorch's, which may be the string "inf", "-inf" or "nan".
type number float64

func (n *number) UnmarshalJSON(b []byte) error {
	v, err := strconv.ParseFloat(strings.Trim(string(b), `"`), 64)
	*n = number(v)
	return err
}

// pytorchCase is a file of fixtures/proxies.
type pytorchCase struct {
	Arch                        string
	C, N, Classes, Side, Images int
	Seed                        uint32
	Weights                     *string
	Labels                      []int
	Margin                      float64
	XSeed                       uint32 `json:"x_seed"`
	NoiseSeed                   uint32 `json:"noise_seed"`
	SignSeed                    uint32 `json:"sign_seed"`
	Layers                      []string
	Scores                      map[string]number
	Spread                      map[string]number
	Parts                       map[string][]number
	K                           [][]int `json:"nwot_K"`
}

func readFixture(t testing.TB, name string, into any) {
	t.Helper()
	b, err := os.ReadFile(fixture.Shared(t, "fixtures/proxies/"+name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// uniform are the images of a case.
func uniform(n, side int, seed uint32) []float32 {
	x := make([]float32, n*3*side*side)
	random := mt19937.New(seed)
	for i := range x {
		x[i] = 4*random.Float24() - 2
	}
	return x
}

func (c pytorchCase) network(t testing.TB) cell.Network {
	t.Helper()
	of, err := cell.Parse(c.Arch)
	if err != nil {
		t.Fatal(err)
	}
	n, err := cell.NewNetwork(of, c.C, c.N, c.Classes)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// task is the case's: every measure takes the case's weights and images.
func (c pytorchCase) task(t testing.TB) *Task {
	t.Helper()
	net := c.network(t)
	params, err := models.Initialize(net, c.Seed)
	if err != nil {
		t.Fatal(err)
	}
	if c.Weights != nil {
		f, err := weights.OpenFile(fixture.Shared(t, "fixtures/"+*c.Weights))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		chosen, err := f.Select(weights.Selector{})
		if err != nil {
			t.Fatal(err)
		}
		state, err := chosen.Load()
		if err != nil {
			t.Fatal(err)
		}
		if err := params.Load(state); err != nil {
			t.Fatal(err)
		}
	}
	x := uniform(c.Images, c.Side, c.XSeed)
	return &Task{
		Params: params, Batch: Batch{x, c.Labels, c.Side, c.Classes},
		ZenParams: params, ZenImages: x, ZenNoise: uniform(c.Images, c.Side, c.NoiseSeed),
		AZNASParams: params, AZNASImages: x, AZNASSigns: mt19937.New(c.SignSeed),
	}
}

// tolerance is how far a score may be from PyTorch's in float64.
func (c pytorchCase) tolerance(m Measure) float64 {
	want := math.Abs(float64(c.Scores[m.String()]))
	relative := map[Measure]float64{
		L2Norm: 1e-6, LogSynFlow: 1e-5, SynFlowBN: 1e-6, GradNorm: 1e-4, SNIP: 1e-4, Fisher: 1e-4, GraSP: 1e-4, JacobCov: 1e-4, NTK: 1e-4,
		Trainability: 1e-4, EPENAS: 1e-3, GradSign: 1e-3, ZiCo: 1e-3, Expressivity: 1e-5,
	}
	tolerance := relative[m] * want
	switch m {
	case Plain:
		tolerance = 1e-5 * float64(c.Scores["snip"])
	case SynFlow: // the logarithm
		return 1e-5
	case NWOT, Zen:
		tolerance = 1e-4
	case Progressivity:
		tolerance = 1e-5
	case SWAP:
		if c.Margin <= 1e-5 {
			tolerance = 1e-3 * want
		}
	}
	return math.Max(tolerance, 10*float64(c.Spread[m.String()])*want)
}

// TestPyTorchsScores holds every score and part to the ones that PyTorch has of
// the same weights and images.
func TestPyTorchsScores(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join(fixture.Shared(t, "fixtures/proxies"), "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	var e Evaluator
	cases := 0
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".json")
		if name == "cifar10" || name == "published" || name == "recipes" {
			continue
		}
		cases++
		t.Run(name, func(t *testing.T) {
			if testing.Short() && strings.HasPrefix(name, "real") {
				t.Skip("large")
			}
			var c pytorchCase
			readFixture(t, name+".json", &c)
			scores, all, err := e.EvaluateParts(c.task(t), Measures())
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range Measures() {
				if m == FLOPs || m == Params {
					continue
				}
				c.check(t, m, scores, all[m])
			}
		})
	}
	if cases != 17 {
		t.Errorf("%d cases, want 17", cases)
	}
}

func (c pytorchCase) check(t *testing.T, m Measure, scores Scores, of []float64) {
	want, got := float64(c.Scores[m.String()]), scores[m]
	if _, ok := scores[m]; !ok {
		t.Errorf("%v: no score", m)
		return
	}
	if math.IsNaN(want) || math.IsInf(want, 0) {
		if got.Defined() {
			t.Errorf("%v: %v, want it undefined", m, got.Value)
		}
		return
	}
	if m == SynFlow && want > 0 {
		want = math.Log(want)
	}
	if tolerance := c.tolerance(m); !got.Defined() || !(math.Abs(got.Value-want) <= tolerance) {
		t.Errorf("%v: %.10g (%s), want %.10g to %.2g", m, got.Value, got.Reason, want, tolerance)
	}
	c.checkParts(t, m, of)
}

// checkParts holds the summands to PyTorch's: together they may be as far off as
// the score, twice.
func (c pytorchCase) checkParts(t *testing.T, m Measure, of []float64) {
	want := c.Parts[m.String()]
	if m == SynFlow || m == ZiCo || want == nil {
		return
	}
	if len(of) != len(want) {
		t.Errorf("%v: %d parts, want %d", m, len(of), len(want))
		return
	}
	var size float64
	for _, w := range want {
		size += math.Abs(float64(w))
	}
	tolerance := 2 * math.Max(c.tolerance(m), 1e-4*size)
	for i, w := range want {
		if w := float64(w); !math.IsNaN(w) && !math.IsInf(w, 0) && !(math.Abs(of[i]-w) <= tolerance) {
			t.Errorf("%v: part %d is %.9g, want %.9g to %.2g", m, i, of[i], w, tolerance)
		}
	}
}
