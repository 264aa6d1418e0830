package proxies

import (
	"math"
	"testing"

	"cellnet/internal/mt19937"
)

// TestCorrelations compares with two passes, in one of which the means are taken
// off, of rows that are far from 0 too.
func TestCorrelations(t *testing.T) {
	const n, size = 7, 300
	for _, far := range []float32{0, 1, 100} {
		rows := make([]float32, n*size)
		mt19937.New(1).Normals(rows)
		for i := range rows {
			rows[i] += far * float32(i/size)
		}
		got, err := correlations(rows, n)
		if err != nil || got == nil {
			t.Fatal(got, err)
		}
		centred := make([][]float64, n)
		for i := range centred {
			var mean float64
			for _, v := range rows[i*size:][:size] {
				mean += float64(v) / size
			}
			for _, v := range rows[i*size:][:size] {
				centred[i] = append(centred[i], float64(v)-mean)
			}
		}
		dot := func(i, j int) (sum float64) {
			for l, v := range centred[i] {
				sum += v * centred[j][l]
			}
			return sum
		}
		for i := range n {
			for j := range n {
				want := dot(i, j) / math.Sqrt(dot(i, i)*dot(j, j))
				if v := got.At(i, j); math.Abs(v-want) > 1e-15*float64(1+100*far*far) {
					t.Errorf("rows %d and %d, %v apart: %v, want %v", i, j, far, v, want)
				}
			}
		}
	}
}

func TestConstantRowsHaveNoCorrelations(t *testing.T) {
	nan := float32(math.NaN())
	for name, rows := range map[string][]float32{
		"zeros": {1, 2, 3, 0, 0, 0}, "ones": {1, 1, 1, 1, 2, 3}, "tenths": {.1, .1, .1, 1, 2, 3}, "no numbers": {1, 2, 3, 1, nan, 3},
	} {
		if c, err := correlations(rows, 2); err != nil || c != nil {
			t.Errorf("%s: %v, %v", name, c, err)
		}
	}
}
