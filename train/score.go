package train

import (
	"time"

	"cellnet/internal/ops"
)

// Score adds up losses and right answers over batches. The zero value is ready to
// use.
type Score struct {
	N    int     `json:"n"`    // images
	Top1 int     `json:"top1"` // right answers; see Evaluate
	Top5 int     `json:"top5"` // labels among the five best
	Loss float64 `json:"loss"` // sum over the images
}

// Add takes the logits [images][classes] for the images of the labels. Losses
// are added image by image, so that the sum does not depend on the batches.
func (s *Score) Add(logits []float32, labels []int, smoothing float64) {
	classes := len(logits) / len(labels)
	for i, label := range labels {
		own := logits[i*classes:][:classes]
		s.N++
		s.Loss += ops.CrossEntropy(own, label, smoothing)
		rank := rankOf(own, label)
		if rank < 1 {
			s.Top1++
		}
		if rank < 5 {
			s.Top5++
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

// Metrics are the means, of batches that took so long.
func (s *Score) Metrics(took time.Duration) Metrics {
	n := float64(s.N)
	return Metrics{
		N: s.N, Loss: s.Loss / n, Top1: 100 * float64(s.Top1) / n, Top5: 100 * float64(s.Top5) / n,
		Seconds: took.Seconds(),
	}
}
