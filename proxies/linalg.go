package proxies

import (
	"math"

	"gonum.org/v1/gonum/floats"
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
		deviations[i] = math.Sqrt(floats.Dot(centred[i], centred[i]) / (d - 1))
		if deviations[i] == 0 || math.IsNaN(deviations[i]) {
			return nil, false
		}
	}
	m := mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			c := floats.Dot(centred[i], centred[j]) / (d - 1) / deviations[i] / deviations[j]
			m.SetSym(i, j, math.Max(-1, math.Min(1, c)))
		}
	}
	return m, true
}
