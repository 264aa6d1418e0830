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

// Uniforms fills dst as torch.Tensor.uniform_(-bound, bound) does.
func (s *Source) Uniforms(dst []float32, bound float64) {
	from, to := float32(-bound), float32(bound)
	width := float64(to - from)
	s.floats24(dst)
	for i, u := range dst {
		// PyTorch's build fuses the product and the sum. Both are exact in
		// float64, since the interval is symmetric: it is rounded once.
		dst[i] = float32(float64(u)*width + float64(from))
	}
}

// Exponentials fills dst as torch.Tensor.exponential_() does on the CPU, with mean
// 1: each number is -log(1-u) of a [Source.Float53] u.
func (s *Source) Exponentials(dst []float32) {
	for i := range dst {
		dst[i] = float32(-math.Log1p(-s.Float53()))
	}
}

// Sample returns k different ints in [0, n) as Python's random.sample(range(n), k)
// does, in the order in which they are drawn. It panics unless 0 <= k <= n.
func (s *Source) Sample(n, k int) []int {
	if k < 0 || k > n {
		panic("mt19937: Sample needs a number from 0 to that of the population")
	}
	drawn := make([]int, k)
	if n <= pooled(k) {
		pool := make([]int, n)
		for i := range pool {
			pool[i] = i
		}
		for i := range drawn {
			j := s.Intn(n - i)
			drawn[i], pool[j] = pool[j], pool[n-i-1]
		}
		return drawn
	}
	taken := make(map[int]bool, k)
	for i := range drawn {
		j := s.Intn(n)
		for taken[j] {
			j = s.Intn(n)
		}
		taken[j], drawn[i] = true, j
	}
	return drawn
}

// pooled is up to which population Python's sample of k takes from a list of what
// is left, which then is no larger than its set of what is taken.
func pooled(k int) int {
	size := 21
	if k > 5 {
		room := 1
		for room < 3*k {
			room *= 4
		}
		size += room
	}
	return size
}

// normalBlock is how many numbers Normals makes of as many uniforms at a time.
const normalBlock = 16

// Normals fills dst as torch.randn does on the CPU, up to some units in the last
// place, in which PyTorch's vectorized logarithm and sine differ from the library's.
// Of an odd number below 16 PyTorch keeps the last draw's other half for its next
// such call; here it is dropped.
func (s *Source) Normals(dst []float32) {
	n := len(dst)
	if n < normalBlock {
		s.fewNormals(dst)
		return
	}
	s.floats24(dst)
	for at := 0; at+normalBlock <= n; at += normalBlock {
		boxMuller(dst[at : at+normalBlock])
	}
	if n%normalBlock != 0 {
		last := dst[n-normalBlock:]
		s.floats24(last)
		boxMuller(last)
	}
}

// fewNormals draws two numbers at a time in double precision.
func (s *Source) fewNormals(dst []float32) {
	for i := 0; i < len(dst); i += 2 {
		angle, u := 2*math.Pi*s.Float53(), s.Float53()
		radius := math.Sqrt(-2 * math.Log1p(-u))
		dst[i] = float32(radius * math.Cos(angle))
		if i+1 < len(dst) {
			dst[i+1] = float32(radius * math.Sin(angle))
		}
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
