package table

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"cellnet/internal/fixture"
)

// small is a table with everything that there can be.
func small() *Table {
	return &Table{
		Measures: []string{"synflow", "zen", "arbitrary name"},
		Rows: []Row{
			{Index: 3, Arch: "|none~0|", Seed: 4294967295, Scores: []float64{1.5, math.NaN(), -1e300}, Reasons: map[string]string{"zen": `an "empty" cell, so`}},
			{Index: -1, Arch: "8:8:40:32:40", Seed: 0, Scores: []float64{0, 5e-324, 3}},
		},
	}
}

// same compares tables whose undefined scores are NaN.
func same(t *testing.T, got, want *Table) {
	t.Helper()
	if len(got.Rows) != len(want.Rows) {
		t.Fatalf("%d rows, want %d", len(got.Rows), len(want.Rows))
	}
	for _, m := range want.Measures {
		a, b := got.Column(m), want.Column(m)
		if a == nil {
			t.Fatalf("no column %s", m)
		}
		for i := range b {
			if a[i] != b[i] && !(math.IsNaN(a[i]) && math.IsNaN(b[i])) {
				t.Errorf("%s: row %d is %v, want %v", m, i, a[i], b[i])
			}
		}
	}
	for i, w := range want.Rows {
		g := got.Rows[i]
		if g.Index != w.Index || g.Arch != w.Arch || g.Seed != w.Seed || !reflect.DeepEqual(g.Reasons, w.Reasons) {
			t.Errorf("row %d is %+v, want %+v", i, g, w)
		}
	}
}

func TestWrittenTablesAreReadAgain(t *testing.T) {
	for _, name := range []string{"scores.parquet", "scores.csv"} {
		path := filepath.Join(t.TempDir(), name)
		if err := small().Save(path); err != nil {
			t.Fatal(err)
		}
		got, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		same(t, got, small())
	}
}

func TestTablesThatAreRefused(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"empty":          {"", "empty"},
		"no index":       {"arch,synflow\na,1\n", "arch_index"},
		"two columns":    {"arch_index,a,a\n1,2,3\n", "two columns"},
		"no number":      {"index,synflow\n1,many\n", "line 2"},
		"infinite":       {"index,synflow\n1,inf\n", "no score"},
		"negative index": {"index,synflow\n-1,1\n", "no index"},
		"short line":     {"index,synflow\n1\n", "wrong number of fields"},
		"seed":           {"index,seed\n1,-3\n", "no seed"},
	} {
		if _, err := ReadCSV(strings.NewReader(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	if _, err := ReadParquet(strings.NewReader("PAR1 and no more"), 16); err == nil {
		t.Error("a broken Parquet file is read")
	}
	if err := (&Table{Measures: []string{"seed"}}).WriteCSV(new(bytes.Buffer)); err == nil {
		t.Error("a measure is called seed")
	}
}

func TestRanks(t *testing.T) {
	if got, want := Ranks([]float64{3, 1, 3, math.Inf(-1)}), []float64{3.5, 2, 3.5, 1}; !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// TestCorrelations holds Kendall's tau to its definition, pair by pair.
func TestCorrelations(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		a, b              []float64
		spearman, kendall float64
	}{
		{[]float64{1, 2, 3}, []float64{10, 20, 30}, 1, 1},
		{[]float64{1, 2, 3}, []float64{3, 2, 1}, -1, -1},
		{[]float64{nan, 2, 3}, []float64{1, 2, 3}, 1, 1},
		{[]float64{1, 1, 1}, []float64{1, 2, 3}, nan, nan},
		{[]float64{1, 2, 2, 4, 0}, []float64{1, 3, 2, 3, 2}, 0.7029594915666377, 0.5892556509887896},
	} {
		got := Correlate(c.a, c.b)
		for _, v := range [][2]float64{{got.Spearman, c.spearman}, {got.Kendall, c.kendall}} {
			if math.IsNaN(v[0]) != math.IsNaN(v[1]) || math.Abs(v[0]-v[1]) > 1e-7 {
				t.Errorf("%v by %v: %+v, want %v and %v", c.a, c.b, got, c.spearman, c.kendall)
				break
			}
		}
	}
	seed := uint64(1)
	draw := func(n uint64) float64 {
		seed = seed*6364136223846793005 + 1442695040888963407
		return float64(seed >> 33 % n)
	}
	for range 50 {
		a, b := make([]float64, 40), make([]float64, 40)
		for i := range a {
			a[i], b[i] = draw(12), draw(9)
		}
		var s, ta, tb float64
		for i := range a {
			for j := range i {
				x, y := sign(a[i]-a[j]), sign(b[i]-b[j])
				s, ta, tb = s+x*y, ta+x*x, tb+y*y
			}
		}
		if got, want := Correlate(a, b).Kendall, s/math.Sqrt(ta*tb); math.Abs(got-want) > 1e-12 {
			t.Fatalf("%v by %v: %v, want %v", a, b, got, want)
		}
	}
}

func sign(v float64) float64 {
	switch {
	case v > 0:
		return 1
	case v < 0:
		return -1
	}
	return 0
}

// published is what NASLib published of a dataset.
type published struct {
	Accuracy []float64
	Zen      []*float64
	Sample   map[string][]*float64
}

// TestPublishedCorrelations computes those of NASLib's own scores with its own
// accuracies.
func TestPublishedCorrelations(t *testing.T) {
	raw, err := os.ReadFile(fixture.Shared(t, "fixtures/proxies/published.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]published
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	want := map[string]map[string][2]float64{ // Spearman, Kendall
		"cifar10":        {"synflow": {.737, .544}, "jacov": {.747, .569}, "params": {.693, .524}, "epe_nas": {.675, .485}, "grasp": {.528, .365}, "plain": {-.167, -.112}},
		"cifar100":       {"synflow": {.757, .567}, "l2_norm": {.707, .516}, "snip": {.636, .472}, "fisher": {.540, .397}},
		"ImageNet16-120": {"synflow": {.761, .573}, "flops": {.649, .471}, "grad_norm": {.587, .434}, "epe_nas": {.114, .076}},
	}
	for dataset, measures := range want {
		p := all[dataset]
		accuracy := make([]float64, len(p.Sample["index"]))
		for i, index := range p.Sample["index"] {
			accuracy[i] = p.Accuracy[int(*index)]
		}
		for m, w := range measures {
			got := Correlate(orNaN(p.Sample[m]), accuracy)
			if math.Abs(got.Spearman-w[0]) > 5.1e-4 || math.Abs(got.Kendall-w[1]) > 5.1e-4 {
				t.Errorf("%s: %s: %+v, want %v", dataset, m, got, w)
			}
		}
		zen := map[string]float64{"cifar10": .355, "cifar100": .361, "ImageNet16-120": .400}[dataset]
		if got := Correlate(orNaN(p.Zen), p.Accuracy); math.Abs(got.Spearman-zen) > 5.1e-4 || got.N != 15625 {
			t.Errorf("%s: zen: %+v, want %v", dataset, got, zen)
		}
	}
}

func orNaN(values []*float64) []float64 {
	list := make([]float64, len(values))
	for i, v := range values {
		list[i] = math.NaN()
		if v != nil {
			list[i] = *v
		}
	}
	return list
}

func TestCombinations(t *testing.T) {
	table := &Table{Measures: append(azNAS(), voters()...)}
	for i := range 4 {
		v := float64(i)
		table.Rows = append(table.Rows, Row{Index: i, Scores: []float64{v, v, v, v, v, v, -v}})
	}
	sum := table.AZNAS()
	for i := range sum {
		if want := 4 * math.Log(float64(i+1)/4); math.Abs(sum[i]-want) > 1e-12 {
			t.Errorf("AZ-NAS of row %d: %v, want %v", i, sum[i], want)
		}
	}
	if share, ok := table.Vote([]float64{1, 2, 3, 3}); !ok || share != 1 {
		t.Errorf("vote: %v", share)
	}
	if (&Table{}).AZNAS() != nil {
		t.Error("AZ-NAS without its columns")
	}
}

func FuzzReadCSV(f *testing.F) {
	var b bytes.Buffer
	if err := small().WriteCSV(&b); err != nil {
		f.Fatal(err)
	}
	f.Add(b.String())
	f.Add("index,synflow\n1,2\n")
	f.Fuzz(func(t *testing.T, text string) {
		table, err := ReadCSV(strings.NewReader(text))
		if err != nil {
			return
		}
		var b bytes.Buffer
		if err := table.WriteCSV(&b); err != nil {
			t.Fatal(err)
		}
		again, err := ReadCSV(&b)
		if err != nil {
			t.Fatalf("%v of %q", err, b.String())
		}
		if len(again.Rows) != len(table.Rows) || len(again.Measures) != len(table.Measures) {
			t.Errorf("%d rows of %d columns, want %d of %d", len(again.Rows), len(again.Measures), len(table.Rows), len(table.Measures))
		}
	})
}

func FuzzReadParquet(f *testing.F) {
	var b bytes.Buffer
	if err := small().WriteParquet(&b); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Fuzz(func(_ *testing.T, raw []byte) {
		_, _ = ReadParquet(bytes.NewReader(raw), int64(len(raw)))
	})
}
