//go:build amd64 && !purego

package kernel

import (
	"math"
	"unsafe"
)

func (k *Kernels) avgPool(dst, src, work []float32, rows, cols, ch int, add bool) {
	if k.isa == Generic {
		avgPoolGeneric(dst, src, work, rows, cols, ch, add)
		return
	}
	for r := 0; r < rows; {
		n := 1
		if r > 0 {
			n = max(1, rows-1-r)
		}
		near := float32(windowLen(r, rows))
		c := k.newPoolCall(dst, r, n, cols, ch, add)
		c.edge = floatBits(1 / (near * float32(windowLen(0, cols))))
		c.middle = floatBits(1 / (near * 3))
		k.poolRoutine(c.withRows(src, r, rows, cols*ch, [3]float32{1, 1, 1}))
		r += n
	}
}

func (k *Kernels) avgPoolGrad(dst, dy, work []float32, rows, cols, ch int, add bool) {
	if k.isa == Generic {
		avgPoolGradGeneric(dst, dy, work, rows, cols, ch, add)
		return
	}
	share := func(y int) float32 {
		if y < 0 || y >= rows {
			return 0
		}
		return 1 / float32(windowLen(y, rows))
	}
	for r := 0; r < rows; {
		n := 1
		if r > 1 {
			n = max(1, rows-2-r)
		}
		c := k.newPoolCall(dst, r, n, cols, ch, add)
		c.variant += 2
		c.edge = floatBits(1 / float32(windowLen(0, cols)))
		c.middle = floatBits(1.0 / 3)
		k.poolRoutine(c.withRows(dy, r, rows, cols*ch, [3]float32{share(r - 1), share(r), share(r + 1)}))
		r += n
	}
}

// windowLen is how many of i-1, i, i+1 are from 0 to n-1.
func windowLen(i, n int) int { return min(i+1, n-1) - max(i-1, 0) + 1 }

func floatBits(v float32) int { return int(math.Float32bits(v)) }

// newPoolCall describes n rows of dst from row r on.
func (k *Kernels) newPoolCall(dst []float32, r, n, cols, ch int, add bool) poolCall {
	c := poolCall{dst: pointerTo(dst[r*cols*ch:]), rows: n, cols: cols, pixel: ch * wordSize, vectors: k.vectors(ch)}
	if add {
		c.variant = 1
	}
	return c
}

// withRows is the call with the three rows around r and their weights. Where
// there are fewer, one comes twice or three times and shares its weight: a
// weight of zero would make a NaN of an infinity.
func (c poolCall) withRows(src []float32, r, rows, size int, weights [3]float32) poolCall {
	row := func(y int) unsafe.Pointer { return pointerTo(src[y*size:]) }
	above, below := r > 0, r < rows-1
	at := [3]int{r - 1, r, r + 1}
	switch w := &weights; {
	case !above && !below:
		at = [3]int{r, r, r}
		w[0], w[1], w[2] = w[1]/4, w[1]/2, w[1]/4
	case !above:
		at[0] = r
		w[0], w[1] = w[1]/2, w[1]/2
	case !below:
		at[2] = r
		w[1], w[2] = w[1]/2, w[1]/2
	}
	c.x0, c.x1, c.x2 = row(at[0]), row(at[1]), row(at[2])
	c.weight0, c.weight1, c.weight2 = floatBits(weights[0]), floatBits(weights[1]), floatBits(weights[2])
	return c
}

func (k *Kernels) poolRoutine(c poolCall) {
	if k.isa == AVX512 {
		avgPoolRowsAVX512(&c)
	} else {
		avgPoolRowsAVX2(&c)
	}
}

func (k *Kernels) halfPool(dst, src []float32, rows, cols, ch int) {
	c := newAffineCall(k, rows/2, cols/2, ch)
	c.rows, c.cols, c.share = rows/2, cols/2, floatBits(0.25)
	c.dst, c.x0 = pointerTo(dst), pointerTo(src)
	switch k.isa {
	case AVX512:
		halfPoolAVX512(&c)
	case AVX2:
		halfPoolAVX2(&c)
	default:
		halfPoolGeneric(dst, src, rows, cols, ch)
	}
}

func (k *Kernels) halfPoolGradAdd(dst, dy []float32, rows, cols, ch int) {
	c := newAffineCall(k, rows/2, cols/2, ch)
	c.rows, c.cols, c.share = rows/2, cols/2, floatBits(0.25)
	c.dst, c.x0 = pointerTo(dst), pointerTo(dy)
	switch k.isa {
	case AVX512:
		halfPoolGradAddAVX512(&c)
	case AVX2:
		halfPoolGradAddAVX2(&c)
	default:
		halfPoolGradAddGeneric(dst, dy, rows, cols, ch)
	}
}
