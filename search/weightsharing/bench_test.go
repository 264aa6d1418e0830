package weightsharing

import (
	"testing"

	"cellnet/data"
	"cellnet/models"
)

// BenchmarkStep is a step of each algorithm on the supernet of the published size.
func BenchmarkStep(b *testing.B) {
	const images, classes, side = 64, 10, 32
	batch := data.Batch{Input: make([]float32, images*3*side*side), Labels: make([]int, images)}
	for i := range batch.Input {
		batch.Input[i] = float32(i*7919%1013)/506 - 1
	}
	for i := range batch.Labels {
		batch.Labels[i] = i % classes
	}
	for _, a := range Algorithms() {
		b.Run(a.String(), func(b *testing.B) {
			r := DefaultRun(a)
			e, err := newEngine(r, Shape{Classes: classes, Side: side, Batch: images, EvaluationBatch: images, Kernels: models.AnyISA}, Supernets{})
			if err != nil {
				b.Fatal(err)
			}
			rate := e.begin(r, r.Epochs/2)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := e.method.step(batch, batch, rate); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
