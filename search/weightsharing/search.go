package weightsharing

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"cellnet/cell"
	"cellnet/data"
	"cellnet/models"
	"cellnet/train"
)

// Options say how a search is carried out. But for the kernels, which round
// differently, they don't change its result.
type Options struct {
	// Kernels are what computes; zero stands for those of the checkpoint that the
	// search goes on from, and without one for what models makes of it.
	Kernels models.ISA
	// Checkpoints is the folder for checkpoints, "" for none. One is written after
	// every epoch, before the choice of an epoch, and when the search is interrupted.
	Checkpoints string
	// Interval, if it is not 0, is the time after which another checkpoint is
	// written within an epoch.
	Interval time.Duration
	Hooks    Hooks
}

// Hooks are called in the course of a search; any may be nil.
type Hooks struct {
	OnStep func(train.Progress)
	// OnUpdate is told after every update of enas' controller.
	OnUpdate     func(done, of int)
	OnEvaluation func(train.EvaluationProgress)
	OnEpoch      func(Epoch)
}

// Epoch is what was measured in one epoch.
type Epoch struct {
	Epoch int      `json:"epoch"` // from 0
	Rate  float64  `json:"rate"`
	Tau   *float64 `json:"tau,omitempty"`
	// Train and Valid are of the two halves of the steps, each image before the step
	// that it is part of; Validation is of the whole validation set.
	Train      train.Metrics `json:"train"`
	Valid      train.Metrics `json:"valid"`
	Validation train.Metrics `json:"validation"`
	// Arch was chosen, Accuracy is its top-1 accuracy in percent on the batch that it
	// was judged by; null for widths, which are not compared.
	Arch     cell.Arch `json:"arch"`
	Accuracy *float64  `json:"accuracy"`
	// Parameters are softmax(A), a row for each edge or width; of enas the weights of
	// the controller's last layer.
	Parameters [][]float64 `json:"parameters"`
	// Baseline is that of enas' controller.
	Baseline *float64 `json:"baseline,omitempty"`
}

// Skips tells on how many of how many edges of the chosen cell skip_connect is; both
// are 0 for widths.
func (e Epoch) Skips() (skips, edges int) {
	if e.Arch.IsZero() || e.Arch.Widths() != nil {
		return 0, 0
	}
	for _, link := range e.Arch.Cell().Edges() {
		edges++
		if link.Op == cell.SkipConnect {
			skips++
		}
	}
	return skips, edges
}

// Search is a search at work.
type Search struct {
	run     Run
	images  Images
	options Options
	nets    Networks
	engine  *engine
	kernels models.ISA
	state   state

	lastCheckpoint time.Time
}

// state is the position of a search and what it measured. What else the rest of it
// depends on are the network, the optimizers and the generators.
type state struct {
	Epoch   int           `json:"epoch"`   // at work
	Step    int           `json:"step"`    // done in it
	Updates int           `json:"updates"` // of the controller, done after the steps
	Base    train.Score   `json:"base"`
	Arch    train.Score   `json:"arch"`
	Elapsed time.Duration `json:"elapsed"`
	// Before is the controller's baseline of the last epoch; Baselines are those of
	// the samples of this one.
	Before    *float64      `json:"before"`
	Baselines []float64     `json:"baselines"`
	Rewards   movingAverage `json:"rewards"` // of mask_rl
	Reached   []string      `json:"reached"` // weights that a pass has reached
	History   []Epoch       `json:"history"`
	Final     *Final        `json:"final,omitempty"`
}

// New prepares a search from its beginning; see also [Search.Resume].
func New(run Run, images Images, nets Networks, o Options) (*Search, error) {
	if err := run.Validate(); err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	kernels, err := o.Kernels.Resolve()
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	s := &Search{run: run, images: images, options: o, nets: nets, kernels: kernels}
	if s.engine, err = s.newEngine(kernels); err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	return s, nil
}

func (s *Search) newEngine(kernels models.ISA) (*engine, error) {
	return newEngine(s.run, Shape{
		Classes: s.images.Info.Classes, Side: s.images.Info.Side, Kernels: kernels,
		Batch: min(s.run.BatchSize, s.images.Train.Len()), EvaluationBatch: min(s.run.EvaluationBatch, s.images.Valid.Len()),
	}, s.nets)
}

// History lists the epochs that are done.
func (s *Search) History() []Epoch { return s.state.History }

// Position tells how many epochs are done, and how many steps of the next one.
func (s *Search) Position() (epochs, steps int) { return s.state.Epoch, s.state.Step }

// Kernels are what computes.
func (s *Search) Kernels() models.ISA { return s.kernels }

// Last is the epoch whose choice the published figures are of, and Best that of the
// highest accuracy on the validation set, the first of equal ones. Both are zero
// before the first epoch is done.
func (s *Search) Last() (e Epoch) {
	if n := len(s.state.History); n > 0 {
		e = s.state.History[n-1]
	}
	return e
}

// Best is told with Last.
func (s *Search) Best() (best Epoch) {
	for i, e := range s.state.History {
		if i == 0 || e.Validation.Top1 > best.Validation.Top1 {
			best = e
		}
	}
	return best
}

// Run goes on to the end of the search. When ctx is done it finishes the step at
// hand, writes a checkpoint and returns ctx's error. If a loss is no longer finite
// it returns a [*train.DivergedError], and leaves the checkpoints as they are.
func (s *Search) Run(ctx context.Context) error {
	if err := s.openCheckpoints(); err != nil {
		return err
	}
	s.lastCheckpoint = time.Now()
	for s.state.Epoch < s.run.Epochs {
		if err := s.epoch(ctx); err != nil {
			return err
		}
	}
	return s.chooseFinally(ctx)
}

func (s *Search) epoch(ctx context.Context) error {
	rate := s.engine.begin(s.run, s.state.Epoch)
	if err := s.learn(ctx, rate); err != nil {
		return s.interrupted(ctx, err)
	}
	// What follows draws random numbers and is done again if it is interrupted.
	if err := s.checkpoint(); err != nil {
		return err
	}
	done, err := s.judge(ctx, rate)
	if err != nil {
		return err
	}
	s.state = state{
		Epoch: s.state.Epoch + 1, Before: s.state.Before, History: append(s.state.History, done),
	}
	if err := s.checkpoint(); err != nil {
		return err
	}
	if s.options.Hooks.OnEpoch != nil {
		s.options.Hooks.OnEpoch(done)
	}
	return nil
}

// interrupted writes a checkpoint if ctx is what stopped the search.
func (s *Search) interrupted(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}
	if err := s.checkpoint(); err != nil {
		return err
	}
	return ctx.Err()
}

// learn takes the steps of the epoch that are left, and trains the controller.
func (s *Search) learn(ctx context.Context, rate float64) error {
	steps := s.images.steps(s.run)
	if s.state.Step < steps {
		if err := s.steps(ctx, rate, steps); err != nil {
			return err
		}
	}
	if m, ok := s.engine.method.(enas); ok {
		return s.trainController(ctx, m)
	}
	return nil
}

func (s *Search) steps(ctx context.Context, rate float64, steps int) error {
	start := time.Now()
	for p, err := range s.images.pairs(ctx, s.run, s.state.Epoch, s.state.Step) {
		if err != nil {
			return err
		}
		h, err := s.engine.method.step(p.base, p.arch, rate)
		if err != nil {
			return fmt.Errorf("searching, epoch %d, step %d: %w", s.state.Epoch, s.state.Step, err)
		}
		if loss := h.base.Loss + h.arch.Loss; math.IsNaN(loss) || math.IsInf(loss, 0) {
			return &train.DivergedError{Epoch: s.state.Epoch, Step: s.state.Step, What: fmt.Sprintf("loss is %g", loss)}
		}
		add(&s.state.Base, h.base)
		add(&s.state.Arch, h.arch)
		s.state.Step++
		s.state.Elapsed += time.Since(start)
		s.reportStep(rate, steps, h, len(p.base.Labels))
		if err := s.between(ctx); err != nil {
			return err
		}
		start = time.Now()
	}
	return nil
}

func add(sum *train.Score, s train.Score) {
	sum.N += s.N
	sum.Top1 += s.Top1
	sum.Top5 += s.Top5
	sum.Loss += s.Loss
}

// between is called where a search may be left.
func (s *Search) between(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.options.Interval > 0 && time.Since(s.lastCheckpoint) >= s.options.Interval {
		return s.checkpoint()
	}
	return nil
}

func (s *Search) reportStep(rate float64, steps int, h halves, images int) {
	if s.options.Hooks.OnStep != nil {
		s.options.Hooks.OnStep(train.Progress{
			Epoch: s.state.Epoch, Epochs: s.run.Epochs, Step: s.state.Step, Steps: steps, Images: images, Rate: rate,
			Loss: h.base.Loss / float64(h.base.N), MeanLoss: s.state.Base.Loss / float64(s.state.Base.N), Elapsed: s.state.Elapsed,
		})
	}
}

// trainController makes the updates of enas' controller that are left.
func (s *Search) trainController(ctx context.Context, m enas) error {
	if s.state.Updates == s.run.ControllerUpdates {
		return nil
	}
	loader, err := s.images.validation(s.run, controllerBatches)
	if err != nil {
		return err
	}
	next, stop := endless(ctx, loader, s.state.Epoch, s.state.Updates*s.run.ControllerSamples)
	defer stop()
	t := m.training(s.run, s.state.Before, s.state.Baselines)
	for s.state.Updates < s.run.ControllerUpdates {
		// An update that is left unfinished is made again, of the same draws.
		draws, err := s.engine.draws.save()
		if err != nil {
			return err
		}
		if err := m.update(t, next); err != nil {
			m.controller.forget()
			return errors.Join(fmt.Errorf("training the controller: %w", err), s.engine.draws.load(draws))
		}
		s.state.Updates++
		s.state.Baselines = t.baselines
		if s.options.Hooks.OnUpdate != nil {
			s.options.Hooks.OnUpdate(s.state.Updates, s.run.ControllerUpdates)
		}
		if err := s.between(ctx); err != nil {
			return err
		}
	}
	return nil
}

// judge chooses an architecture and measures the validation set.
func (s *Search) judge(ctx context.Context, rate float64) (done Epoch, err error) {
	e, state := s.engine, &s.state
	done = Epoch{Epoch: state.Epoch, Rate: rate, Train: state.Base.Metrics(state.Elapsed), Valid: state.Arch.Metrics(state.Elapsed), Parameters: e.parameters()}
	if s.run.Algorithm.tempered() {
		tau := s.run.tau(state.Epoch)
		done.Tau = &tau
	}
	var best choice
	if m, ok := e.method.(cellMethod); ok {
		best, err = e.selectCell(ctx, m, s.run, s.images, state.Epoch)
		done.Accuracy = &best.accuracy
	} else {
		best, err = e.selectWidths()
	}
	if err != nil {
		return done, fmt.Errorf("choosing after epoch %d: %w", state.Epoch, err)
	}
	done.Arch = best.arch
	if m, ok := e.method.(enas); ok {
		baseline := m.training(s.run, nil, state.Baselines).next()
		state.Before, done.Baseline = &baseline, &baseline
	}
	progress := train.EvaluationProgress{Epoch: state.Epoch, Epochs: s.run.Epochs, Set: data.XValid, Total: s.images.Valid.Len()}
	done.Validation, err = e.validate(ctx, s.run, s.images, state.Epoch, best, func(images int) {
		progress.Images = images
		progress.Done += images
		if s.options.Hooks.OnEvaluation != nil {
			s.options.Hooks.OnEvaluation(progress)
		}
	})
	if err != nil {
		return done, fmt.Errorf("validating epoch %d: %w", state.Epoch, err)
	}
	return done, nil
}
