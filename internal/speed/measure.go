package speed

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"cellnet/cell/spec"
	"cellnet/internal/kernel"
	"cellnet/internal/procmem"
	"cellnet/models"
)

// flopsOfTraining is how often a training step does the arithmetic of an
// evaluation: forward, and for the gradients of inputs and of weights.
const flopsOfTraining = 3

// Machine is what the processor and the memory can do.
type Machine struct {
	Kernels kernel.ISA
	Threads int
	Peak    float64 // GFLOP/s of multiply-adds of these kernels
	Stream  float64 // GB/s of reading and writing memory
}

// MeasureMachine measures the machine with the processors that Go uses.
func MeasureMachine() (Machine, error) {
	k, err := kernel.Best()
	if err != nil {
		return Machine{}, err
	}
	threads := runtime.GOMAXPROCS(0)
	return Machine{k.ISA(), threads, kernel.MeasurePeak(k, threads), kernel.MeasureStream(k, threads)}, nil
}

// Options say what is measured.
type Options struct {
	Train, Eval bool
	Batch       int           // images of a training step, and of a repetition of evaluation
	Time        time.Duration // that is spent on training, and again on evaluation
}

// Measure measures a network: the fastest of the repetitions that fit in the time,
// of which there is at least one. Floating-point operations are those of direct
// convolution, two for each multiply-accumulate and three times as many in
// training, whatever the algorithm: a faster one can exceed the machine's peak.
func (m Machine) Measure(ctx context.Context, config spec.Network, o Options) (Record, error) {
	procmem.Reset()
	arch := spec.Name(config)
	r := Record{Arch: arch, Peak: m.Peak}
	gflop := 2 * config.Cost(side).FLOPs / 1e3
	measure := func(graph func(int) models.Options, prepare func(spec.Network, batch) (runner, error), gflop float64) (rate, flops *float64, err error) {
		if err := models.CheckMemory(config, graph(o.Batch), 1); err != nil {
			return nil, nil, err
		}
		run, err := prepare(config, newBatch(o.Batch, config.NumClasses()))
		if err != nil {
			return nil, nil, err
		}
		defer run.close()
		best, err := fastest(ctx, run.step, o.Time)
		if err != nil {
			return nil, nil, err
		}
		images := float64(o.Batch) / best.Seconds()
		arithmetic := images * gflop
		return &images, &arithmetic, nil
	}
	var err error
	if o.Train {
		if r.Train, r.TrainFLOPs, err = measure(graphOfTraining, newTraining, flopsOfTraining*gflop); err != nil {
			return r, fmt.Errorf("measuring the training of %s: %w", arch, err)
		}
		runtime.GC() // now, not while evaluation is timed
	}
	if o.Eval {
		if r.Eval, r.EvalFLOPs, err = measure(graphOfEvaluation, newEvaluation, gflop); err != nil {
			return r, fmt.Errorf("measuring the evaluation of %s: %w", arch, err)
		}
	}
	r.Memory = float64(procmem.Peak()) / (1 << 20)
	return r, nil
}

// fastest returns the least time that step takes, once it has run to warm up.
func fastest(ctx context.Context, step func() error, limit time.Duration) (time.Duration, error) {
	if err := step(); err != nil {
		return 0, err
	}
	best := time.Duration(1<<63 - 1)
	for begin := time.Now(); ; {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		start := time.Now()
		if err := step(); err != nil {
			return 0, err
		}
		best = min(best, time.Since(start))
		if time.Since(begin) >= limit {
			return best, nil
		}
	}
}
