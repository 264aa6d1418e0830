package train

import (
	"time"

	"cellnet/internal/ops"
)

// score adds up losses and right answers over batches.
type score struct {
	n, top1, top5 int
	loss          float64 // sum over images
}

// add takes the logits [images][classes] for the images of the labels. Losses
// are added image by image, so that the sum does not depend on the batches.
func (s *score) add(logits []float32, labels []int, smoothing float64) {
	classes := len(logits) / len(labels)
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
