package weightsharing

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"cellnet/internal/fixture"
	"cellnet/internal/pickle"
	"cellnet/internal/torchfile"
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
	file  *torchfile.File
	where string
	value any
}

func readTree(t testing.TB, name string) tree {
	t.Helper()
	content, err := os.ReadFile(reference(t, name))
	if err != nil {
		t.Fatal(err)
	}
	f, err := torchfile.Open(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	return tree{t, f, name, f.Value}
}

func (n tree) dict() *pickle.Dict {
	n.t.Helper()
	d, ok := n.value.(*pickle.Dict)
	if !ok {
		n.t.Fatalf("%s is a %T, want a dict", n.where, n.value)
	}
	return d
}

func (n tree) has(name string) bool {
	n.t.Helper()
	_, ok := n.dict().Get(name)
	return ok
}

func (n tree) at(name string) tree {
	n.t.Helper()
	v, ok := n.dict().Get(name)
	n.where += "/" + name
	if !ok {
		n.t.Fatalf("%s is missing", n.where)
	}
	n.value = v
	return n
}

func (n tree) list() []tree {
	n.t.Helper()
	l, ok := n.value.(*pickle.List)
	if !ok {
		n.t.Fatalf("%s is a %T, want a list", n.where, n.value)
	}
	var all []tree
	for i, v := range *l {
		all = append(all, tree{n.t, n.file, fmt.Sprintf("%s/%d", n.where, i), v})
	}
	return all
}

func (n tree) float() float64 {
	n.t.Helper()
	switch v := n.value.(type) {
	case float64:
		return v
	case int:
		return float64(v)
	}
	n.t.Fatalf("%s is a %T, want a number", n.where, n.value)
	return 0
}

func (n tree) string() string {
	n.t.Helper()
	s, ok := n.value.(string)
	if !ok {
		n.t.Fatalf("%s is a %T, want a string", n.where, n.value)
	}
	return s
}

// tensor reads one of float32 or int64.
func (n tree) tensor() weights.Tensor {
	n.t.Helper()
	v, ok := n.value.(*pickle.Tensor)
	if !ok {
		n.t.Fatalf("%s is a %T, want a tensor", n.where, n.value)
	}
	data, err := n.file.Data(v.Storage)
	if err == nil {
		data, err = v.Bytes(data)
	}
	if err != nil {
		n.t.Fatalf("%s: %v", n.where, err)
	}
	types := map[pickle.StorageType]weights.DType{pickle.FloatStorage: weights.Float32, pickle.LongStorage: weights.Int64}
	dtype, ok := types[v.Storage.Type]
	if !ok {
		n.t.Fatalf("%s is of %v", n.where, v.Storage.Type)
	}
	return weights.Tensor{DType: dtype, Shape: v.Shape, Data: data}
}

// state reads a dict of tensors.
func (n tree) state() *weights.StateDict {
	n.t.Helper()
	s := new(weights.StateDict)
	for name := range n.dict().All() {
		s.Set(name.(string), n.at(name.(string)).tensor())
	}
	return s
}

// float32s reads a tensor.
func (n tree) float32s() []float32 {
	n.t.Helper()
	numbers, err := n.tensor().Float32s()
	if err != nil {
		n.t.Fatalf("%s: %v", n.where, err)
	}
	return numbers
}

// floats reads a list of numbers, or a tensor.
func (n tree) floats() []float64 {
	n.t.Helper()
	if _, ok := n.value.(*pickle.Tensor); ok {
		return doubles(n.float32s())
	}
	var all []float64
	for _, v := range n.list() {
		all = append(all, v.float())
	}
	return all
}

func (n tree) ints() []int {
	n.t.Helper()
	var all []int
	if _, ok := n.value.(*pickle.Tensor); ok {
		numbers, err := n.tensor().Int64s()
		if err != nil {
			n.t.Fatalf("%s: %v", n.where, err)
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
	numbers, err := tensor.Float32s()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return doubles(numbers)
}
