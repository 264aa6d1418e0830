package bench

import (
	"errors"
	"iter"
)

// Candidate is an architecture with what Best compares.
type Candidate struct {
	Index    int
	Accuracy float64 // mean top-1 in percent
	FLOPs    float64 // multiply-accumulates in millions
	Params   float64 // parameters in millions
}

// Candidates walks over the architectures that Best looks at and that are within
// the limits, lowest index first. Unlike there, one that lacks the accuracy is
// left out.
func (b *Benchmark) Candidates(q BestQuery) iter.Seq2[Candidate, error] {
	return func(yield func(Candidate, error) bool) {
		for c, err := range b.ranked(q) {
			if errors.Is(err, ErrMissing) {
				continue
			}
			if !yield(c, err) || err != nil {
				return
			}
		}
	}
}
