package kernel

// AddRows adds to dst the rows of a matrix [len(x)][len(dst)], each times a number
// of x: dst += x*rows, in double precision.
func (k *Kernels) AddRows(dst, x, rows []float64) {
	if len(dst) == 0 || len(x) == 0 {
		return
	}
	k.addRows(dst, x, rows[:len(x)*len(dst)])
}

// addRowsGeneric adds the first numbers of rows that are pitch numbers apart.
func addRowsGeneric(dst, x, rows []float64, pitch int) {
	n := len(dst)
	i := 0
	for ; i+4 <= len(x); i += 4 {
		x0, x1, x2, x3 := x[i], x[i+1], x[i+2], x[i+3]
		r0, r1, r2, r3 := rows[i*pitch:][:n], rows[(i+1)*pitch:][:n], rows[(i+2)*pitch:][:n], rows[(i+3)*pitch:][:n]
		for j := range dst {
			dst[j] += x0*r0[j] + x1*r1[j] + x2*r2[j] + x3*r3[j]
		}
	}
	for ; i < len(x); i++ {
		for j, r := range rows[i*pitch:][:n] {
			dst[j] += x[i] * r
		}
	}
}
