package weightsharing

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cellnet/internal/fixture"
	"cellnet/weights"
)

// reference is the path of a file of reference values: the module's own copy, or
// that beside it.
func reference(t testing.TB, name string) string {
	t.Helper()
	own := filepath.Join("testdata", name)
	if _, err := os.Stat(own); err == nil {
		return own
	}
	return fixture.Shared(t, "fixtures/supernet/"+name)
}

func readJSON(t testing.TB, name string, into any) {
	t.Helper()
	content, err := os.ReadFile(reference(t, name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(content, into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// tree walks through the values of a file of torch.save.
type tree struct {
	t     testing.TB
	where string
	value weights.Value
}

// readTree reads a file whose entries are those of a dict.
func readTree(t testing.TB, name string) tree {
	t.Helper()
	f, err := weights.OpenFile(reference(t, name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all weights.Dict
	for _, n := range f.Networks() {
		if strings.Contains(n.Entry, ".") {
			continue // within another entry
		}
		state, err := n.Load()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, weights.Entry{Name: n.Entry, Value: state})
		if n.Entry == "" {
			all = nil
			for name, tensor := range state.All() {
				all = append(all, weights.Entry{Name: name, Value: tensor})
			}
		}
	}
	for _, entry := range f.Entries() {
		v, err := f.Entry(entry)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, weights.Entry{Name: entry, Value: v})
	}
	return tree{t, name, all}
}

func (n tree) has(name string) bool {
	d, ok := n.value.(weights.Dict)
	if !ok {
		return false
	}
	_, ok = d.Get(name)
	return ok
}

func (n tree) at(name string) tree {
	n.t.Helper()
	n.where += "/" + name
	d, ok := n.value.(weights.Dict)
	if !ok {
		n.t.Fatalf("%s is a %T", n.where, n.value)
	}
	if n.value, ok = d.Get(name); !ok {
		n.t.Fatalf("%s is missing", n.where)
	}
	return n
}

func (n tree) list() []tree {
	n.t.Helper()
	l, ok := n.value.(weights.List)
	if !ok {
		n.t.Fatalf("%s is a %T, want a list", n.where, n.value)
	}
	var all []tree
	for _, v := range l {
		all = append(all, tree{n.t, n.where, v})
	}
	return all
}

func (n tree) float() float64 {
	n.t.Helper()
	switch v := n.value.(type) {
	case weights.Float:
		return float64(v)
	case weights.Int:
		return float64(v)
	}
	n.t.Fatalf("%s is a %T, want a number", n.where, n.value)
	return 0
}

// floats reads a list of numbers, or a tensor.
func (n tree) floats() []float64 {
	n.t.Helper()
	var all []float64
	if tensor, ok := n.value.(weights.Tensor); ok {
		if !tensor.DType.IsFloat() {
			for _, v := range n.ints() {
				all = append(all, float64(v))
			}
			return all
		}
		numbers, err := tensor.Float32s()
		if err != nil {
			n.t.Fatal(err)
		}
		for _, v := range numbers {
			all = append(all, float64(v))
		}
		return all
	}
	for _, v := range n.list() {
		all = append(all, v.float())
	}
	return all
}

func (n tree) ints() []int {
	n.t.Helper()
	var all []int
	if tensor, ok := n.value.(weights.Tensor); ok {
		numbers, err := tensor.Int64s()
		if err != nil {
			n.t.Fatal(err)
		}
		for _, v := range numbers {
			all = append(all, int(v))
		}
		return all
	}
	for _, v := range n.list() {
		all = append(all, int(v.float()))
	}
	return all
}

func (n tree) state() *weights.StateDict {
	n.t.Helper()
	s, ok := n.value.(*weights.StateDict)
	if !ok {
		n.t.Fatalf("%s is a %T, want tensors", n.where, n.value)
	}
	return s
}

// near compares relative to the largest of the wanted numbers, or to a floor if
// that is larger.
func near(t testing.TB, what string, got, want []float64, limit, floor float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d numbers, want %d", what, len(got), len(want))
		return
	}
	scale := floor
	for _, v := range want {
		scale = math.Max(scale, math.Abs(v))
	}
	worst, at := 0.0, 0
	for i := range want {
		if d := math.Abs(got[i]-want[i]) / scale; !(d <= worst) {
			worst, at = d, i
		}
	}
	if !(worst <= limit) {
		t.Errorf("%s: number %d is %g, want %g: off by %.1e of the largest, limit %.0e", what, at, got[at], want[at], worst, limit)
	}
}

func doubles[T float32 | float64](numbers []T) []float64 {
	out := make([]float64, len(numbers))
	for i, v := range numbers {
		out[i] = float64(v)
	}
	return out
}

func flat(t table) []float64 {
	var all []float64
	for _, row := range t {
		all = append(all, row...)
	}
	return all
}

func tensorNumbers(t testing.TB, s *weights.StateDict, name string) []float64 {
	t.Helper()
	tensor, ok := s.Get(name)
	if !ok {
		t.Fatalf("%s is missing", name)
	}
	return tree{t, name, tensor}.floats()
}
