package models_test

import (
	"fmt"
	"log"

	"cellnet/cell"
	"cellnet/models"
)

func small() *models.Parameters {
	c, err := cell.Parse("|nor_conv_1x1~0|+|skip_connect~0|avg_pool_3x3~1|")
	if err != nil {
		log.Fatal(err)
	}
	n, err := cell.NewNetwork(c, 4, 1, 10)
	if err != nil {
		log.Fatal(err)
	}
	params, err := models.Initialize(n, 777)
	if err != nil {
		log.Fatal(err)
	}
	return params
}

// The logits of two images.
func ExamplePredictor() {
	net, err := models.New(small(), models.Options{Side: 8, Capacity: 16})
	if err != nil {
		log.Fatal(err)
	}
	p := models.NewPredictor(net)
	defer p.Close()
	logits, err := p.Predict(make([]float32, 2*3*8*8))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(logits))
	// Output: 20
}

// The gradients of a training step, with what the first cell computed.
func ExampleStepper() {
	net, err := models.New(small(), models.Options{
		Side: 8, Capacity: 2, Norm: models.NormByBatch, Gradients: true, InputGradient: true,
		Trace: func(a models.Activation) {
			if len(a.Module) > 7 && a.Module[:7] == "cells.0" && a.Kind != models.NodeValue {
				fmt.Println(a.Module, a.Gradient, len(a.Numbers()) == a.Images*a.Side*a.Side*a.Pitch)
			}
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	s, err := models.NewStepper(net, net.Loss)
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	if err := s.Run(make([]float32, 2*3*8*8), []int{1, 2}); err != nil {
		log.Fatal(err)
	}
	dx, err := s.InputGradient()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(s.Learnables()), len(dx))
	// Output:
	// cells.0.layers.0.op.0 false true
	// cells.0.layers.0.op.1 false true
	// cells.0.layers.0.op.2 false true
	// cells.0.layers.2.op false true
	// cells.0.layers.0.op.1 true true
	// cells.0.layers.0.op.2 true true
	// cells.0.layers.2.op true true
	// 30 384
}
