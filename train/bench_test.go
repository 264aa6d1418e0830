package train

import (
	"slices"
	"testing"
	"time"

	"cellnet/cell"
	"cellnet/data"
	"cellnet/models"
)

// BenchmarkEpoch takes epochs of steps on batches that are loaded and augmented as
// they are needed, in turn with steps on batches that are there already: "loaded/premade"
// is how much longer the former take.
func BenchmarkEpoch(b *testing.B) {
	c, err := cell.FromIndex(1)
	if err != nil {
		b.Fatal(err)
	}
	run := Run{Net: cell.Benchmark(c, 10), Dataset: data.Synthetic, Recipe: preset(b, 1), Seed: 777}
	trainer := newTrainer(b, run, smallData(b, 256*4, 1), Options{})
	m, err := trainer.newMachine()
	if err != nil {
		b.Fatal(err)
	}
	defer m.close()
	images := 0
	step := func(batch data.Batch) {
		trainer.state.step %= trainer.loader.Steps()
		if _, err := trainer.step(m, batch); err != nil {
			b.Fatal(err)
		}
		images += len(batch.Labels)
	}
	var premade []data.Batch
	for batch := range trainer.loader.Epoch(b.Context(), 0, 0) {
		premade = append(premade, data.Batch{Input: slices.Clone(batch.Input), Labels: slices.Clone(batch.Labels)})
	}
	step(premade[0]) // sets up memory
	images = 0
	var loaded, there time.Duration
	for b.Loop() {
		start := time.Now()
		for batch, err := range trainer.loader.Epoch(b.Context(), 0, 0) {
			if err != nil {
				b.Fatal(err)
			}
			step(batch)
		}
		middle := time.Now()
		for _, batch := range premade {
			step(batch)
		}
		loaded += middle.Sub(start)
		there += time.Since(middle)
	}
	b.ReportMetric(float64(images)/(loaded+there).Seconds(), "images/s")
	b.ReportMetric(loaded.Seconds()/there.Seconds(), "loaded/premade")
}

// BenchmarkSGD steps on the parameters of the benchmark's network.
func BenchmarkSGD(b *testing.B) {
	c, err := cell.FromIndex(1)
	if err != nil {
		b.Fatal(err)
	}
	params, err := models.Initialize(cell.Benchmark(c, 10), 777)
	if err != nil {
		b.Fatal(err)
	}
	var model []fakeNode
	numbers := 0
	for _, e := range params.Tensors() {
		if e.Kind.Learnable() {
			model = append(model, newFake(e.Name, make([]float32, e.Len())...))
			numbers += e.Len()
		}
	}
	b.SetBytes(int64(4 * numbers))
	b.ReportAllocs()
	optimizer := &SGD{Rate: 0.1, Momentum: 0.9, Decay: 5e-4, Nesterov: true}
	for b.Loop() {
		for _, p := range model {
			if err := optimizer.Step(p.list()); err != nil {
				b.Fatal(err)
			}
		}
	}
}
