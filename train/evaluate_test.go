package train

import (
	"context"
	"errors"
	"iter"
	"math"
	"testing"
	"time"

	"cellnet/cell"
	"cellnet/data"
	"cellnet/models"
)

// smallConfig is a network that runs in a moment.
func smallConfig(t testing.TB, classes int) cell.Network {
	t.Helper()
	c, err := cell.Parse("|nor_conv_3x3~0|+|skip_connect~0|nor_conv_1x1~1|+|avg_pool_3x3~0|nor_conv_1x1~1|skip_connect~2|")
	if err != nil {
		t.Fatal(err)
	}
	return network(t, c, 4, 1, classes)
}

func network(t testing.TB, c cell.Cell, channels, cells, classes int) cell.Network {
	t.Helper()
	n, err := cell.NewNetwork(c, channels, cells, classes)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// syntheticBatches are the first images of the synthetic test set.
func syntheticBatches(t testing.TB, images, size int) func(ctx context.Context) iter.Seq2[data.Batch, error] {
	t.Helper()
	source, err := data.Open(data.Synthetic, data.Options{Synthetic: data.SyntheticSize{Train: 1, Test: images}})
	if err != nil {
		t.Fatal(err)
	}
	set, err := source.Load(data.OriTest)
	if err != nil {
		t.Fatal(err)
	}
	loader, err := data.NewLoader(set, data.LoaderConfig{BatchSize: size, Normalization: data.Synthetic.Normalization()})
	if err != nil {
		t.Fatal(err)
	}
	return func(ctx context.Context) iter.Seq2[data.Batch, error] { return loader.Epoch(ctx, 0, 0) }
}

func newPredictor(t testing.TB, params *models.Parameters, capacity int) *models.Predictor {
	t.Helper()
	net, err := models.New(params, models.Options{Side: 32, Capacity: capacity})
	if err != nil {
		t.Fatal(err)
	}
	p := models.NewPredictor(net)
	t.Cleanup(func() { p.Close() })
	return p
}

// TestEvaluate compares with losses and accuracies taken image by image.
func TestEvaluate(t *testing.T) {
	params, err := models.Initialize(smallConfig(t, 10), 777)
	if err != nil {
		t.Fatal(err)
	}
	const images = 43
	batches := syntheticBatches(t, images, 10)
	var want Metrics
	single := newPredictor(t, params, 1)
	for batch := range syntheticBatches(t, images, 1)(t.Context()) {
		logits, err := single.Predict(batch.Input)
		if err != nil {
			t.Fatal(err)
		}
		var sum float64
		higher := 0
		for _, v := range logits {
			sum += math.Exp(float64(v))
			if v > logits[batch.Labels[0]] {
				higher++
			}
		}
		want.N++
		want.Loss += (math.Log(sum) - float64(logits[batch.Labels[0]])) / images
		if higher == 0 {
			want.Top1 += 100.0 / images
		}
		if higher < 5 {
			want.Top5 += 100.0 / images
		}
	}
	for _, capacity := range []int{1, 7, 16} { // smaller and larger than the batches
		var sizes []int
		got, err := Evaluate(t.Context(), newPredictor(t, params, capacity), batches(t.Context()), EvaluationHooks{
			OnBatch: func(images int, work time.Duration) {
				if work <= 0 {
					t.Errorf("a batch took %v", work)
				}
				sizes = append(sizes, images)
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		if got.N != want.N || math.Abs(got.Loss-want.Loss) > 1e-5 || math.Abs(got.Top1-want.Top1) > 1e-9 || math.Abs(got.Top5-want.Top5) > 1e-9 {
			t.Errorf("capacity %d: %+v, want %+v", capacity, got, want)
		}
		if got.Seconds <= 0 {
			t.Errorf("capacity %d: took %g s", capacity, got.Seconds)
		}
		if len(sizes) != 5 || sizes[0] != 10 || sizes[4] != 3 {
			t.Errorf("capacity %d: OnBatch saw batches of %v images, want 10 10 10 10 3", capacity, sizes)
		}
	}
}

func TestEvaluateStops(t *testing.T) {
	params, err := models.Initialize(smallConfig(t, 10), 777)
	if err != nil {
		t.Fatal(err)
	}
	net := newPredictor(t, params, 16)
	ctx, cancel := context.WithCancel(t.Context())
	batches := 0
	_, err = Evaluate(ctx, net, syntheticBatches(t, 64, 16)(ctx), EvaluationHooks{
		OnBatch: func(int, time.Duration) { batches++; cancel() },
	})
	if !errors.Is(err, context.Canceled) || batches != 1 {
		t.Errorf("error is %v after %d batches, want the context's after 1", err, batches)
	}
	none := func(func(data.Batch, error) bool) {}
	if _, err := Evaluate(t.Context(), net, none, EvaluationHooks{}); err == nil {
		t.Error("evaluating no images gives no error")
	}
}
