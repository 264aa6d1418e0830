//go:build amd64 && !purego

package kernel

const doubleSize = 8

func (k *Kernels) addRows(dst, x, rows []float64) {
	n, whole := len(dst), 0
	c := addRowsCall{dst: pointerTo(dst), x: pointerTo(x), rows: pointerTo(rows), count: len(x), pitch: n * doubleSize}
	switch k.isa {
	case AVX512:
		c.vectors, whole = n/8, n/8*8
		addRowsAVX512(&c)
	case AVX2:
		c.vectors, whole = n/4, n/4*4
		addRowsAVX2(&c)
	}
	if whole < n {
		addRowsGeneric(dst[whole:], x, rows[whole:], n)
	}
}
