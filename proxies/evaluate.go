package proxies

import (
	"errors"
	"fmt"
	"math"

	"cellnet/cell"
	"cellnet/internal/hugepage"
	"cellnet/models"
)

// Evaluator computes scores, of one network at a time, whose memory the next one
// takes. The zero value is ready for use; it is not safe for concurrent use.
type Evaluator struct {
	pool    models.Pool
	seen    *patterns
	floats  []float32
	doubles doubles
}

// buffer returns n numbers of any value, good until the next call.
func (e *Evaluator) buffer(n int) []float32 {
	if cap(e.floats) < n {
		e.floats = hugepage.Floats(n)
	}
	return e.floats[:n]
}

// Parts are a score's summands where it has any: by layer in order of creation,
// by batch norm of zen, by block of AZ-NAS.
type Parts map[Measure][]float64

// Evaluate computes the scores of a network. Measures share their passes: all
// that need a gradient of the loss one forward and backward, and so on.
func (e *Evaluator) Evaluate(t *Task, wanted []Measure) (Scores, error) {
	scores, _, err := e.EvaluateParts(t, wanted)
	return scores, err
}

// EvaluateParts is [Evaluator.Evaluate] with the summands.
func (e *Evaluator) EvaluateParts(t *Task, wanted []Measure) (Scores, Parts, error) {
	r := &run{Evaluator: e, Task: t, wanted: map[Measure]bool{}, scores: Scores{}, parts: Parts{}, layers: layersOf(t.Params)}
	for _, m := range wanted {
		if m >= measures {
			return nil, nil, fmt.Errorf("scoring: %v is unknown", m)
		}
		r.wanted[m] = true
	}
	if _, ok := t.Params.Network().(cell.Network); !ok {
		return nil, nil, errors.New("scoring: only networks of one cell have scores")
	}
	if err := t.validate(r.wanted); err != nil {
		return nil, nil, fmt.Errorf("scoring: %w", err)
	}
	for _, step := range []func() error{r.counts, r.passes, r.synapses, r.zen, r.azNAS} {
		if err := step(); err != nil {
			return nil, nil, fmt.Errorf("scoring: %w", err)
		}
	}
	return r.scores, r.parts, nil
}

// run is one evaluation.
type run struct {
	*Evaluator
	*Task
	wanted map[Measure]bool
	scores Scores
	parts  Parts
	layers []layer
}

// any tells whether one of the measures is wanted.
func (r *run) any(list ...Measure) bool {
	for _, m := range list {
		if r.wanted[m] {
			return true
		}
	}
	return false
}

// keep notes a score that is wanted.
func (r *run) keep(m Measure, s Score) {
	if !r.wanted[m] {
		return
	}
	if s.Defined() && (math.IsNaN(s.Value) || math.IsInf(s.Value, 0)) {
		s = undefined("the score is not finite")
	}
	r.scores[m] = s
}

// keepParts notes a sum.
func (r *run) keepParts(m Measure, p parts) {
	r.keep(m, Score{Value: p.sum()})
	r.parts[m] = p
}

// counts are the scores without a pass.
func (r *run) counts() error {
	net := r.Params.Network()
	cost := net.Cost(r.Batch.Side)
	r.keep(FLOPs, Score{Value: cost.FLOPs})
	r.keep(Params, Score{Value: cost.Params})
	if r.wanted[L2Norm] {
		list := make(parts, len(r.layers))
		for i, l := range r.layers {
			list[i] = normOf(nil, l.weights)
		}
		r.keepParts(L2Norm, list)
	}
	return nil
}

// options are those of a network on as many images.
func (r *run) options(images int) models.LayeredOptions {
	return models.LayeredOptions{Side: r.Batch.Side, Capacity: images, Norm: models.NormByBatch, Simplify: true, Pool: &r.pool}
}

// patternsOf returns the memory of the patterns of an architecture.
func (r *run) patternsOf(times func(string) int) (*patterns, error) {
	if r.seen == nil {
		var err error
		if r.seen, err = newPatterns(); err != nil {
			return nil, err
		}
	}
	r.seen.times = times
	r.seen.reset()
	return r.seen, nil
}

// synapses are the scores without data.
func (r *run) synapses() error {
	defer r.pool.Reset()
	if r.any(SynFlow, LogSynFlow) {
		s, err := newSynapses(r.Params, r.options(1))
		if err != nil {
			return err
		}
		if r.wanted[SynFlow] {
			value, byLayer := s.flow()
			r.keep(SynFlow, Score{Value: value})
			r.parts[SynFlow] = byLayer
		}
		if r.wanted[LogSynFlow] {
			r.keepParts(LogSynFlow, s.logFlow())
		}
	}
	if r.wanted[SynFlowBN] {
		list, err := synFlowBN(r.Params, r.Batch.Side, &r.doubles)
		if err != nil {
			return err
		}
		r.keepParts(SynFlowBN, list)
	}
	return nil
}

func (r *run) zen() error {
	if !r.wanted[Zen] {
		return nil
	}
	defer r.pool.Reset()
	s, scales, err := zen(r.ZenParams, r.options(len(r.ZenImages)/(3*r.Batch.Side*r.Batch.Side)), r.ZenImages, r.ZenNoise)
	if err != nil {
		return err
	}
	r.keep(Zen, s)
	r.parts[Zen] = scales
	return nil
}

func (r *run) azNAS() error {
	if !r.any(Expressivity, Progressivity, Trainability) {
		return nil
	}
	defer r.pool.Reset()
	signs := *r.AZNASSigns
	a, err := newAZNAS(r.AZNASParams, r.options(len(r.AZNASImages)/(3*r.Batch.Side*r.Batch.Side)), r.AZNASImages, &signs, r.wanted[Trainability], r.buffer)
	if err != nil {
		return err
	}
	r.parts[Expressivity], r.parts[Progressivity], r.parts[Trainability] = a.entropies, a.steps, a.train
	if r.any(Expressivity) {
		r.keep(Expressivity, a.expressivity())
	}
	if r.any(Progressivity) {
		r.keep(Progressivity, a.progressivity())
	}
	if r.any(Trainability) {
		r.keep(Trainability, a.trainability())
	}
	return nil
}
