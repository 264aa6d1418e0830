package proxies

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// eigenvalues are those of a symmetric matrix in ascending order.
func eigenvalues(m *mat.SymDense) ([]float64, bool) {
	var e mat.EigenSym
	if !e.Factorize(m, false) {
		return nil, false
	}
	return e.Values(nil), true
}

// dot is the inner product.
func dot(a, b []float64) float64 {
	var s0, s1, s2, s3 float64 // four, so that additions need not wait for one another
	b = b[:len(a)]
	i := 0
	for ; i+4 <= len(a); i += 4 {
		s0 += a[i] * b[i]
		s1 += a[i+1] * b[i+1]
		s2 += a[i+2] * b[i+2]
		s3 += a[i+3] * b[i+3]
	}
	for ; i < len(a); i++ {
		s0 += a[i] * b[i]
	}
	return s0 + s1 + (s2 + s3)
}

// correlations are those of rows, as NumPy's corrcoef has them; false if a row is
// constant.
func correlations(rows [][]float64) (*mat.SymDense, bool) {
	n, d := len(rows), float64(len(rows[0]))
	centred := make([][]float64, n)
	deviations := make([]float64, n)
	for i, row := range rows {
		var mean float64
		for _, v := range row {
			mean += v
		}
		mean /= d
		centred[i] = make([]float64, len(row))
		for j, v := range row {
			centred[i][j] = v - mean
		}
		deviations[i] = math.Sqrt(dot(centred[i], centred[i]) / (d - 1))
		if deviations[i] == 0 || math.IsNaN(deviations[i]) {
			return nil, false
		}
	}
	m := mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			c := dot(centred[i], centred[j]) / (d - 1) / deviations[i] / deviations[j]
			m.SetSym(i, j, math.Max(-1, math.Min(1, c)))
		}
	}
	return m, true
}
