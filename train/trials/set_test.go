package trials

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"cellnet/bench"
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
		names = append(names, item.fileName())
	}
	want := []string{"arch-000005-seed-0777.pth", "arch-000005-seed-0999.pth", "arch-000003-seed-0777.pth", "arch-000003-seed-0999.pth"}
	if !slices.Equal(names, want) {
		t.Errorf("got %v, want %v", names, want)
	}
	for _, name := range want {
		if item, ok := parseFileName(name); !ok || item.fileName() != name {
			t.Errorf("%s is read as %v, %v", name, item, ok)
		}
	}
	for _, name := range []string{"arch-5-seed-0777.pth", "arch-000005-seed-77.pth", "arch-020000-seed-0777.pth", "arch-000005-seed-9999999999.pth", "x.pth"} {
		if item, ok := parseFileName(name); ok {
			t.Errorf("%s is read as %v", name, item)
		}
	}
}

func TestShardsPartTheItems(t *testing.T) {
	items := make([]Item, 10)
	for i := range items {
		items[i].Arch = i
	}
	for count := 1; count <= 12; count++ {
		times := map[int]int{}
		for index := range count {
			for _, item := range (Shard{index, count}).Of(items) {
				times[item.Arch]++
			}
		}
		if len(times) != len(items) {
			t.Errorf("%d shards have %d items", count, len(times))
		}
		for arch, n := range times {
			if n != 1 {
				t.Errorf("%d shards have item %d %d times", count, arch, n)
			}
		}
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

func TestDedupOfTheSpace(t *testing.T) {
	all := make([]int, cell.SpaceSize)
	for i := range all {
		all[i] = i
	}
	kept, standsFor, err := dedup(all)
	if err != nil {
		t.Fatal(err)
	}
	others := 0
	for _, archs := range standsFor {
		others += len(archs)
	}
	// The forms alone part the space into 12,751.
	if len(kept)+others != cell.SpaceSize || len(kept) < 12751 || len(kept) > 13500 {
		t.Errorf("%d architectures stand for %d others", len(kept), others)
	}
	t.Logf("%d architectures stand for %d others", len(kept), others)
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
	for hp, want := range map[bench.HP]string{
		bench.HP12: "out/000000-015624-C16-N5-LESS", bench.HP200: "out/000000-015624-C16-N5", bench.HP1: "out/000000-015624-C16-N5-E01",
	} {
		recipe, err := train.Preset(hp)
		if err != nil {
			t.Fatal(err)
		}
		if got := (Set{C: 16, N: 5, Recipe: recipe}).Folder("out"); got != want {
			t.Errorf("%v: %s, want %s", hp, got, want)
		}
	}
}
