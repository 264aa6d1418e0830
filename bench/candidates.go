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
		indexes, err := b.scope(q.Scope)
		if err != nil {
			yield(Candidate{}, err)
			return
		}
		if s, ok := b.from.(*store); ok && len(indexes) > archsPerGroup {
			s.readAhead(q.Set)
		}
		reader := lastReader{b: b, only: q.Set}
		for _, i := range indexes {
			c, fits, err := q.candidate(&reader, i)
			if errors.Is(err, ErrMissing) {
				continue
			}
			if err != nil {
				yield(Candidate{}, err)
				return
			}
			if fits && !yield(c, nil) {
				return
			}
		}
	}
}

// candidate reads an architecture, and tells whether it is within the limits.
func (q BestQuery) candidate(reader *lastReader, index int) (c Candidate, fits bool, err error) {
	trials, seeds, err := reader.trials(index, q.Dataset, q.HP)
	if err != nil {
		return c, false, err
	}
	api := reader.b.API()
	costs := make([]costed, len(trials))
	for k, t := range trials {
		costs[k] = t.cost(api)
	}
	total, err := costOf(api, costs)
	if err != nil {
		return c, false, onDataset(index, q.Dataset, err)
	}
	m, err := metricsOf(api, trials, seeds, q.Set, Epoch{}, Choice{})
	if err != nil {
		return c, false, onDataset(index, q.Dataset, err)
	}
	return Candidate{index, m.Accuracy, total.FLOPs, total.Params}, q.within(total.FLOPs, total.Params), nil
}
