package simulate

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"cellnet/bench"
	"cellnet/data"
	"cellnet/internal/fixture"
	"cellnet/search"
)

// What the judges know is what the reference program's tables hold.
func TestTables(t *testing.T) {
	var rows []struct {
		Space    string
		Index    int
		Arch     []uint8
		Datasets map[string]struct {
			Trials      map[string][]float64
			Early       map[string]float64
			Times       [2]float64
			Valid, Test float64
		}
	}
	readFixture(t, fixture.Shared(t, "fixtures/search/tables.json"), &rows)
	for _, row := range rows {
		space, err := search.ParseSpace(row.Space)
		if err != nil {
			t.Fatal(err)
		}
		if got := space.Choices(row.Index); !slices.Equal(got, row.Arch) || space.Index(row.Arch) != row.Index {
			t.Errorf("%s %d: choices %v, want %v", row.Space, row.Index, got, row.Arch)
		}
		for name, want := range row.Datasets {
			d, err := ParseDataset(name)
			if err != nil {
				t.Fatal(err)
			}
			near := func(what string, got, want float64) {
				t.Helper()
				if math.Abs(got-want) > 1e-9*max(1, math.Abs(want)) {
					t.Errorf("%s %d on %s, %s: %v, want %v", row.Space, row.Index, name, what, got, want)
				}
			}
			for hp, trials := range want.Trials {
				recipe, err := strconv.Atoi(hp)
				if err != nil {
					t.Fatal(err)
				}
				j := judge(t, row.Space, d, recipe)
				if n, err := j.Trials(row.Index); err != nil || n != len(trials) {
					t.Fatalf("%d trials, %v, want %d", n, err, len(trials))
				}
				for trial, accuracy := range trials {
					o, err := j.Train(context.Background(), search.Job{Arch: row.Index, Trial: trial, Epochs: recipe})
					if err != nil {
						t.Fatal(err)
					}
					near("accuracy", o.Accuracy, accuracy)
					near("seconds", o.Seconds, want.Times[0]*float64(recipe)+want.Times[1])
				}
				valid, test, err := j.Final(row.Index)
				if err != nil {
					t.Fatal(err)
				}
				near("validation", valid, want.Valid)
				near("test", test, want.Test)
			}
			for epoch, accuracy := range want.Early {
				e, err := strconv.Atoi(epoch)
				if err != nil {
					t.Fatal(err)
				}
				o, err := judge(t, row.Space, d, 12).Train(context.Background(), search.Job{Arch: row.Index, Epochs: e + 1})
				if err != nil {
					t.Fatal(err)
				}
				near("early accuracy", o.Accuracy, accuracy)
			}
		}
	}
}

func TestEncodings(t *testing.T) { checkEncodings(t, "testdata/encodings.json") }

func TestPublishedEncodings(t *testing.T) {
	checkEncodings(t, fixture.Shared(t, "fixtures/search/encodings.json"))
}

func checkEncodings(t *testing.T, path string) {
	t.Helper()
	var rows []struct {
		Index, Other int
		Ops          string
		OneHot       []int    `json:"one_hot"`
		Paths        []int    `json:"paths"`
		LivePaths    [][2]any `json:"live_paths"` // operations with - between, and how often they occur
		Covariance   float64
	}
	readFixture(t, path, &rows)
	if len(rows) == 0 {
		t.Fatalf("%s has no rows", path)
	}
	space := search.Topology()
	for _, row := range rows {
		var ops strings.Builder
		for _, c := range space.Choices(row.Index) {
			fmt.Fprint(&ops, c)
		}
		if ops.String() != row.Ops {
			t.Errorf("%d: operations %s, want %s", row.Index, &ops, row.Ops)
		}
		var ones []int
		for _, v := range space.OneHot(row.Index) {
			ones = append(ones, int(v))
		}
		if !slices.Equal(ones, row.OneHot) {
			t.Errorf("%d: one-hot %v, want %v", row.Index, ones, row.OneHot)
		}
		if got := search.PathEncoding(row.Index); !slices.Equal(got[:], row.Paths) {
			t.Errorf("%d: paths %v, want %v", row.Index, got, row.Paths)
		}
		counts, want := map[string]int{}, map[string]int{}
		for _, path := range search.LivePaths(row.Index) {
			var names []string
			for _, op := range path {
				names = append(names, fmt.Sprint(op))
			}
			counts[strings.Join(names, "-")]++
		}
		for _, path := range row.LivePaths {
			want[path[0].(string)] = int(path[1].(float64))
		}
		if !maps.Equal(counts, want) {
			t.Errorf("%d: live paths %v, want %v", row.Index, counts, want)
		}
		if got := space.Covariance(row.Index, row.Other); math.Abs(got-row.Covariance) > 1e-8 {
			t.Errorf("covariance of %d and %d: %v, want %v", row.Index, row.Other, got, row.Covariance)
		}
	}
}

func TestPublishedChainOfSeeds(t *testing.T) {
	var chains []struct {
		Algorithm, Space, Dataset string
		Budget                    float64
		Seeds                     []uint32
	}
	readFixture(t, fixture.Shared(t, "fixtures/search/chain.json"), &chains)
	for _, c := range chains {
		r := record{Algorithm: c.Algorithm, Space: c.Space, Dataset: c.Dataset, Budget: c.Budget, Seed: c.Seeds[0]}
		p, a := r.problem(t), r.algorithm(t)
		got := []uint32{p.Seed}
		for len(got) < len(c.Seeds) {
			next, err := search.NextSeed(context.Background(), a, p)
			if err != nil {
				t.Fatal(err)
			}
			got, p.Seed = append(got, next), next
		}
		if !slices.Equal(got, c.Seeds) {
			t.Errorf("%s on %s: seeds %v, want %v", c.Algorithm, c.Space, got, c.Seeds)
		}
	}
}

func TestRefusals(t *testing.T) {
	for _, name := range []string{"cifar10-valid", "synthetic", ""} {
		if _, err := ParseDataset(name); err == nil {
			t.Errorf("dataset %q is taken", name)
		}
	}
	for _, c := range []struct {
		d      data.Dataset
		recipe int
	}{{data.CIFAR100, 200}, {data.CIFAR10, 90}, {data.CIFAR10Valid, 12}, {data.Synthetic, 12}} {
		if _, err := NewBuiltin(c.d, c.recipe); err == nil {
			t.Errorf("built-in results of %v, recipe %d, are taken", c.d, c.recipe)
		}
	}
	for _, c := range []struct {
		d      data.Dataset
		recipe int
	}{{data.CIFAR10, 200}, {data.Synthetic, 12}} {
		if _, err := NewFormula(c.d, c.recipe); err == nil {
			t.Errorf("the formula of %v, recipe %d, is taken", c.d, c.recipe)
		}
	}
	long := judge(t, "topology", data.CIFAR10, 200)
	for _, epochs := range []int{0, -1, 12, 201} {
		if _, err := long.Train(context.Background(), search.Job{Epochs: epochs}); err == nil {
			t.Errorf("%d of 200 epochs are taken", epochs)
		}
	}
}

func BenchmarkSearch(b *testing.B) {
	j := judge(b, "topology", data.CIFAR10, 12)
	for _, a := range []search.Algorithm{
		search.Random{}, search.DefaultEvolution(), search.DefaultReinforce(), search.Hyperband{Brackets: search.DefaultBrackets()},
		search.DefaultBOHB(), search.DefaultLocal(), search.DefaultBayesian(),
	} {
		b.Run(a.Name(), func(b *testing.B) {
			b.ReportAllocs()
			for seed := uint32(0); b.Loop(); seed++ {
				p := search.Problem{Space: search.Topology(), Judge: j, Epochs: 12, Budget: 20000, Seed: seed}
				if _, err := search.Search(context.Background(), a, p); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// The judge by published records agrees with the built-in one where both know, and
// refuses what isn't recorded.
func TestRecords(t *testing.T) {
	b, err := bench.Open(fixture.Shared(t, "data/nats/NATS-tss-v1_0-3ffb9-simple"))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	ctx := context.Background()
	for _, d := range []data.Dataset{data.CIFAR10, data.CIFAR100, data.ImageNet16} {
		r, err := NewRecords(b, d, 12)
		if err != nil {
			t.Fatal(err)
		}
		known := judge(t, "topology", d, 12)
		for _, arch := range b.Stored() {
			n, err := r.Trials(arch)
			if m, _ := known.Trials(arch); err != nil || n != m {
				t.Fatalf("%d on %v: %d trials, %v, want %d", arch, d, n, err, m)
			}
			var got, want, seconds float64
			for trial := range n {
				a, err := r.Train(ctx, search.Job{Arch: arch, Trial: trial, Epochs: 12})
				if err != nil {
					t.Fatal(err)
				}
				o, err := known.Train(ctx, search.Job{Arch: arch, Trial: trial, Epochs: 12})
				if err != nil {
					t.Fatal(err)
				}
				got, want, seconds = got+a.Accuracy, want+o.Accuracy, a.Seconds
			}
			if math.Abs(got-want) > 1e-4 || !(seconds > 0) {
				t.Errorf("%d on %v: accuracies %v, want %v; %v s", arch, d, got, want, seconds)
			}
			valid, test, err := r.Final(arch)
			wantValid, wantTest, _ := known.Final(arch)
			if err != nil || math.Abs(valid-wantValid) > 1e-4 || math.Abs(test-wantTest) > 1e-4 {
				t.Errorf("%d on %v reaches %v and %v, %v, want %v and %v", arch, d, valid, test, err, wantValid, wantTest)
			}
		}
		for _, c := range []struct {
			arch, recipe, epochs int
			want                 string
		}{
			{11, 12, 13, "epoch 12"}, {11, 90, 90, "recipe 90"}, {12, 12, 12, "architecture 12"},
		} {
			r, err := NewRecords(b, d, c.recipe)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := r.Train(ctx, search.Job{Arch: c.arch, Epochs: c.epochs}); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%d on %v, %d epochs of recipe %d: error %v, want one of %s", c.arch, d, c.epochs, c.recipe, err, c.want)
			}
		}
		run, err := search.Search(ctx, search.Random{}, search.Problem{Space: r.Space(), Judge: r, Epochs: 12, Budget: 1000})
		if err == nil || len(run.Visited) > 0 {
			t.Errorf("%v: %v after %d trainings of architectures that aren't recorded", d, err, len(run.Visited))
		}
	}
}
