package kernel

import (
	"fmt"
	"testing"
)

// benchImages times f on images of the network's shapes; f moves so many
// images' worth of memory.
func benchImages(b *testing.B, images int, f func(k *Kernels, size, ch int) func()) {
	eachBenchISA(b, func(b *testing.B, k *Kernels) {
		for _, s := range []struct{ size, ch int }{{32, 16}, {16, 32}, {8, 64}} {
			b.Run(fmt.Sprintf("%dx%dx%d", s.size, s.size, s.ch), func(b *testing.B) {
				run := f(k, s.size, s.ch)
				b.ReportAllocs()
				for b.Loop() {
					run()
				}
				bytes := float64(images * s.size * s.size * s.ch * 4)
				b.ReportMetric(bytes*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GB/s")
			})
		}
	})
}

func BenchmarkAffineSum(b *testing.B) {
	for terms := 1; terms <= 4; terms++ {
		b.Run(fmt.Sprintf("terms=%d", terms), func(b *testing.B) {
			benchImages(b, terms+2, func(k *Kernels, size, ch int) func() {
				n := size * size * ch
				r := newSource(1)
				x := make([]Term, terms)
				for i := range x {
					x[i] = Term{r.slice(n), r.slice(ch)}
				}
				dst, shift, relu := r.slice(n), r.slice(ch), NewBordered(size, size, ch).Inside()
				return func() { k.AffineSum(dst, shift, x, relu, size, size, ch) }
			})
		})
	}
}

func BenchmarkReLUCopy(b *testing.B) {
	benchImages(b, 2, func(k *Kernels, size, ch int) func() {
		src, dst := newSource(1).slice(size*size*ch), NewBordered(size, size, ch).Inside()
		return func() { k.ReLUCopy(dst, src, size, size, ch) }
	})
}

func BenchmarkMoments(b *testing.B) {
	benchImages(b, 1, func(k *Kernels, size, ch int) func() {
		r := newSource(1)
		x, pivot, sum, squares := r.slice(size*size*ch), r.slice(ch), r.slice(ch), r.slice(ch)
		return func() { k.Moments(sum, squares, x, pivot, size*size, ch) }
	})
}

func BenchmarkGradSums(b *testing.B) {
	benchImages(b, 2, func(k *Kernels, size, ch int) func() {
		r := newSource(1)
		n := size * size * ch
		dy, z, mean, sum, dot := r.slice(n), r.slice(n), r.slice(ch), r.slice(ch), r.slice(ch)
		return func() { k.GradSums(sum, dot, dy, z, mean, size*size, ch) }
	})
}

func BenchmarkNormGrad(b *testing.B) {
	benchImages(b, 3, func(k *Kernels, size, ch int) func() {
		r := newSource(1)
		n := size * size * ch
		dst := NewBordered(size, size, ch).Inside()
		dy, z, x, y, one := r.slice(n), r.slice(n), r.slice(ch), r.slice(ch), r.slice(ch)
		return func() { k.NormGrad(dst, dy, z, x, y, one, size, size, ch) }
	})
}

func BenchmarkMaskedSum(b *testing.B) {
	benchImages(b, 4, func(k *Kernels, size, ch int) func() {
		r := newSource(1)
		n := size * size * ch
		dst, g, y, terms := r.slice(n), r.slice(n), r.slice(n), [][]float32{r.slice(n)}
		return func() { k.MaskedSum(dst, g, y, terms, n) }
	})
}

func BenchmarkAvgPool(b *testing.B) {
	benchImages(b, 2, func(k *Kernels, size, ch int) func() {
		r := newSource(1)
		n := size * size * ch
		dst, src, work := r.slice(n), r.slice(n), r.slice(size*ch)
		return func() { k.AvgPool(dst, src, work, size, size, ch, false) }
	})
}

func BenchmarkAvgPoolGrad(b *testing.B) {
	benchImages(b, 3, func(k *Kernels, size, ch int) func() {
		r := newSource(1)
		n := size * size * ch
		dst, dy, work := r.slice(n), r.slice(n), r.slice(size*ch)
		return func() { k.AvgPoolGrad(dst, dy, work, size, size, ch, true) }
	})
}
