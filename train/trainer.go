package train

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"cellnet/data"
	"cellnet/models"
)

// Options say how a run is carried out. But for the kernels, which round
// differently, they don't change its result.
type Options struct {
	// Kernels are what computes; zero stands for those of the checkpoint that the
	// run goes on from, and without one for what models makes of it.
	Kernels models.ISA
	// MixKernels goes on from a checkpoint of other kernels, too.
	MixKernels bool
	// Checkpoints is the folder for checkpoints, "" for none. One is written
	// after every epoch and when the run is interrupted; the last two are kept.
	Checkpoints string
	// Interval, if it is not 0, is the time after which another checkpoint is
	// written within an epoch.
	Interval time.Duration
	Hooks    Hooks
}

// Hooks are called in the course of a run; any may be nil.
type Hooks struct {
	OnStep       func(Progress)
	OnEvaluation func(EvaluationProgress)
	OnEpoch      func(Epoch)
	OnCheckpoint func(path string)
}

// Progress is told after every step.
type Progress struct {
	Epoch, Epochs int // the epoch at work, from 0
	Step, Steps   int // those of the epoch that are done, of how many
	Images        int // of the step
	Loss          float64
	MeanLoss      float64 // of the epoch so far
	Rate          float64
	Elapsed       time.Duration // of the epoch's steps, those before a resumption included
}

// EvaluationProgress is told after every batch of an evaluation.
type EvaluationProgress struct {
	Epoch, Epochs int
	Set           data.Set
	Images        int // of the batch
	Done, Total   int // images of the set
}

// DivergedError says that a training can't go on because its numbers are no
// longer finite.
type DivergedError struct {
	Epoch, Step int
	What        string // that is not finite
}

// Error says where the run stopped.
func (e *DivergedError) Error() string {
	return fmt.Sprintf("training diverged in epoch %d, step %d: %s: try a lower learning rate", e.Epoch, e.Step, e.What)
}

// Trainer trains one network.
type Trainer struct {
	run       Run
	data      *Data
	options   Options
	params    *models.Parameters
	optimizer Optimizer
	loader    *data.Loader
	kernels   []models.ISA // in the order of their use; the last one computes
	state     state
	notes     []string // see Notes

	lastCheckpoint time.Time
}

// state is the position of a run and what it measured.
type state struct {
	epoch   int // at work
	step    int // done in it
	partial Score
	elapsed time.Duration // of the epoch's steps
	rate    float64       // of the last step
	history []Epoch
}

// NewTrainer prepares a run from its beginning; see also [Trainer.Resume].
func NewTrainer(run Run, d *Data, o Options) (*Trainer, error) {
	if err := run.Validate(); err != nil {
		return nil, fmt.Errorf("training: %w", err)
	}
	if d.Dataset != run.Dataset {
		return nil, fmt.Errorf("training on %v: the images are those of %v", run.Dataset, d.Dataset)
	}
	if !run.Info().Equal(d.Info) {
		return nil, fmt.Errorf("training on %v: classes, side or statistics of the images are others than the run's", run.Dataset)
	}
	t := &Trainer{run: run, data: d, options: o, optimizer: run.Recipe.Optimizer()}
	kernels, err := o.Kernels.Resolve()
	if err != nil {
		return nil, fmt.Errorf("training: %w", err)
	}
	t.kernels = []models.ISA{kernels}
	if t.loader, err = d.trainLoader(run.Recipe, run.Seed); err != nil {
		return nil, err
	}
	if err := models.CheckMemory(run.Net, t.graph(), 1); err != nil {
		return nil, fmt.Errorf("training: %w", err)
	}
	if t.params, err = models.Initialize(run.Net, run.Seed); err != nil {
		return nil, err
	}
	return t, nil
}

// Parameters are those of the network as it is now.
func (t *Trainer) Parameters() *models.Parameters { return t.params }

// Kernels lists what the run was computed by, in the order of their use: one, unless
// [Options.MixKernels] let it go on by others.
func (t *Trainer) Kernels() []models.ISA { return slices.Clone(t.kernels) }

// Notes tell what the checkpoint that [Trainer.Resume] took leaves open, if it was
// written by an older program.
func (t *Trainer) Notes() []string { return t.notes }

// Images is the sum of the images; see [Data.Sum].
func (t *Trainer) Images() string { return t.data.Sum() }

// computing are the kernels that the next step is computed by.
func (t *Trainer) computing() models.ISA { return t.kernels[len(t.kernels)-1] }

// History lists the epochs that are done.
func (t *Trainer) History() []Epoch { return t.state.history }

// Steps is the number of steps of an epoch.
func (t *Trainer) Steps() int { return t.loader.Steps() }

// Position tells how many epochs are done, and how many steps of the next one.
func (t *Trainer) Position() (epochs, steps int) { return t.state.epoch, t.state.step }

// Train goes on to the end of the run. When ctx is done it finishes the step at
// hand, writes a checkpoint and returns ctx's error. If the loss or a parameter is
// no longer finite it returns a [*DivergedError], and leaves the checkpoints as
// they are.
func (t *Trainer) Train(ctx context.Context) error {
	release, err := t.openCheckpoints()
	if err != nil {
		return err
	}
	defer release()
	epochs := t.run.Recipe.TotalEpochs()
	if t.state.epoch >= epochs {
		return nil
	}
	machine, err := t.newMachine()
	if err != nil {
		return err
	}
	defer machine.close()
	t.lastCheckpoint = time.Now()
	for t.state.epoch < epochs {
		if err := t.trainEpoch(ctx, machine); err != nil {
			return t.interrupted(ctx, err)
		}
		evaluations, err := t.evaluate(ctx, machine.predictor)
		if err != nil {
			return t.interrupted(ctx, err)
		}
		done := Epoch{t.state.epoch, t.state.rate, t.state.partial.Metrics(t.state.elapsed), evaluations}
		t.state = state{epoch: t.state.epoch + 1, history: append(t.state.history, done)}
		if err := t.checkpoint(); err != nil {
			return err
		}
		if t.options.Hooks.OnEpoch != nil {
			t.options.Hooks.OnEpoch(done)
		}
	}
	return nil
}

// interrupted writes a checkpoint if ctx is what stopped the run.
func (t *Trainer) interrupted(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}
	if err := t.checkpoint(); err != nil {
		return err
	}
	return ctx.Err()
}

// machine is what a run computes with.
type machine struct {
	stepper   *models.Stepper
	predictor *models.Predictor
}

// graph says how the network that is trained is built.
func (t *Trainer) graph() models.Options {
	return models.Options{
		Side: t.data.Train.Side(), Capacity: t.loader.BatchSize(), Norm: models.NormByBatch, Gradients: true, Smoothing: t.run.Recipe.Smoothing,
		Kernels: t.computing(),
	}
}

func (t *Trainer) newMachine() (*machine, error) {
	o := t.graph()
	net, err := models.New(t.params, o)
	if err != nil {
		return nil, err
	}
	evaluation, err := models.New(t.params, models.Options{
		Side: o.Side, Capacity: models.EvaluationCapacity(), Smoothing: o.Smoothing, Kernels: o.Kernels,
	})
	if err != nil {
		return nil, err
	}
	stepper, err := models.NewStepper(net, net.Loss)
	if err != nil {
		return nil, err
	}
	return &machine{stepper, models.NewPredictor(evaluation)}, nil
}

func (m *machine) close() {
	m.stepper.Close()
	m.predictor.Close()
}

// trainEpoch takes the steps of the epoch that are left.
func (t *Trainer) trainEpoch(ctx context.Context, m *machine) error {
	start := time.Now()
	for batch, err := range t.loader.Epoch(ctx, t.state.epoch, t.state.step) {
		if err != nil {
			return err
		}
		loss, err := t.step(m, batch)
		if err != nil {
			return err
		}
		t.state.elapsed += time.Since(start)
		t.reportStep(len(batch.Labels), loss)
		if err := ctx.Err(); err != nil {
			return err
		}
		if t.options.Interval > 0 && time.Since(t.lastCheckpoint) >= t.options.Interval {
			if err := t.checkpoint(); err != nil {
				return err
			}
		}
		start = time.Now()
	}
	return nil
}

// step takes one step and returns the loss before it.
func (t *Trainer) step(m *machine, batch data.Batch) (float64, error) {
	s := &t.state
	where := func(err error) error { return fmt.Errorf("training epoch %d, step %d: %w", s.epoch, s.step, err) }
	if err := m.stepper.Run(batch.Input, batch.Labels); err != nil {
		return 0, where(err)
	}
	logits, err := m.stepper.Logits()
	if err != nil {
		return 0, where(err)
	}
	before := s.partial.Loss
	s.partial.Add(logits, batch.Labels, t.run.Recipe.Smoothing)
	loss := (s.partial.Loss - before) / float64(len(batch.Labels))
	if math.IsNaN(loss) || math.IsInf(loss, 0) {
		return 0, &DivergedError{s.epoch, s.step, fmt.Sprintf("loss is %g", loss)}
	}
	s.rate = t.run.Recipe.RateAt(s.epoch, s.step, t.loader.Steps())
	t.optimizer.SetRate(s.rate)
	if err := t.optimizer.Step(m.stepper.Learnables()); err != nil {
		return 0, where(err)
	}
	s.step++
	return loss, nil
}

func (t *Trainer) reportStep(images int, loss float64) {
	if t.options.Hooks.OnStep == nil {
		return
	}
	s := &t.state
	t.options.Hooks.OnStep(Progress{
		Epoch: s.epoch, Epochs: t.run.Recipe.TotalEpochs(), Step: s.step, Steps: t.loader.Steps(),
		Images: images, Loss: loss, MeanLoss: s.partial.Loss / float64(s.partial.N), Rate: s.rate, Elapsed: s.elapsed,
	})
}

// evaluate evaluates all sets.
func (t *Trainer) evaluate(ctx context.Context, p *models.Predictor) ([]Evaluation, error) {
	var evaluations []Evaluation
	for _, set := range t.data.Evaluations {
		loader, err := set.loader(t.data.Info)
		if err != nil {
			return nil, err
		}
		progress := EvaluationProgress{Epoch: t.state.epoch, Epochs: t.run.Recipe.TotalEpochs(), Set: set.Set, Total: loader.Len()}
		metrics, err := Evaluate(ctx, p, loader.Epoch(ctx, 0, 0), EvaluationHooks{OnBatch: func(images int, _ time.Duration) {
			progress.Images = images
			progress.Done += images
			if t.options.Hooks.OnEvaluation != nil {
				t.options.Hooks.OnEvaluation(progress)
			}
		}})
		if err != nil {
			return nil, fmt.Errorf("%v after epoch %d: %w", set.Set, t.state.epoch, err)
		}
		evaluations = append(evaluations, Evaluation{set.Set, metrics})
	}
	return evaluations, nil
}
