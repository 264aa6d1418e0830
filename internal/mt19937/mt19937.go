// Package mt19937 is the Mersenne Twister MT19937 of Matsumoto and Nishimura
// (ACM TOMACS 8(1), 1998), with the two ways of seeding and of drawing that the
// benchmark rests on: those of Python's random module and those of PyTorch's
// generator for the CPU. The streams are theirs, bit for bit.
package mt19937

import (
	"math/bits"
)

const (
	stateLen = 624
	shift    = 397
)

// Source is one stream of random numbers. It must come from [New] or
// [NewPython], or be filled by UnmarshalBinary. It is not safe for use by
// several goroutines at once.
type Source struct {
	state [stateLen]uint32
	next  int // index of the next word of state to hand out; stateLen: none left
}

// New seeds as torch.manual_seed does; of a longer seed PyTorch uses the low 32
// bits.
func New(seed uint32) *Source {
	s := new(Source)
	s.seed(seed)
	return s
}

// NewPython seeds as Python's random.seed(seed) does for an int. Python takes
// the absolute value of a negative one.
func NewPython(seed uint64) *Source {
	key := []uint32{uint32(seed)}
	if high := uint32(seed >> 32); high != 0 {
		key = append(key, high)
	}
	s := new(Source)
	s.seedKey(key)
	return s
}

// seed is init_genrand of the reference implementation.
func (s *Source) seed(seed uint32) {
	s.state[0] = seed
	for i := 1; i < stateLen; i++ {
		prev := s.state[i-1]
		s.state[i] = 1812433253*(prev^prev>>30) + uint32(i)
	}
	s.next = stateLen
}

// seedKey is init_by_array of the reference implementation, for keys of at most
// stateLen words.
func (s *Source) seedKey(key []uint32) {
	s.seed(19650218)
	i, j := 1, 0
	advance := func() {
		if i++; i == stateLen {
			s.state[0] = s.state[stateLen-1]
			i = 1
		}
	}
	for range stateLen {
		prev := s.state[i-1]
		s.state[i] = (s.state[i] ^ (prev^prev>>30)*1664525) + key[j] + uint32(j)
		advance()
		if j++; j == len(key) {
			j = 0
		}
	}
	for range stateLen - 1 {
		prev := s.state[i-1]
		s.state[i] = (s.state[i] ^ (prev^prev>>30)*1566083941) - uint32(i)
		advance()
	}
	s.state[0] = 1 << 31
}

// refill computes the next stateLen words.
func (s *Source) refill() {
	s.twist(0, stateLen-shift, shift)
	s.twist(stateLen-shift, stateLen, shift-stateLen)
	s.next = 0
}

// twistWords computes the next words of the state from one on, each from itself, its
// follower and the one far words on. The last word's follower is the first.
func (s *Source) twistWords(from, to, far int) {
	for i := from; i < to; i++ {
		next := i + 1
		if next == stateLen {
			next = 0
		}
		y := s.state[i]&(1<<31) | s.state[next]&(1<<31-1)
		s.state[i] = s.state[i+far] ^ y>>1 ^ -(y&1)&0x9908b0df
	}
}

// temper turns a word of the state into one to hand out.
func temper(y uint32) uint32 {
	y ^= y >> 11
	y ^= y << 7 & 0x9d2c5680
	y ^= y << 15 & 0xefc60000
	return y ^ y>>18
}

// temperWords writes what words of the state give into dst, as many as it has.
func temperWords(dst, words []uint32) {
	for i, y := range words[:len(dst)] {
		dst[i] = temper(y)
	}
}

// Fill draws as many words as dst has, as so many calls of Uint32 do.
func (s *Source) Fill(dst []uint32) {
	for len(dst) > 0 {
		if s.next >= stateLen {
			s.refill()
		}
		some := s.state[s.next:]
		some = some[:min(len(some), len(dst))]
		temperAll(dst[:len(some)], some)
		s.next += len(some)
		dst = dst[len(some):]
	}
}

// Uint32 returns 32 uniform bits: genrand_int32 of the reference
// implementation, Python's getrandbits(32).
func (s *Source) Uint32() uint32 {
	if s.next >= stateLen {
		s.refill()
	}
	y := s.state[s.next]
	s.next++
	return temper(y)
}

// Float24 returns a multiple of 2^-24 in [0, 1): PyTorch's uniform float32,
// made from the low 24 bits of one word.
func (s *Source) Float24() float32 { return float24(s.Uint32()) }

func float24(word uint32) float32 { return float32(word&(1<<24-1)) / (1 << 24) }

// floats24 draws as many numbers as dst has, as so many calls of Float24 do.
func (s *Source) floats24(dst []float32) {
	var buffer [128]uint32
	for len(dst) > 0 {
		words := buffer[:min(len(buffer), len(dst))]
		s.Fill(words)
		for i, word := range words {
			dst[i] = float24(word)
		}
		dst = dst[len(words):]
	}
}

// Float64 returns a multiple of 2^-53 in [0, 1): Python's random.random(), made
// from the high bits of two words.
func (s *Source) Float64() float64 {
	high, low := s.Uint32()>>5, s.Uint32()>>6
	return (float64(high)*(1<<26) + float64(low)) / (1 << 53)
}

// Intn returns an int in [0, n) as Python's random.randrange(n) does. It panics
// if n is not positive.
func (s *Source) Intn(n int) int {
	if n <= 0 {
		panic("mt19937: Intn needs a positive bound")
	}
	width := bits.Len64(uint64(n))
	for {
		if v := s.bits(width); v < uint64(n) {
			return int(v)
		}
	}
}

// bits is Python's getrandbits for a width of 1 to 64.
func (s *Source) bits(width int) uint64 {
	if width <= 32 {
		return uint64(s.Uint32() >> (32 - width))
	}
	low := uint64(s.Uint32())
	return low | uint64(s.Uint32()>>(64-width))<<32
}

// Shuffle permutes n elements as Python's random.shuffle does, by calls of swap.
func (s *Source) Shuffle(n int, swap func(i, j int)) {
	for i := n - 1; i > 0; i-- {
		swap(i, s.Intn(i+1))
	}
}
