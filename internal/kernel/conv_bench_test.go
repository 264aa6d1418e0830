package kernel

import (
	"fmt"
	"testing"
)

// networkShapes are the convolutions of the benchmark's network: one to three
// edges that leave a node together, and the gradient of three into one.
var networkShapes = []struct{ size, in, out int }{
	{32, 16, 16}, {32, 16, 32}, {32, 16, 48}, {32, 32, 16}, {32, 48, 16},
	{16, 32, 32}, {16, 32, 64}, {16, 32, 96}, {16, 96, 32},
	{8, 64, 64}, {8, 64, 128}, {8, 64, 192}, {8, 192, 64},
}

// eachBenchISA runs a benchmark on every implementation.
func eachBenchISA(b *testing.B, bench func(b *testing.B, k *Kernels)) {
	for _, isa := range Supported() {
		k, err := For(isa)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(isa.String(), func(b *testing.B) { bench(b, k) })
	}
}

// benchConv times f on every shape, with flops counted for the convolution.
func benchConv(b *testing.B, kernels []int, f func(g *Conv, size, in, out int) func()) {
	for _, s := range networkShapes {
		for _, kernel := range kernels {
			b.Run(fmt.Sprintf("%dx%d/%dx%dx%dto%d", kernel, kernel, s.size, s.size, s.in, s.out), func(b *testing.B) {
				in := NewBordered(s.size, s.size, s.in).Whole()
				if kernel == 1 {
					in = Dense(in.Data, s.size, s.in)
				}
				g := &Conv{Rows: s.size, Cols: s.size, In: s.in, InPixel: in.Pixel, InRow: in.Row, Taps: taps(kernel, in), OutPixel: Lane, OutRow: s.size * Lane}
				run := f(g, s.size, s.in, s.out)
				b.ReportAllocs()
				for b.Loop() {
					run()
				}
				flops := 2 * float64(s.size*s.size*kernel*kernel*s.in*s.out)
				b.ReportMetric(flops*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GFLOP/s")
			})
		}
	}
}

func BenchmarkConv(b *testing.B) {
	eachBenchISA(b, func(b *testing.B, k *Kernels) {
		benchConv(b, []int{1, 3}, func(g *Conv, size, in, out int) func() {
			x, w := make([]float32, (size+2)*(size+2)*in), make([]float32, len(g.Taps)*in*out)
			z := make([][]float32, out/Lane)
			for i := range z {
				z[i] = make([]float32, size*size*Lane)
			}
			return func() { k.Conv(g, z, x, w, false) }
		})
	})
}

func BenchmarkWeightGrad(b *testing.B) {
	eachBenchISA(b, func(b *testing.B, k *Kernels) {
		benchConv(b, []int{1, 3}, func(g *Conv, size, in, out int) func() {
			x, dw := make([]float32, (size+2)*(size+2)*in), make([]float32, len(g.Taps)*in*out)
			dz := Dense(make([]float32, size*size*out), size, out)
			return func() { k.WeightGrad(g, dw, x, dz, out) }
		})
	})
}
