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

func BenchmarkWinogradWeightGradAtOnce(b *testing.B) {
	benchWinograd(b, func(k *Kernels, g *Winograd, out int) func() {
		r := newSource(1)
		in, dw, dz := r.slice(g.Images*g.InImage), r.slice(9*g.In*out), r.slice(g.Images*g.OutImage)
		var work WinogradWork
		return func() { k.WinogradWeightGradAtOnce(g, &work, dw, in, dz, out) }
	})
}

// benchWeights times f on the weights of every shape of the network: w with
// three convolutions' outputs and their transform u, of which each number is
// read or written once.
func benchWeights(b *testing.B, f func(k *Kernels, g *Winograd, u, w []float32, out int)) {
	eachBenchISA(b, func(b *testing.B, k *Kernels) {
		for _, s := range networkShapes {
			b.Run(fmt.Sprintf("%dto%d", s.in, 3*s.out), func(b *testing.B) {
				g, out, r := &Winograd{In: s.in}, 3*s.out, newSource(1)
				u, w := r.slice(g.TransformedLen(out)), r.slice(9*s.in*out)
				b.SetBytes(int64(4 * (len(u) + len(w))))
				for b.Loop() {
					f(k, g, u, w, out)
				}
			})
		}
	})
}

func BenchmarkWinogradWeights(b *testing.B) {
	benchWeights(b, func(k *Kernels, g *Winograd, u, w []float32, out int) { k.WinogradWeights(g, u, w, out) })
}

func BenchmarkWinogradWeightGradEnd(b *testing.B) {
	benchWeights(b, func(k *Kernels, g *Winograd, u, w []float32, out int) { k.WinogradWeightGradEnd(g, w, u, out) })
}

func BenchmarkPacking(b *testing.B) {
	const ch, taps = 64, 9
	r := newSource(1)
	w, packed := r.slice(ch*ch*taps), r.slice(ch*ch*taps)
	for name, f := range map[string]func(){
		"PackWeights":    func() { PackWeights(packed, w, ch, ch, taps, ch, 0, nil) },
		"PackTransposed": func() { PackTransposed(packed, w, ch, ch, taps, ch, ch, 0) },
		"UnpackWeights":  func() { UnpackWeights(w, packed, ch, ch, taps, ch, 0) },
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(2 * 4 * ch * ch * taps)
			for b.Loop() {
				f()
			}
		})
	}
}
