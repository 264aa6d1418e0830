package kernel

import (
	"math"
	"slices"
)

// wordBits is the number of bits of a word of [Kernels.PositiveBits].
const wordBits = 64

// PositiveBits appends a bit for each number of x to dst, the lowest of a word for
// the first one: whether it is above 0. What is left of the last word is 0.
func (k *Kernels) PositiveBits(dst []uint64, x []float32) []uint64 {
	words := (len(x) + wordBits - 1) / wordBits
	if words == 0 {
		return dst
	}
	dst = slices.Grow(dst, words)
	k.positiveBits(dst[len(dst):][:words], x)
	return dst[:len(dst)+words]
}

func positiveBitsGeneric(dst []uint64, x []float32) {
	for ; len(x) >= wordBits; dst, x = dst[1:], x[wordBits:] {
		// Four chains of shifts, which don't wait for each other.
		const quarter = wordBits / 4
		a, b, c, d := x[:quarter], x[quarter:][:quarter], x[2*quarter:][:quarter], x[3*quarter:][:quarter]
		var w0, w1, w2, w3 uint64
		for i := range a {
			w0 = w0>>1 | above(a[i])
			w1 = w1>>1 | above(b[i])
			w2 = w2>>1 | above(c[i])
			w3 = w3>>1 | above(d[i])
		}
		dst[0] = w0>>(3*quarter) | w1>>(2*quarter) | w2>>quarter | w3
	}
	if len(x) > 0 {
		var word uint64
		for _, v := range x {
			word = word>>1 | above(v)
		}
		dst[0] = word >> (wordBits - len(x))
	}
}

// above is the highest bit for a number above 0, or 0: a positive float's bits, less
// one, are below those of infinity, and those of 0, NaN and negative ones are not.
func above(v float32) uint64 {
	const infinity = 0x7f800000
	return (uint64(math.Float32bits(v)-1) - infinity) & (1 << 63)
}
