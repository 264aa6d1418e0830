package collect

import (
	"context"
	"fmt"
	"iter"
	"time"

	"cellnet/cell"
	"cellnet/data"
	"cellnet/models"
	"cellnet/train"
	"cellnet/weights"
)

// latencyBatch is the number of images of a batch whose latency is measured, that
// of the benchmark's recipe.
const latencyBatch = data.DefaultBatchSize

// measureLatency gives the seconds of evaluating each of some batches of 256
// images, as the published program does: without the wait for the images, and
// without the first batch if there are more than two.
func measureLatency(ctx context.Context, net cell.Network, d data.Dataset, state *weights.StateDict, batches int) ([]float64, error) {
	params, err := models.FromStateDict(net, state)
	if err != nil {
		return nil, err
	}
	network, err := models.New(params, models.Options{Side: d.Side(), Capacity: models.EvaluationCapacity()})
	if err != nil {
		return nil, err
	}
	predictor := models.NewPredictor(network)
	defer predictor.Close()
	var seconds []float64
	_, err = train.Evaluate(ctx, predictor, noise(d, batches), train.EvaluationHooks{OnBatch: func(_ int, work time.Duration) {
		seconds = append(seconds, work.Seconds())
	}})
	if err != nil {
		return nil, fmt.Errorf("measuring the latency: %w", err)
	}
	if len(seconds) > 2 {
		seconds = seconds[1:]
	}
	return seconds, nil
}

// noise yields batches of images whose contents don't matter.
func noise(d data.Dataset, batches int) iter.Seq2[data.Batch, error] {
	input := make([]float32, latencyBatch*3*d.Side()*d.Side())
	for i := range input {
		input[i] = float32(i*7%31)/15 - 1
	}
	labels := make([]int, latencyBatch)
	return func(yield func(data.Batch, error) bool) {
		for step := range batches {
			if !yield(data.Batch{Step: step, Input: input, Labels: labels}, nil) {
				return
			}
		}
	}
}
