package train

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"cellnet/data"
	"cellnet/models"
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

// Evaluate runs batches through a network, by its parameters as they are now,
// which must not change meanwhile. Evaluate returns early, with ctx's error, when
// ctx is done.
//
// An image counts as right if its label's logit is the highest, or among the
// five highest. Of equal logits that of the lower class ranks higher. A logit
// that is not a number ranks above all others, but is never right.
func Evaluate(ctx context.Context, p *models.Predictor, batches iter.Seq2[data.Batch, error], hooks EvaluationHooks) (Metrics, error) {
	p.Refresh()
	var s Score
	start := time.Now()
	for batch, err := range batches {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return Metrics{}, fmt.Errorf("evaluating: %w", err)
		}
		began := time.Now()
		if err := evaluateBatch(p, batch, &s); err != nil {
			return Metrics{}, fmt.Errorf("evaluating batch %d: %w", batch.Step, err)
		}
		if hooks.OnBatch != nil {
			hooks.OnBatch(len(batch.Labels), time.Since(began))
		}
	}
	if s.N == 0 {
		return Metrics{}, errors.New("evaluating: no images")
	}
	return s.Metrics(time.Since(start)), nil
}

func evaluateBatch(p *models.Predictor, batch data.Batch, s *Score) error {
	logits, err := p.Predict(batch.Input)
	if err != nil {
		return err
	}
	classes := p.Network().Parameters().Network().NumClasses()
	if images := len(logits) / classes; len(batch.Labels) != images {
		return fmt.Errorf("%d images with %d labels", images, len(batch.Labels))
	}
	for i, label := range batch.Labels {
		if label < 0 || label >= classes {
			return fmt.Errorf("label %d of image %d is outside 0..%d", label, i, classes-1)
		}
	}
	s.Add(logits, batch.Labels, p.Network().Smoothing())
	return nil
}
