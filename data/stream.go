package data

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
)

// streamName names what a stream of random numbers is for, so that streams of
// one seed are independent of each other. The names are part of what a seed
// means: a changed name is a changed training run.
type streamName string

const (
	orderStream        streamName = "order"
	augmentationStream streamName = "augmentation"
	syntheticStream    streamName = "synthetic"
	heldOutStream      streamName = "held-out"
)

// stream is SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom
// number generators", OOPSLA 2014): small enough to start one per image.
type stream struct {
	state uint64
}

// streamKey mixes a name, a seed and numbers such as the epoch into 64 bits.
func streamKey(name streamName, seed uint64, numbers ...uint64) uint64 {
	b := append([]byte(name), 0)
	b = binary.LittleEndian.AppendUint64(b, seed)
	for _, n := range numbers {
		b = binary.LittleEndian.AppendUint64(b, n)
	}
	sum := sha256.Sum256(b)
	return binary.LittleEndian.Uint64(sum[:])
}

// streamAt returns the stream of one position below a key.
func streamAt(key uint64, position int) stream {
	return stream{key ^ mix(uint64(position)+1)}
}

func (s *stream) uint64() uint64 {
	s.state += 0x9e3779b97f4a7c15
	return mix(s.state)
}

// intn returns an int in [0, n), n below 2^32; its bias is below n/2^64.
func (s *stream) intn(n int) int {
	high, _ := bits.Mul64(s.uint64(), uint64(n))
	return int(high)
}

// between returns an int in [low, high].
func (s *stream) between(low, high int) int {
	return low + s.intn(high-low+1)
}

// permutation fills p with 0..len(p)-1 in random order.
func (s *stream) permutation(p []int32) {
	for i := range p {
		j := s.intn(i + 1)
		p[i] = p[j]
		p[j] = int32(i)
	}
}

// mix is SplitMix64's finalizer, a bijection.
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
