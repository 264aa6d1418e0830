package weights_test

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"testing"

	"cellnet/internal/fixture"
	"cellnet/weights"
)

// openShared opens a file of the reference data until the end of the test.
func openShared(t testing.TB, name string) *weights.File {
	t.Helper()
	return open(t, fixture.Shared(t, name))
}

func open(t testing.TB, path string) *weights.File {
	t.Helper()
	f, err := weights.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// load reads the one network that fits.
func load(t testing.TB, f *weights.File, s weights.Selector) *weights.StateDict {
	t.Helper()
	n, err := f.Select(s)
	if err != nil {
		t.Fatal(err)
	}
	state, err := n.Load()
	if err != nil {
		t.Fatal(err)
	}
	return state
}

// openBytes opens a file in memory.
func openBytes(data []byte) (*weights.File, error) {
	return weights.Open(bytes.NewReader(data), int64(len(data)))
}

func encode(t testing.TB, format weights.Format, s *weights.StateDict, entries ...weights.Entry) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := weights.Write(&out, format, s, entries...); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// different says how two state dicts differ, or gives "".
func different(a, b *weights.StateDict) string {
	if !slices.Equal(a.Names(), b.Names()) {
		return fmt.Sprintf("the names are %v and %v", a.Names(), b.Names())
	}
	for name, x := range a.All() {
		y, _ := b.Get(name)
		if x.DType != y.DType || !slices.Equal(x.Shape, y.Shape) || !bytes.Equal(x.Data, y.Data) {
			return fmt.Sprintf("%s is %v %v and %v %v, or its bytes differ", name, x.DType, x.Shape, y.DType, y.Shape)
		}
	}
	return ""
}

// everyType is a state dict with a tensor of every type, and of odd shapes.
func everyType() *weights.StateDict {
	s := new(weights.StateDict)
	for d := weights.Float32; d <= weights.Bool; d++ {
		data := make([]byte, 6*d.Size())
		for i := range data {
			data[i] = byte(i*37 + int(d))
			if d == weights.Bool {
				data[i] &= 1
			}
		}
		s.Set("type."+d.String(), weights.Tensor{DType: d, Shape: []int{2, 3}, Data: data})
	}
	s.Set("scalar", weights.NewInt64(nil, []int64{-5}))
	s.Set("empty", weights.NewFloat32([]int{0, 4}, nil))
	s.Set("one", weights.NewFloat32([]int{1, 1, 1}, []float32{0.5}))
	return s
}

func write(t testing.TB, path string, data []byte) string {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func pointer(n int) *int { return &n }
