package speed

import (
	"fmt"
	"math/rand/v2"

	"cellnet/cell"
	"cellnet/models"
	"cellnet/train"

	"gorgonia.org/gorgonia"
)

// The networks.
const (
	classes  = 10
	side     = 32
	imageLen = 3 * side * side
	seed     = 777
)

// batch is images with their labels.
type batch struct {
	images []float32
	labels []int
}

func newBatch(n int) batch {
	b := batch{make([]float32, n*imageLen), make([]int, n)}
	r := rand.New(rand.NewPCG(seed, 0))
	for i := range b.images {
		b.images[i] = float32(r.NormFloat64())
	}
	for i := range b.labels {
		b.labels[i] = r.IntN(classes)
	}
	return b
}

// runner is a network at work on a batch.
type runner struct {
	step  func() error
	close func() error
}

// newTraining prepares steps of the benchmark's optimizer.
func newTraining(config cell.Network, b batch) (runner, error) {
	params, err := models.Initialize(config, seed)
	if err != nil {
		return runner{}, err
	}
	net, err := models.New(params, models.Options{Side: side, Capacity: len(b.labels), Mode: models.Training})
	if err != nil {
		return runner{}, err
	}
	if _, err := gorgonia.Grad(net.Loss, net.Learnables()...); err != nil {
		return runner{}, fmt.Errorf("differentiating the network: %w", err)
	}
	vm := gorgonia.NewTapeMachine(net.Graph, gorgonia.BindDualValues(net.Learnables()...))
	solver := &train.SGD{Rate: 0.1, Momentum: 0.9, Decay: 5e-4, Nesterov: true}
	learnables := gorgonia.NodesToValueGrads(net.Learnables())
	step := func() error {
		if err := net.SetBatch(b.images, b.labels); err != nil {
			return err
		}
		if err := vm.RunAll(); err != nil {
			return err
		}
		defer vm.Reset()
		return solver.Step(learnables)
	}
	return runner{step, vm.Close}, nil
}

// newEvaluation prepares the evaluation of a batch in parts whose activations
// fit in the processors' caches.
func newEvaluation(config cell.Network, b batch) (runner, error) {
	params, err := models.Initialize(config, seed)
	if err != nil {
		return runner{}, err
	}
	part := min(len(b.labels), models.EvaluationCapacity())
	net, err := models.New(params, models.Options{Side: side, Capacity: part, Mode: models.Evaluation})
	if err != nil {
		return runner{}, err
	}
	net.Freeze(true)
	vm := gorgonia.NewTapeMachine(net.Graph)
	step := func() error {
		for from := 0; from < len(b.labels); from += part {
			to := min(from+part, len(b.labels))
			if err := net.SetBatch(b.images[from*imageLen:to*imageLen], b.labels[from:to]); err != nil {
				return err
			}
			if err := vm.RunAll(); err != nil {
				return err
			}
			vm.Reset()
		}
		return nil
	}
	return runner{step, vm.Close}, nil
}
