package models

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"cellnet/cell"
	"cellnet/cell/supernet"
	"cellnet/internal/fixture"
	"cellnet/weights"
)

// found is a part of a reference file.
type found struct {
	t     testing.TB
	name  string
	value weights.Value
}

func openFound(t testing.TB, name string) map[string]found {
	t.Helper()
	f, err := weights.OpenFile(fixture.Shared(t, name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	all := map[string]found{}
	for _, e := range f.Entries() {
		v, err := f.Entry(e)
		if err != nil {
			t.Fatal(err)
		}
		all[e] = found{t, name + "/" + e, v}
	}
	for _, n := range f.Networks() {
		s, err := n.Load()
		if err != nil {
			t.Fatal(err)
		}
		all[n.Entry] = found{t, name + "/" + n.Entry, s}
	}
	return all
}

// at follows keys and places of lists; nil where there is nothing.
func (f found) at(path ...any) found {
	f.t.Helper()
	for _, p := range path {
		name := fmt.Sprintf("%s/%v", f.name, p)
		var next weights.Value
		switch p := p.(type) {
		case string:
			switch v := f.value.(type) {
			case weights.Dict:
				for _, e := range v {
					if e.Name == p {
						next = e.Value
					}
				}
			case *weights.StateDict:
				if t, ok := v.Get(p); ok {
					next = t
				}
			}
		case int:
			next = f.value.(weights.List)[p]
		}
		f = found{f.t, name, next}
	}
	return f
}

func (f found) float32s() []float32 {
	f.t.Helper()
	v, err := f.value.(weights.Tensor).Float32s()
	if err != nil {
		f.t.Fatal(f.name, err)
	}
	return v
}

func (f found) ints() []int {
	f.t.Helper()
	v, err := f.value.(weights.Tensor).Int64s()
	if err != nil {
		f.t.Fatal(f.name, err)
	}
	all := make([]int, len(v))
	for i, x := range v {
		all[i] = int(x)
	}
	return all
}

func (f found) number() float64 {
	f.t.Helper()
	switch v := f.value.(type) {
	case weights.Float:
		return float64(v)
	case weights.Int:
		return float64(v)
	}
	f.t.Fatalf("%s is a %T", f.name, f.value)
	return 0
}

// ops reads rows of operation numbers.
func (f found) ops() [][]cell.Op {
	var rows [][]cell.Op
	list := f.value.(weights.List)
	if _, one := list[0].(weights.Int); one {
		list = weights.List{list}
	}
	for _, row := range list {
		var ops []cell.Op
		for _, n := range row.(weights.List) {
			ops = append(ops, cell.Ops()[n.(weights.Int)])
		}
		rows = append(rows, ops)
	}
	return rows
}

// rows divides a tensor.
func (f found) rows(width int) [][]float32 {
	return slices.Collect(slices.Chunk(f.float32s(), width))
}

// near compares with a tolerance relative to the largest number, or to a floor if
// that is larger.
func near(t *testing.T, what string, got, want []float32, tolerance, floor float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d numbers, want %d", what, len(got), len(want))
	}
	largest, off := floor, 0.0
	for i, w := range want {
		largest = math.Max(largest, math.Abs(float64(w)))
		if d := math.Abs(float64(got[i]) - float64(w)); !(d <= off) {
			off = d
		}
	}
	if !(off <= tolerance*largest) {
		t.Errorf("%s: off by %.2g of %.3g, want at most %g of it", what, off, largest, tolerance)
	}
}

func topologyNet(t *testing.T, topology supernet.Topology, state found, training bool, capacity, side int) *Supernet {
	t.Helper()
	s := new(weights.StateDict)
	given := state.value.(*weights.StateDict)
	for name, tensor := range given.All() {
		if _, ok := tensorNamed(topology, name); ok {
			s.Set(name, tensor)
		}
	}
	p, err := SupernetFromStateDict(topology, s)
	if err != nil {
		t.Fatal(err)
	}
	n, err := NewSupernet(p, SupernetOptions{Side: side, Capacity: capacity, Training: training})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	return n
}

func tensorNamed(topology supernet.Topology, name string) (cell.Tensor, bool) {
	for t := range topology.Tensors() {
		if t.Name == name {
			return t, true
		}
	}
	return cell.Tensor{}, false
}

// softmaxOf is a row of architecture parameters as factors.
func softmaxRows(a []float32, width int) [][]float32 {
	var rows [][]float32
	for row := range slices.Chunk(a, width) {
		var sum float64
		out := make([]float32, width)
		for _, v := range row {
			sum += math.Exp(float64(v))
		}
		for i, v := range row {
			out[i] = float32(math.Exp(float64(v)) / sum)
		}
		rows = append(rows, out)
	}
	return rows
}

// softmaxGrad is the gradient of the parameters from that of their softmax.
func softmaxGrad(p [][]float32, q [][]float64) []float32 {
	var grad []float32
	for e, row := range p {
		var mean float64
		for o, v := range row {
			mean += float64(v) * q[e][o]
		}
		for o, v := range row {
			grad = append(grad, float32(float64(v)*(q[e][o]-mean)))
		}
	}
	return grad
}
