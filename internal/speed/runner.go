package speed

import (
	"math/rand/v2"

	"cellnet/cell/spec"
	"cellnet/models"
	"cellnet/train"
)

// The images.
const (
	side     = 32
	imageLen = 3 * side * side
	seed     = 777
)

// batch is images with their labels.
type batch struct {
	images []float32
	labels []int
}

func newBatch(n, classes int) batch {
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

// graphOfTraining and graphOfEvaluation say how the networks are built.
func graphOfTraining(batch int) models.Options {
	return models.Options{Side: side, Capacity: batch, Norm: models.NormByBatch, Gradients: true}
}

// Evaluation goes by parts whose activations fit in the processors' caches.
func graphOfEvaluation(batch int) models.Options {
	return models.Options{Side: side, Capacity: min(batch, models.EvaluationCapacity())}
}

// newTraining prepares steps of the benchmark's optimizer.
func newTraining(config spec.Network, b batch) (runner, error) {
	params, err := models.Initialize(config, seed)
	if err != nil {
		return runner{}, err
	}
	net, err := models.New(params, graphOfTraining(len(b.labels)))
	if err != nil {
		return runner{}, err
	}
	stepper, err := models.NewStepper(net, net.Loss)
	if err != nil {
		return runner{}, err
	}
	solver := &train.SGD{Rate: 0.1, Momentum: 0.9, Decay: 5e-4, Nesterov: true}
	step := func() error {
		if err := stepper.Run(b.images, b.labels); err != nil {
			return err
		}
		return solver.Step(stepper.Learnables())
	}
	return runner{step, stepper.Close}, nil
}

// newEvaluation prepares the evaluation of a batch.
func newEvaluation(config spec.Network, b batch) (runner, error) {
	params, err := models.Initialize(config, seed)
	if err != nil {
		return runner{}, err
	}
	net, err := models.New(params, graphOfEvaluation(len(b.labels)))
	if err != nil {
		return runner{}, err
	}
	predictor := models.NewPredictor(net)
	step := func() error {
		_, err := predictor.Predict(b.images)
		return err
	}
	return runner{step, predictor.Close}, nil
}
