package train

import (
	"fmt"
	"time"

	"cellnet/internal/ops"
	"cellnet/models"
)

// score adds up losses and right answers over batches.
type score struct {
	n, top1, top5 int
	loss          float64 // sum over images
}

// add takes what a network's last run gave for the images of the labels. Losses
// are added image by image, so that the sum does not depend on the batches.
func (s *score) add(net *models.Network, labels []int) error {
	logits, ok := net.Logits.Value().Data().([]float32)
	if !ok {
		return fmt.Errorf("logits are a %v, want a float32 tensor", net.Logits.Value().Dtype())
	}
	classes, smoothing := net.Parameters().Network().Classes, net.Smoothing()
	for i, label := range labels {
		own := logits[i*classes:][:classes]
		s.n++
		s.loss += ops.CrossEntropy(own, label, smoothing)
		rank := rankOf(own, label)
		if rank < 1 {
			s.top1++
		}
		if rank < 5 {
			s.top5++
		}
	}
	return nil
}

// rankOf counts the classes that rank above the label; a label whose logit is
// not a number is last.
func rankOf(logits []float32, label int) int {
	own := logits[label]
	if own != own {
		return len(logits) + 5
	}
	rank := 0
	for class, v := range logits {
		if v > own || v == own && class < label || v != v {
			rank++
		}
	}
	return rank
}

func (s *score) metrics(took time.Duration) Metrics {
	n := float64(s.n)
	return Metrics{
		N: s.n, Loss: s.loss / n, Top1: 100 * float64(s.top1) / n, Top5: 100 * float64(s.top5) / n,
		Seconds: took.Seconds(),
	}
}
