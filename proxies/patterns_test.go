package proxies

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestPositive(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	odd := []float32{0, float32(math.Copysign(0, -1)), float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), math.SmallestNonzeroFloat32}
	for n := range 200 {
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(rng.NormFloat64())
			if rng.IntN(4) == 0 {
				x[i] = odd[rng.IntN(len(odd))]
			}
		}
		words := positive(nil, x)
		if want := (n + wordBits - 1) / wordBits; len(words) != want {
			t.Fatalf("%d words of %d numbers, want %d", len(words), n, want)
		}
		for i, v := range x {
			if got := words[i/wordBits]>>(i%wordBits)&1 == 1; got != (v > 0) {
				t.Fatalf("number %d of %d, %v: above 0 is %v", i, n, v, got)
			}
		}
	}
}
