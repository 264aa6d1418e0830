package proxies

import (
	"math"
	"math/bits"
	"slices"

	"cellnet/internal/kernel"
	"cellnet/models"

	"gonum.org/v1/gonum/mat"
)

const wordBits = 64

// patterns collect which ReLUs are on for which images. ReLUs that read the same
// values are told once, with their number.
type patterns struct {
	kernels *kernel.Kernels
	images  int
	sources []source
	index   map[string]int
	scratch []float32
	// times tells how often a ReLU counts.
	times func(module string) int
}

// source is the values that some ReLUs read.
type source struct {
	neurons  int // of an image
	pitch    int // numbers of a pixel
	channels int
	times    int
	rows     [][]uint64 // a bit for each number of each image
}

func newPatterns() (*patterns, error) {
	k, err := kernel.Best()
	if err != nil {
		return nil, err
	}
	return &patterns{kernels: k, index: map[string]int{}}, nil
}

// reset forgets what was seen, but not the memory it took.
func (p *patterns) reset() {
	p.images = 0
	for i := range p.sources {
		p.sources[i].times = 0
	}
}

// see takes the input of a ReLU.
func (p *patterns) see(a models.Activation) {
	if a.Kind != models.ReLUInput {
		return
	}
	at, known := p.index[a.Source]
	if !known {
		at = len(p.sources)
		p.index[a.Source] = at
		p.sources = append(p.sources, source{})
	}
	s := &p.sources[at]
	p.images = a.Images
	if s.times > 0 {
		s.times += p.times(a.Module)
		return
	}
	s.times = p.times(a.Module)
	pixels := a.Side * a.Side
	s.neurons, s.pitch, s.channels = pixels*a.Channels, a.Pitch, a.Channels
	if len(p.scratch) < pixels*a.Pitch {
		p.scratch = make([]float32, pixels*a.Pitch)
	}
	if len(s.rows) < a.Images {
		s.rows = slices.Grow(s.rows, a.Images)[:a.Images]
	}
	for i := range a.Images {
		image := a.Image(i, p.scratch)
		s.rows[i] = p.kernels.PositiveBits(s.rows[i][:0], image)
	}
}

// common counts, for each two images, the neurons that are both on or both off.
func (p *patterns) common() [][]int {
	k := make([][]int, p.images)
	total := 0
	for _, s := range p.sources {
		total += s.times * s.neurons
	}
	for i := range k {
		k[i] = slices.Repeat([]int{total}, p.images)
	}
	for _, s := range p.sources {
		if s.times == 0 {
			continue
		}
		for i := range p.images {
			for j := range i {
				differ := s.times * distance(s.rows[i], s.rows[j])
				k[i][j] -= differ
				k[j][i] -= differ
			}
		}
	}
	return k
}

func distance(a, b []uint64) int {
	n := 0
	b = b[:len(a)]
	for i, v := range a {
		n += bits.OnesCount64(v ^ b[i])
	}
	return n
}

// nwot is the logarithm of the determinant of what images have in common.
func nwot(common [][]int) Score {
	n := len(common)
	m := mat.NewDense(n, n, nil)
	for i, row := range common {
		for j, v := range row {
			m.Set(i, j, float64(v))
		}
	}
	var lu mat.LU
	lu.Factorize(m)
	value, sign := lu.LogDet()
	if sign == 0 || math.IsInf(value, 0) || math.IsNaN(value) {
		return undefined("two images have the same ReLUs on")
	}
	return Score{Value: value}
}

// regions is the number of images with different ReLUs on.
func regions(common [][]int) Score {
	n := 0
	for i, row := range common {
		if !slices.Contains(row[:i], row[i]) {
			n++
		}
	}
	return Score{Value: float64(n)}
}

// swap is the number of neurons that are on for different images.
func (p *patterns) swap() Score {
	seen := newCodes(p.images, p.neurons())
	block := make([][wordBits]uint64, (p.images+wordBits-1)/wordBits)
	for _, s := range p.sources {
		if s.times == 0 {
			continue
		}
		for w := range s.rows[0] {
			for c := range block {
				for i := range wordBits {
					block[c][i] = 0
					if image := c*wordBits + i; image < p.images {
						block[c][i] = s.rows[image][w]
					}
				}
				transpose(&block[c])
			}
			for bit := range min(wordBits, len(s.rows[0])*wordBits) {
				number := w*wordBits + bit
				if number >= s.neurons/s.channels*s.pitch {
					break
				}
				if number%s.pitch < s.channels {
					seen.add(block, bit)
				}
			}
		}
	}
	return Score{Value: float64(seen.count)}
}

func (p *patterns) neurons() int {
	n := 0
	for _, s := range p.sources {
		if s.times > 0 {
			n += s.neurons
		}
	}
	return n
}

// transpose turns bit j of word i into bit i of word j (Warren, Hacker's Delight,
// section 7-3, with the lowest bits first).
func transpose(a *[wordBits]uint64) {
	mask := uint64(1<<32 - 1)
	for j := 32; j != 0; j, mask = j>>1, mask^mask<<(j>>1) {
		for k := 0; k < wordBits; k = (k + j + 1) &^ j {
			t := (a[k]>>j ^ a[k+j]) & mask
			a[k] ^= t << j
			a[k+j] ^= t
		}
	}
}

// codes is a set of words of bits, one of each image.
type codes struct {
	count int
	small []bool // for few images, by the code itself
	table []code
	mask  uint64
}

// code is 128 bits: the images' themselves where they are no more, else a hash.
type code struct {
	low, high uint64
	taken     bool
}

// directBits is up to how many images a code is its own index.
const directBits = 16

func newCodes(images, neurons int) *codes {
	if images <= directBits {
		return &codes{small: make([]bool, 1<<images)}
	}
	size := 1 << bits.Len(uint(2*neurons))
	return &codes{table: make([]code, size), mask: uint64(size - 1)}
}

// add takes the code in a bit's place of transposed blocks.
func (c *codes) add(block [][wordBits]uint64, bit int) {
	if c.small != nil {
		if at := &c.small[block[0][bit]]; !*at {
			*at = true
			c.count++
		}
		return
	}
	var low, high uint64
	switch len(block) {
	case 1:
		low = block[0][bit]
	case 2:
		low, high = block[0][bit], block[1][bit]
	default:
		for i := range block {
			low = mixed(low ^ block[i][bit])
			high = mixed(high + block[i][bit] ^ 0x9e3779b97f4a7c15)
		}
	}
	for at := mixed(low^mixed(high)) & c.mask; ; at = (at + 1) & c.mask {
		slot := &c.table[at]
		if !slot.taken {
			*slot = code{low, high, true}
			c.count++
			return
		}
		if slot.low == low && slot.high == high {
			return
		}
	}
}

// mixed is the finalizer of MurmurHash3 (Appleby, 2011).
func mixed(x uint64) uint64 {
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	x *= 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}
