package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// eachISA runs a test on every implementation that this processor has.
func eachISA(t *testing.T, test func(t *testing.T, k *Kernels)) {
	for _, isa := range []ISA{Generic, AVX2, AVX512} {
		t.Run(isa.String(), func(t *testing.T) {
			k, err := For(isa)
			if err != nil {
				t.Skip(err)
			}
			test(t, k)
		})
	}
}

// unit is float32's largest relative rounding error.
const unit = 1.0 / (1 << 24)

// sum is a float64 sum that knows how far a float32 one may be from it, in
// whatever order it is added: n*unit times the sum of magnitudes.
type sum struct{ value, magnitude, n float64 }

func (s *sum) add(factors ...float32) {
	v := 1.0
	for _, f := range factors {
		v *= float64(f)
	}
	s.addValue(v, float64(len(factors)))
}

// addValue adds a number that itself took so many roundings.
func (s *sum) addValue(v, roundings float64) {
	s.value += v
	s.magnitude += math.Abs(v)
	s.n += roundings
}

// times multiplies by a number that is itself rounded.
func (s *sum) times(v float64) {
	s.value *= v
	s.magnitude *= math.Abs(v)
	s.n += 2
}

// check fails unless got is the sum but for rounding.
func (s sum) check(t *testing.T, got float32, format string, args ...any) {
	t.Helper()
	s.checkWithin(t, got, s.n*unit*s.magnitude, format, args...)
}

func (s sum) checkWithin(t *testing.T, got float32, tolerance float64, format string, args ...any) {
	t.Helper()
	g := float64(got)
	switch {
	case math.IsNaN(s.value) && math.IsNaN(g), s.value == g:
	case math.IsNaN(s.value) || math.IsInf(s.value, 0) || !(math.Abs(g-s.value) <= tolerance+1e-44):
		t.Fatalf("%s: got %v, want %v +- %.3g", fmt.Sprintf(format, args...), got, s.value, tolerance)
	}
}

// guard is the bit pattern (of a NaN) around and between what may be written.
const guard = 0x7fedcba9

// source makes test numbers.
type source struct{ *rand.Rand }

func newSource(seed uint64) source { return source{rand.New(rand.NewPCG(seed, 1))} }

func (r source) float() float32 { return float32(r.NormFloat64()) }

// slice returns n normal numbers, of any alignment, with guards behind them.
func (r source) slice(n int) []float32 {
	s := r.guards(n)
	for i := range s {
		s[i] = r.float()
	}
	return s
}

// guards returns n guard words, of any alignment.
func (r source) guards(n int) []float32 {
	skip := r.IntN(4)
	s := make([]float32, skip+n+2*Lane)
	for i := range s {
		s[i] = math.Float32frombits(guard)
	}
	return s[skip:][:n]
}

// plane returns a plane of guards: rows x cols pixels of ch channels, with
// random gaps between pixels and rows.
func (r source) plane(rows, cols, ch int) Plane {
	p := Plane{Pixel: ch + r.IntN(2)*Lane}
	p.Row = cols*p.Pixel + r.IntN(3)*Lane
	p.Data = r.guards(rows * p.Row)
	return p
}

// fill writes normal numbers into a plane's pixels.
func (r source) fill(p Plane, rows, cols, ch int) {
	each(rows, cols, ch, func(y, x, c int) { *at(p, y, x, c) = r.float() })
}

func at(p Plane, y, x, c int) *float32 { return &p.Data[y*p.Row+x*p.Pixel+c] }

func each(rows, cols, ch int, f func(y, x, c int)) {
	for y := range rows {
		for x := range cols {
			for c := range ch {
				f(y, x, c)
			}
		}
	}
}

// checkGuards fails if anything but the plane's pixels was written, over the
// whole capacity of its memory.
func checkGuards(t *testing.T, p Plane, rows, cols, ch int) {
	t.Helper()
	all := p.Data[:cap(p.Data)]
	inside := make([]bool, len(all))
	each(rows, cols, ch, func(y, x, c int) { inside[y*p.Row+x*p.Pixel+c] = true })
	for i, v := range all {
		if !inside[i] && math.Float32bits(v) != guard {
			t.Fatalf("%dx%dx%d: wrote outside the image, at %d of %d (pitches %d, %d)", rows, cols, ch, i, len(p.Data), p.Pixel, p.Row)
		}
	}
}

// checkDense is checkGuards for a slice that is written as a whole.
func checkDense(t *testing.T, s []float32) {
	t.Helper()
	checkGuards(t, Dense(s, 1, len(s)), 1, 1, len(s))
}
