package trials

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"cellnet/bench/record"
	"cellnet/cell"
	"cellnet/data"
	"cellnet/train"
)

func TestItems(t *testing.T) {
	set := Set{Archs: []int{5, 3, 5}, Seeds: []uint32{777, 999}}
	items, err := set.Items()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, item := range items {
		names = append(names, item.FileName())
	}
	want := []string{"arch-000005-seed-0777.pth", "arch-000005-seed-0999.pth", "arch-000003-seed-0777.pth", "arch-000003-seed-0999.pth"}
	if !slices.Equal(names, want) {
		t.Errorf("got %v, want %v", names, want)
	}
}

// TestDedup merges cells that differ by the names of nodes, but none whose number
// of convolutions differs.
func TestDedup(t *testing.T) {
	index := func(arch string) int {
		c, err := cell.Parse(arch)
		if err != nil {
			t.Fatal(err)
		}
		i, ok := c.Index()
		if !ok {
			t.Fatalf("%s has no index", arch)
		}
		return i
	}
	direct := index("|none~0|+|nor_conv_3x3~0|none~1|+|skip_connect~0|none~1|avg_pool_3x3~2|")
	viaSkip := index("|nor_conv_3x3~0|+|none~0|skip_connect~1|+|skip_connect~0|none~1|avg_pool_3x3~2|")
	doubled := index("|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|skip_connect~1|skip_connect~2|") // one convolution, twice
	two := index("|nor_conv_3x3~0|+|nor_conv_3x3~0|none~1|+|none~0|skip_connect~1|skip_connect~2|")     // two convolutions
	set := Set{Archs: []int{two, viaSkip, doubled, direct}, Seeds: []uint32{1}, Dedup: true}
	items, err := set.Items()
	if err != nil {
		t.Fatal(err)
	}
	low, high := min(direct, viaSkip), max(direct, viaSkip)
	want := []Item{{two, 1, nil}, {low, 1, []int{high}}, {doubled, 1, nil}}
	if !reflect.DeepEqual(items, want) {
		t.Errorf("got %v, want %v", items, want)
	}
}

// TestDedupOfTheSpace compares with the values that cells have if operations are
// functions of numbers.
func TestDedupOfTheSpace(t *testing.T) {
	all := make([]int, cell.SpaceSize)
	for i := range all {
		all[i] = i
	}
	kept, standsFor, err := dedup(all)
	if err != nil {
		t.Fatal(err)
	}
	covered := len(kept)
	values := map[string]int{}
	for _, arch := range kept {
		value := valueOf(t, arch)
		if other, ok := values[value]; ok {
			t.Errorf("%d and %d compute the same", arch, other)
		}
		values[value] = arch
		for _, other := range standsFor[arch] {
			if valueOf(t, other) != value {
				t.Errorf("%d stands for %d, which computes something else", arch, other)
			}
		}
		covered += len(standsFor[arch])
	}
	if covered != cell.SpaceSize || len(kept) < 2 {
		t.Errorf("%d architectures stand for %d", len(kept), covered)
	}
}

// valueOf evaluates a cell on a number, and adds what it costs.
func valueOf(t *testing.T, arch int) string {
	t.Helper()
	c, err := cell.FromIndex(arch)
	if err != nil {
		t.Fatal(err)
	}
	operations := map[cell.Op]func(float64) float64{
		cell.None:        func(float64) float64 { return 0 },
		cell.SkipConnect: func(x float64) float64 { return x },
		cell.NorConv1x1:  func(x float64) float64 { return math.Sin(3*x + 0.7) },
		cell.NorConv3x3:  func(x float64) float64 { return math.Exp(-x*x) - 0.3 },
		cell.AvgPool3x3:  func(x float64) float64 { return 0.77 * x },
	}
	nodes := []float64{0.41}
	for node := 1; node < c.NumNodes(); node++ {
		sum := 0.0
		for _, e := range c.Incoming(node) {
			sum += operations[e.Op](nodes[e.From])
		}
		nodes = append(nodes, sum)
	}
	convs := map[cell.Op]int{}
	live := 0
	for i, e := range c.Edges() {
		if e.Op.IsConv() {
			convs[e.Op]++
			if c.Live()[i] {
				live++
			}
		}
	}
	return fmt.Sprintf("%.9f %v %d", nodes[len(nodes)-1], convs, live)
}

func TestSetValidate(t *testing.T) {
	for want, change := range map[string]func(*Set){
		"":                 func(*Set) {},
		"no architectures": func(s *Set) { s.Archs = nil },
		"no seeds":         func(s *Set) { s.Seeds = nil },
		"no datasets":      func(s *Set) { s.Datasets = nil },
		"named twice":      func(s *Set) { s.Datasets = append(s.Datasets, data.Synthetic) },
		"limit of -1":      func(s *Set) { s.Limit = -1 },
		"15625":            func(s *Set) { s.Archs = []int{15625} },
		"0 cells":          func(s *Set) { s.N = 0 },
		"batch size 1":     func(s *Set) { s.Recipe.BatchSize = 1 },
	} {
		set := smallSet(t)
		change(&set)
		if err := set.Validate(); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %q", err, want)
		}
	}
}

func TestFolder(t *testing.T) {
	for hp, want := range map[record.HP]string{
		record.HP12: "out/000000-015624-C16-N5-LESS", record.HP200: "out/000000-015624-C16-N5", record.HP1: "out/000000-015624-C16-N5-E01",
	} {
		recipe, err := train.Preset(int(hp))
		if err != nil {
			t.Fatal(err)
		}
		if got := (Set{C: 16, N: 5, Recipe: recipe}).Folder("out"); got != want {
			t.Errorf("%v: %s, want %s", hp, got, want)
		}
	}
}
