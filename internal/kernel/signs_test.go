package kernel

import (
	"math"
	"testing"
)

func TestPositiveBits(t *testing.T) {
	odd := []float32{0, float32(math.Copysign(0, -1)), float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), math.SmallestNonzeroFloat32}
	eachISA(t, func(t *testing.T, k *Kernels) {
		r := newSource(4)
		for n := range 300 {
			x := r.slice(n)
			for i := range x {
				if r.IntN(4) == 0 {
					x[i] = odd[r.IntN(len(odd))]
				}
			}
			memory := make([]uint64, 1+(n+wordBits-1)/wordBits+1)
			for i := range memory {
				memory[i] = guard
			}
			words := k.PositiveBits(memory[:1:1+(len(memory)-1)*(n%2)], x) // also one that has to grow
			if len(words) != len(memory)-1 || words[0] != guard {
				t.Fatalf("%d numbers: %d words, the first one %x", n, len(words), words[0])
			}
			for i := range (len(words) - 1) * wordBits {
				if got, want := words[1+i/wordBits]>>(i%wordBits)&1 == 1, i < n && x[i] > 0; got != want {
					t.Fatalf("bit %d of %d numbers is %v, want %v", i, n, got, want)
				}
			}
			if memory[len(memory)-1] != guard {
				t.Fatalf("%d numbers: wrote a word more", n)
			}
		}
	})
}

func BenchmarkPositiveBits(b *testing.B) {
	benchImages(b, 1, func(k *Kernels, size, ch int) func() {
		x := newSource(1).slice(size * size * ch)
		words := make([]uint64, len(x)/wordBits)
		return func() { k.PositiveBits(words[:0], x) }
	})
}
