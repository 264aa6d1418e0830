package proxies

import (
	"math"
	"slices"

	"cellnet/internal/kernel"

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

// products are the inner products of n rows with each other, in double precision.
func products(rows []float32, n int) (*mat.SymDense, error) {
	k, err := kernel.Best()
	if err != nil {
		return nil, err
	}
	all := make([]float64, n*n)
	k.Gram(all, rows, n)
	return mat.NewSymDense(n, all), nil
}

// correlations are those of n rows, as NumPy's corrcoef has them; nil if a row is
// constant.
func correlations(rows []float32, n int) (*mat.SymDense, error) {
	m, err := products(rows, n)
	if err != nil {
		return nil, err
	}
	size := len(rows) / n
	means, deviations := make([]float64, n), make([]float64, n)
	for i := range n {
		row := rows[i*size:][:size]
		var sum float64
		for _, v := range row {
			sum += float64(v)
		}
		means[i] = sum / float64(size)
		deviations[i] = math.Sqrt(m.At(i, i)/float64(size) - means[i]*means[i])
		constant := !slices.ContainsFunc(row, func(v float32) bool { return v != row[0] })
		if constant || !(deviations[i] > 0) {
			return nil, nil
		}
	}
	for i := range n {
		for j := i; j < n; j++ {
			c := (m.At(i, j)/float64(size) - means[i]*means[j]) / deviations[i] / deviations[j]
			m.SetSym(i, j, math.Max(-1, math.Min(1, c)))
		}
	}
	return m, nil
}
