package models

import (
	"testing"

	"cellnet/cell/twocell"
)

// BenchmarkTwoCells times a step and an evaluation of DARTS_V2's network, C = 16
// and N = 2, on images of CIFAR's size.
func BenchmarkTwoCells(b *testing.B) {
	const side, batch = 32, 64
	g, err := twocell.Named("DARTS_V2")
	if err != nil {
		b.Fatal(err)
	}
	p, err := Initialize(twocell.Network{C: 16, N: 2, StemMultiplier: 3, Classes: 10, Genotype: g}, 1)
	if err != nil {
		b.Fatal(err)
	}
	images, labels := make([]float32, batch*3*side*side), make([]int, batch)
	for i := range images {
		images[i] = float32(i%17)/8 - 1
	}
	report := func(b *testing.B) { b.ReportMetric(float64(batch*b.N)/b.Elapsed().Seconds(), "images/s") }
	b.Run("step", func(b *testing.B) {
		net, err := New(p, Options{Side: side, Capacity: batch, Norm: NormByBatch, Gradients: true})
		if err != nil {
			b.Fatal(err)
		}
		s, err := NewStepper(net, net.Loss)
		if err != nil {
			b.Fatal(err)
		}
		defer s.Close()
		for b.Loop() {
			if err := s.Run(images, labels); err != nil {
				b.Fatal(err)
			}
		}
		report(b)
	})
	b.Run("evaluation", func(b *testing.B) {
		net, err := New(p, Options{Side: side, Capacity: EvaluationCapacity()})
		if err != nil {
			b.Fatal(err)
		}
		predictor := NewPredictor(net)
		defer predictor.Close()
		for b.Loop() {
			if _, err := predictor.Predict(images); err != nil {
				b.Fatal(err)
			}
		}
		report(b)
	})
}
