package block

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"cellnet/cell"
	"cellnet/internal/kernel"
)

// benchCells times f on cells of one operation at the three stages of the
// benchmark's network. f makes a step of n images; the GFLOP/s are those of
// direct convolution, passes times those of a forward pass.
func benchCells(b *testing.B, passes int, batches []int, f func(k *kernel.Kernels, c cell.Cell, side, channels, n int) (step func())) {
	for _, isa := range kernel.Supported() {
		k, err := kernel.For(isa)
		if err != nil {
			b.Fatal(err)
		}
		for _, op := range []cell.Op{cell.NorConv3x3, cell.NorConv1x1, cell.AvgPool3x3, cell.SkipConnect} {
			c := parse(b, fmt.Sprintf("|%[1]v~0|+|%[1]v~0|%[1]v~1|+|%[1]v~0|%[1]v~1|%[1]v~2|", op))
			for _, s := range []struct{ side, channels int }{{32, 16}, {16, 32}, {8, 64}} {
				for _, n := range batches {
					b.Run(fmt.Sprintf("%v/%v/%dx%dx%dx%d", isa, op, n, s.side, s.side, s.channels), func(b *testing.B) {
						step := f(k, c, s.side, s.channels, n)
						step()
						b.ReportAllocs()
						for b.Loop() {
							step()
						}
						seconds := b.Elapsed().Seconds() / float64(b.N)
						b.ReportMetric(float64(n)/seconds, "images/s")
						if op.IsConv() {
							taps := map[cell.Op]int{cell.NorConv3x3: 9, cell.NorConv1x1: 1}[op]
							flops := 2 * float64(passes*c.NumEdges()*n*s.side*s.side*taps*s.channels*s.channels)
							b.ReportMetric(flops/seconds/1e9, "GFLOP/s")
						}
					})
				}
			}
		}
	}
}

// benchParams are those of a cell's convolutions.
func benchParams(r *rand.Rand, c cell.Cell, channels int) []ConvNorm {
	var params []ConvNorm
	for _, e := range c.Edges() {
		if e.Op.IsConv() {
			_, p := newConvNorm(r, channels, channels, map[cell.Op]int{cell.NorConv1x1: 1, cell.NorConv3x3: 9}[e.Op])
			params = append(params, p)
		}
	}
	return params
}

// BenchmarkCellTraining computes a cell and its gradients. What it allocates
// doesn't depend on the number of images.
func BenchmarkCellTraining(b *testing.B) {
	benchCells(b, 3, []int{16, 64}, func(k *kernel.Kernels, c cell.Cell, side, channels, n int) func() {
		r := rand.New(rand.NewPCG(1, 2))
		block := must(NewCell(NewWorkspace(k, OfBatch), c, side, Widths{channels, channels}, n, benchParams(r, c, channels)))
		x := narrow(random(r, n*side*side*kernel.Pad(channels), 0, 1))
		dy := slices.Clone(x)
		return func() {
			block.Forward(x, n)
			block.Backward(dy, n)
		}
	})
}

// BenchmarkCellEvaluation computes a folded cell.
func BenchmarkCellEvaluation(b *testing.B) {
	benchCells(b, 1, []int{8, 16}, func(k *kernel.Kernels, c cell.Cell, side, channels, n int) func() {
		r := rand.New(rand.NewPCG(1, 2))
		block := must(NewCellEval(NewWorkspace(k, OfBatch), c, side, Widths{channels, channels}, n, benchParams(r, c, channels)))
		block.Fold()
		x := narrow(random(r, n*side*side*kernel.Pad(channels), 0, 1))
		return func() { block.Forward(x, n) }
	})
}
