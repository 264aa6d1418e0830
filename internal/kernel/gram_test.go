package kernel

import (
	"fmt"
	"math"
	"testing"
)

func TestGram(t *testing.T) {
	eachISA(t, func(t *testing.T, k *Kernels) {
		r := newSource(3)
		for _, n := range []int{0, 1, 2, 3, 4, 5, 8, 10, 13, 16} {
			for _, size := range []int{1, 3, 4, 7, 8, 15, 16, 100, gramPiece, gramPiece + 1, 2*gramPiece + 19} {
				rows, memory := r.slice(n*size), r.doubles(n*n+2)
				first, last := memory[0], memory[n*n+1]
				k.Gram(memory[1:n*n+1], rows, n)
				if memory[0] != first || memory[n*n+1] != last {
					t.Fatalf("%d rows of %d: wrote beside them", n, size)
				}
				for i := range n {
					for j := range n {
						var want, magnitude float64
						for l, v := range rows[i*size:][:size] {
							product := float64(v) * float64(rows[j*size+l])
							want += product
							magnitude += math.Abs(product)
						}
						if got := memory[1+i*n+j]; math.Abs(got-want) > 1e-15*float64(size+1)*magnitude {
							t.Fatalf("%d rows of %d: product of %d and %d is %v, want %v", n, size, i, j, got, want)
						}
					}
				}
			}
		}
	})
}

func BenchmarkGram(b *testing.B) {
	eachBenchISA(b, func(b *testing.B, k *Kernels) {
		for _, of := range []struct{ n, size int }{{16, 800000}, {64, 3072}} {
			b.Run(fmt.Sprintf("%dx%d", of.n, of.size), func(b *testing.B) {
				rows, dst := newSource(1).slice(of.n*of.size), make([]float64, of.n*of.n)
				b.ReportAllocs()
				for b.Loop() {
					k.Gram(dst, rows, of.n)
				}
				b.ReportMetric(float64(of.n*(of.n+1)*of.size)*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "Gflop/s")
			})
		}
	})
}
