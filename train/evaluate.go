package train

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"cellnet/data"
	"cellnet/models"

	"gorgonia.org/gorgonia"
)

// Metrics are means over the images of one pass over a set.
type Metrics struct {
	N       int     // images
	Loss    float64 // cross entropy
	Top1    float64 // accuracy in percent
	Top5    float64 // accuracy in percent; 100 with five classes or fewer
	Seconds float64 // of the batches, including the wait for their images
}

// EvaluationHooks are called while a set is evaluated; any may be nil.
type EvaluationHooks struct {
	// OnBatch is told how many images a batch had and how long the network
	// worked on it, without the wait for its images.
	OnBatch func(images int, work time.Duration)
}

// Evaluate runs batches through a network in evaluation mode, whose parameters
// must not change meanwhile. Batches larger than the network's capacity are
// taken in parts. Evaluate returns early, with ctx's error, when ctx is done.
//
// An image counts as right if its label's logit is the highest, or among the
// five highest. Of equal logits that of the lower class ranks higher. A logit
// that is not a number ranks above all others, but is never right.
func Evaluate(ctx context.Context, net *models.Network, batches iter.Seq2[data.Batch, error], hooks EvaluationHooks) (Metrics, error) {
	vm := gorgonia.NewTapeMachine(net.Graph)
	defer vm.Close()
	net.Freeze(true)
	defer net.Freeze(false)
	var s score
	start := time.Now()
	for batch, err := range batches {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return Metrics{}, fmt.Errorf("evaluating: %w", err)
		}
		began := time.Now()
		if err := evaluateBatch(net, vm, batch, &s); err != nil {
			return Metrics{}, fmt.Errorf("evaluating batch %d: %w", batch.Step, err)
		}
		if hooks.OnBatch != nil {
			hooks.OnBatch(len(batch.Labels), time.Since(began))
		}
	}
	if s.n == 0 {
		return Metrics{}, errors.New("evaluating: no images")
	}
	return s.metrics(time.Since(start)), nil
}

func evaluateBatch(net *models.Network, vm gorgonia.VM, batch data.Batch, s *score) error {
	if len(batch.Labels) == 0 {
		return errors.New("no images")
	}
	size := len(batch.Input) / len(batch.Labels)
	for from := 0; from < len(batch.Labels); from += net.Capacity() {
		end := min(from+net.Capacity(), len(batch.Labels))
		labels := batch.Labels[from:end]
		if err := net.SetBatch(batch.Input[from*size:end*size], labels); err != nil {
			return err
		}
		err := vm.RunAll()
		vm.Reset()
		if err != nil {
			return err
		}
		if err := s.add(net, labels); err != nil {
			return err
		}
	}
	return nil
}
