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
	for r := range rows {
		near := float32(windowLen(r, rows))
		c := k.newPoolCall(dst, r, cols, ch, add)
		c.edge = floatBits(1 / (near * float32(windowLen(0, cols))))
		c.middle = floatBits(1 / (near * 3))
		c.setRows(src, r, rows, cols*ch, func(int) float32 { return 1 })
		k.poolRoutine(&c)
	}
}

func (k *Kernels) avgPoolGrad(dst, dy, work []float32, rows, cols, ch int, add bool) {
	if k.isa == Generic {
		avgPoolGradGeneric(dst, dy, work, rows, cols, ch, add)
		return
	}
	for r := range rows {
		c := k.newPoolCall(dst, r, cols, ch, add)
		c.variant += 2
		c.edge = floatBits(1 / float32(windowLen(0, cols)))
		c.middle = floatBits(1.0 / 3)
		c.setRows(dy, r, rows, cols*ch, func(y int) float32 { return 1 / float32(windowLen(y, rows)) })
		k.poolRoutine(&c)
	}
}

// windowLen is how many of i-1, i, i+1 are from 0 to n-1.
func windowLen(i, n int) int { return min(i+1, n-1) - max(i-1, 0) + 1 }

func floatBits(v float32) int { return int(math.Float32bits(v)) }

func (k *Kernels) newPoolCall(dst []float32, r, cols, ch int, add bool) poolCall {
	c := poolCall{dst: pointerTo(dst[r*cols*ch:]), cols: cols, pixel: ch * wordSize, vectors: k.vectors(ch)}
	if add {
		c.variant = 1
	}
	return c
}

// setRows gives the routine the three rows around r with their weights. Where
// there are fewer, the last one comes twice or three times and shares its
// weight: a weight of zero would make a NaN of an infinity.
func (c *poolCall) setRows(src []float32, r, rows, size int, weight func(y int) float32) {
	above, below := max(r-1, 0), min(r+1, rows-1)
	row := func(y int) unsafe.Pointer { return pointerTo(src[y*size:]) }
	c.x0, c.x1, c.x2 = row(above), row(min(above+1, below)), row(below)
	w0, w1, w2 := weight(above), weight(min(above+1, below)), weight(below)
	switch below - above {
	case 0:
		w0, w1, w2 = w0/2, w0/4, w0/4
	case 1:
		w1, w2 = w1/2, w1/2
	}
	c.weight0, c.weight1, c.weight2 = floatBits(w0), floatBits(w1), floatBits(w2)
}

func (k *Kernels) poolRoutine(c *poolCall) {
	if k.isa == AVX512 {
		avgPoolRowAVX512(c)
	} else {
		avgPoolRowAVX2(c)
	}
}
