package weightsharing

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"cellnet/data"
	"cellnet/internal/cputime"
)

// Times are what parts of a search take.
type Times struct {
	// Step is one of both halves, StepCPU what processors worked for it (0 if the
	// system doesn't tell).
	Step, StepCPU time.Duration
	// Candidate is the evaluation of a cell on a batch of the validation set,
	// Validation that of what a batch is validated by.
	Candidate, Validation time.Duration
}

// Epoch is what an epoch of so many steps and batches of the validation set takes.
func (t Times) Epoch(r Run, steps, batches int) time.Duration {
	judged := r.ControllerUpdates * r.ControllerSamples
	if r.Algorithm.searchesCells() {
		judged += max(1, r.Candidates) * max(1, min(r.SameBatches, batches))
	}
	return time.Duration(steps)*t.Step + time.Duration(judged)*t.Candidate + time.Duration(batches)*t.Validation
}

// MeasureOptions say what is measured.
type MeasureOptions struct {
	Shape
	// Evaluation is measured beside steps.
	Evaluation bool
	// Time is what repetitions may take, of steps and of each evaluation; there is
	// one at least.
	Time time.Duration
}

// Measure runs parts of a search on random images, and takes the fastest of the
// repetitions; of processors' time the mean. The epoch is the middle one, so that no
// warm-up is measured.
func Measure(ctx context.Context, r Run, nets Networks, o MeasureOptions) (t Times, err error) {
	fail := func(err error) (Times, error) {
		return Times{}, fmt.Errorf("measuring a search by %v: %w", r.Algorithm, err)
	}
	if err := r.Validate(); err != nil {
		return fail(err)
	}
	e, err := newEngine(r, o.Shape, nets)
	if err != nil {
		return fail(err)
	}
	rate := e.begin(r, r.Epochs/2)
	b := o.random(o.Batch)
	step := func() error {
		_, err := e.method.step(b, b, rate)
		return err
	}
	if t.Step, t.StepCPU, err = repeat(ctx, step, o.Time); err != nil || !o.Evaluation {
		if err != nil {
			return fail(err)
		}
		return t, nil
	}
	b = o.random(o.EvaluationBatch)
	var chosen choice
	if m, ok := e.method.(cellMethod); ok {
		chosen.ops = m.candidates(1)[0]
		candidate := func() error {
			_, err := e.cells.net.Evaluate(b.Input, fixed(m.candidates(1)[0]))
			return err
		}
		if t.Candidate, _, err = repeat(ctx, candidate, o.Time); err != nil {
			return fail(err)
		}
	}
	validation := func() error {
		_, err := e.evaluate(b, chosen)
		return err
	}
	if t.Validation, _, err = repeat(ctx, validation, o.Time); err != nil {
		return fail(err)
	}
	return t, nil
}

// random is a batch.
func (s Shape) random(images int) data.Batch {
	b := data.Batch{Input: make([]float32, images*3*s.Side*s.Side), Labels: make([]int, images)}
	random := rand.New(rand.NewPCG(777, 0))
	for i := range b.Input {
		b.Input[i] = float32(random.NormFloat64())
	}
	for i := range b.Labels {
		b.Labels[i] = random.IntN(s.Classes)
	}
	return b
}

// repeat does something once to warm up, and then until a limit is reached: the
// shortest time that it took, and what processors worked for it on average.
func repeat(ctx context.Context, do func() error, limit time.Duration) (fastest, processors time.Duration, err error) {
	if err := do(); err != nil {
		return 0, 0, err
	}
	begin, worked := time.Now(), cputime.Used()
	for n := 1; ; n++ {
		start := time.Now()
		if err := do(); err != nil {
			return 0, 0, err
		}
		if took := time.Since(start); n == 1 || took < fastest {
			fastest = took
		}
		if err := ctx.Err(); err != nil {
			return 0, 0, err
		}
		if time.Since(begin) >= limit {
			return fastest, (cputime.Used() - worked) / time.Duration(n), nil
		}
	}
}
