package models

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math"
	"os"
	"testing"

	"cellnet/cell"
	"cellnet/internal/fixture"
)

func TestInitializeGivesPyTorchsBits(t *testing.T) {
	var cases []struct {
		Arch    string
		C, N    int
		Classes int
		Seed    uint32
		SHA256  map[string]string
	}
	readJSON(t, "fixtures/nets/init.json", &cases)
	for _, c := range cases {
		config := network(t, parse(t, c.Arch), c.C, c.N, c.Classes)
		p, err := Initialize(config, c.Seed)
		if err != nil {
			t.Fatal(err)
		}
		state := p.StateDict()
		if state.Len() != len(c.SHA256) {
			t.Errorf("%s: %d tensors, want %d", c.Arch, state.Len(), len(c.SHA256))
		}
		for name, tensor := range state.All() {
			sum := sha256.Sum256(tensor.Data)
			if got := hex.EncodeToString(sum[:]); got != c.SHA256[name] {
				t.Errorf("%s seed %d: %s has hash %s, want %s", c.Arch, c.Seed, name, got, c.SHA256[name])
			}
		}
	}
}

func TestCostOf(t *testing.T) {
	var records []struct {
		Arch  string
		Costs map[string]struct {
			FLOPs  float64 `json:"flops_M"`
			Params float64 `json:"params_M"`
		}
		Message *string
	}
	readJSON(t, "fixtures/archs.json", &records)
	sets := map[string]struct{ classes, side int }{"cifar10": {10, 32}, "cifar100": {100, 32}, "ImageNet16-120": {120, 16}}
	compared := 0
	for _, r := range records {
		for name, want := range r.Costs {
			set := sets[name]
			got := cell.Benchmark(parse(t, r.Arch), set.classes).Cost(set.side)
			if relative(got.FLOPs, want.FLOPs) > 1e-6 || relative(got.Params, want.Params) > 1e-6 {
				t.Errorf("%s on %s: %+v, want %+v", r.Arch, name, got, want)
			}
			compared++
		}
	}
	if compared == 0 {
		t.Error("no costs in the reference data")
	}
}

func relative(got, want float64) float64 { return math.Abs(got-want) / math.Abs(want) }

func parse(t testing.TB, arch string) cell.Cell {
	t.Helper()
	c, err := cell.Parse(arch)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func readJSON(t testing.TB, name string, into any) {
	t.Helper()
	data, err := os.ReadFile(fixture.Shared(t, name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}
