package kernel

import (
	"fmt"
	"testing"
)

// benchWinograd times f on every shape of the network and several numbers of
// images a call, with the direct convolution's flops.
func benchWinograd(b *testing.B, f func(k *Kernels, g *Winograd, out int) func()) {
	eachBenchISA(b, func(b *testing.B, k *Kernels) {
		for _, s := range networkShapes {
			for _, images := range []int{1, 4, 16} {
				b.Run(fmt.Sprintf("%dx%dx%dx%dto%d", images, s.size, s.size, s.in, s.out), func(b *testing.B) {
					g := &Winograd{
						Images: images, Rows: s.size, Cols: s.size, In: s.in, ReLU: true,
						InPixel: s.in, InRow: s.in * s.size, InImage: s.in * s.size * s.size,
						OutPixel: s.out, OutRow: s.out * s.size, OutImage: s.out * s.size * s.size,
					}
					run := f(k, g, s.out)
					b.ReportAllocs()
					for b.Loop() {
						run()
					}
					flops := 2 * float64(images*s.size*s.size*9*s.in*s.out)
					b.ReportMetric(flops*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GFLOP/s")
				})
			}
		}
	})
}

func BenchmarkWinogradConv(b *testing.B) {
	benchWinograd(b, func(k *Kernels, g *Winograd, out int) func() {
		r := newSource(1)
		in, u, z := r.slice(g.Images*g.InImage), r.slice(g.TransformedLen(out)), r.slice(g.Images*g.OutImage)
		var blocks [][]float32
		for o := 0; o < out; o += Lane {
			blocks = append(blocks, z[o:])
		}
		var work WinogradWork
		return func() { k.WinogradConv(g, &work, blocks, in, u, false) }
	})
}

func BenchmarkWinogradWeightGrad(b *testing.B) {
	benchWinograd(b, func(k *Kernels, g *Winograd, out int) func() {
		r := newSource(1)
		in, du, dz := r.slice(g.Images*g.InImage), r.slice(g.TransformedLen(out)), r.slice(g.Images*g.OutImage)
		var work WinogradWork
		return func() { k.WinogradWeightGrad(g, &work, du, in, dz, out) }
	})
}
