package kernel

// gramPiece is how many numbers of the rows are worked on together, so that they
// stay in the cache.
const gramPiece = 2048

// Gram stores the inner products of n rows of as many numbers into dst [n][n], in
// double precision.
func (k *Kernels) Gram(dst []float64, rows []float32, n int) {
	dst = dst[:n*n]
	clear(dst)
	if n == 0 {
		return
	}
	size := len(rows) / n
	for from := 0; from < size; from += gramPiece {
		k.gram(dst, rows[from:], n, size, min(gramPiece, size-from))
	}
	for i := range n {
		for j := range i {
			dst[i*n+j] = dst[j*n+i]
		}
	}
}

// gramGeneric adds the products of the first count numbers of rows that are pitch
// numbers apart.
func gramGeneric(dst []float64, rows []float32, n, pitch, count int) {
	for i := range n {
		for j := i; j < n; j++ {
			dst[i*n+j] += doubleDot(rows[i*pitch:][:count], rows[j*pitch:][:count])
		}
	}
}

// doubleDot adds the products of two rows up.
func doubleDot(a, b []float32) float64 {
	var sums [4]float64
	b = b[:len(a)]
	i := 0
	for ; i+4 <= len(a); i += 4 {
		x, y := a[i:i+4:i+4], b[i:i+4:i+4]
		for l := range sums {
			sums[l] += float64(x[l]) * float64(y[l])
		}
	}
	for ; i < len(a); i++ {
		sums[0] += float64(a[i]) * float64(b[i])
	}
	return sums[0] + sums[1] + sums[2] + sums[3]
}
