//go:build amd64 && !purego

package kernel

// positiveBits has the assembly write whole words.
func (k *Kernels) positiveBits(dst []uint64, x []float32) {
	words := len(x) / wordBits
	c := positiveBitsCall{dst: pointerTo(dst), x: pointerTo(x)}
	switch k.isa {
	case AVX512:
		c.vectors = words * wordBits / 16
		positiveBitsAVX512(&c)
	case AVX2:
		c.vectors = words * wordBits / 8
		positiveBitsAVX2(&c)
	default:
		words = 0
	}
	positiveBitsGeneric(dst[words:], x[words*wordBits:])
}
