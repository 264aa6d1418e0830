package speed

import (
	"fmt"
	"testing"

	"cellnet/cell/spec"
)

// benchNetworks times steps of a kind on some of the twelve cells: in training,
// what a step allocates doesn't depend on the batch.
func benchNetworks(b *testing.B, passes float64, batches []int, prepare func(spec.Network, batch) (runner, error)) {
	for _, arch := range Archs()[:5] {
		c := resolve(b, arch)
		config := c.Network(classes)
		index, _ := c.Index()
		for _, n := range batches {
			b.Run(fmt.Sprintf("arch=%d/batch=%d", index, n), func(b *testing.B) {
				r, err := prepare(config, newBatch(n, classes))
				if err != nil {
					b.Fatal(err)
				}
				defer r.close()
				if err := r.step(); err != nil {
					b.Fatal(err)
				}
				b.ReportAllocs()
				for b.Loop() {
					if err := r.step(); err != nil {
						b.Fatal(err)
					}
				}
				images := float64(n) * float64(b.N) / b.Elapsed().Seconds()
				b.ReportMetric(images, "images/s")
				b.ReportMetric(images*passes*2*config.Cost(side).FLOPs/1e3, "GFLOP/s")
			})
		}
	}
}

// BenchmarkTraining takes full training steps.
func BenchmarkTraining(b *testing.B) {
	benchNetworks(b, flopsOfTraining, []int{32, 256}, newTraining)
}

// BenchmarkEvaluation evaluates the images that the processors take at a time.
func BenchmarkEvaluation(b *testing.B) {
	benchNetworks(b, 1, []int{8, 16}, newEvaluation)
}
