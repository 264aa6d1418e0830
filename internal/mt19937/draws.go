package mt19937

import (
	"math"
	"math/bits"
)

// MaskedIntn returns an int in [0, n) as NumPy's RandomState.randint(n) does for
// n up to 2^32: of a word the low bits that n-1 has, again until they are below
// n. It draws nothing for n = 1 and panics if n is not positive.
func (s *Source) MaskedIntn(n int) int {
	if n <= 0 {
		panic("mt19937: MaskedIntn needs a positive bound")
	}
	mask := uint32(1)<<bits.Len32(uint32(n-1)) - 1
	if mask == 0 {
		return 0
	}
	for {
		if v := s.Uint32() & mask; v < uint32(n) {
			return int(v)
		}
	}
}

// Float53 returns a multiple of 2^-53 in [0, 1): PyTorch's uniform float64, made
// from the low 53 bits of two words, the high one first.
func (s *Source) Float53() float64 {
	high, low := uint64(s.Uint32()), uint64(s.Uint32())
	return float64((high<<32|low)&(1<<53-1)) / (1 << 53)
}

// normalBlock is how many numbers Normals makes of as many uniforms at a time.
const normalBlock = 16

// Normals fills dst as torch.randn does for 16 numbers and more on the CPU, up to
// some units in the last place, in which PyTorch's vectorized logarithm and sine
// differ from the library's. It panics if dst is shorter.
func (s *Source) Normals(dst []float32) {
	n := len(dst)
	if n < normalBlock {
		panic("mt19937: Normals needs 16 numbers or more")
	}
	for i := range dst {
		dst[i] = s.Float24()
	}
	for at := 0; at+normalBlock <= n; at += normalBlock {
		boxMuller(dst[at : at+normalBlock])
	}
	if n%normalBlock != 0 {
		last := dst[n-normalBlock:]
		for i := range last {
			last[i] = s.Float24()
		}
		boxMuller(last)
	}
}

// boxMuller turns 16 uniforms into normal numbers, j and j+8 together.
func boxMuller(x []float32) {
	const half = normalBlock / 2
	for j := range half {
		radius := math.Sqrt(-2 * math.Log(float64(1-x[j])))
		sin, cos := math.Sincos(2 * math.Pi * float64(x[j+half]))
		x[j], x[j+half] = float32(radius*cos), float32(radius*sin)
	}
}
