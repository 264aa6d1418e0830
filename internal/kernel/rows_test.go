package kernel

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

func (r source) doubles(n int) []float64 {
	s := make([]float64, n)
	for i := range s {
		s[i] = r.NormFloat64()
	}
	return s
}

func TestAddRows(t *testing.T) {
	eachISA(t, func(t *testing.T, k *Kernels) {
		r := newSource(3)
		for _, n := range []int{0, 1, 3, 4, 7, 8, 10, 12, 16, 24, 31, 32, 40, 64, 72, 120, 129} {
			for _, count := range []int{0, 1, 2, 3, 5, 8, 9, 16, 33} {
				memory, x, rows := r.doubles(n+2), r.doubles(count), r.doubles(count*n)
				before := slices.Clone(memory)
				k.AddRows(memory[1:][:n], x, rows)
				if memory[0] != before[0] || memory[n+1] != before[n+1] {
					t.Fatalf("%d numbers, %d rows: wrote beside them", n, count)
				}
				for j := range n {
					want, magnitude := before[1+j], math.Abs(before[1+j])
					for i, v := range x {
						want += v * rows[i*n+j]
						magnitude += math.Abs(v * rows[i*n+j])
					}
					if got := memory[1+j]; math.Abs(got-want) > 1e-15*float64(count+1)*magnitude {
						t.Fatalf("%d numbers, %d rows: number %d is %v, want %v", n, count, j, got, want)
					}
				}
			}
		}
	})
}

func BenchmarkAddRows(b *testing.B) {
	eachBenchISA(b, func(b *testing.B, k *Kernels) {
		for _, n := range []int{16, 32, 64} {
			b.Run(fmt.Sprint(n), func(b *testing.B) {
				r := newSource(1)
				dst, x, rows := r.doubles(n), r.doubles(n), r.doubles(n*n)
				b.ReportAllocs()
				for b.Loop() {
					k.AddRows(dst, x, rows)
				}
				b.ReportMetric(2*float64(n*n)*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "Gflop/s")
			})
		}
	})
}
