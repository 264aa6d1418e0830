package trials

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"cellnet/data"
	"cellnet/models"
	"cellnet/train"
	"cellnet/weights"
)

// Runner trains the trials of a set that are missing in a folder.
type Runner struct {
	Set   Set
	Items []Item // those of Set.Items that are this process's share
	Out   string // the set's folder is within it
	Jobs  int    // trials that are trained side by side
	// Load reads the images of a dataset; each is asked for once at most.
	Load     func(data.Dataset) (*train.Data, error)
	Format   weights.Format
	Info     string        // on program and machine, for the files
	Interval time.Duration // between checkpoints within an epoch
	Hooks    Hooks
	// MixKernels goes on by Set.Kernels where trials have been computed by others.
	MixKernels bool
}

// Hooks are called by all jobs, one at a time; any may be nil.
type Hooks struct {
	OnStep       func(job int, item Item, d data.Dataset, p train.Progress)
	OnEvaluation func(job int, item Item, d data.Dataset, p train.EvaluationProgress)
	OnEpoch      func(job int, item Item, d data.Dataset, e train.Epoch)
	OnBegin      func(job int, item Item, d data.Dataset, epochs, steps int, images *train.Data) // at which position
	OnFinish     func(job int, item Item)
	OnWarning    func(item Item, err error)
}

// Summary says what became of a runner's items.
type Summary struct {
	Trained  int     // by this runner
	Finished int     // before it
	Taken    int     // by other processes
	Diverged []error // a *train.DivergedError each
}

// Run trains until nothing is left that other processes don't train. A trial that
// diverges doesn't keep the others from being trained; any other failure stops
// all jobs, which leave checkpoints where they can.
func (r *Runner) Run(ctx context.Context) (Summary, error) {
	folder := r.Set.Folder(r.Out)
	kernels, err := r.Set.open(folder, r.MixKernels)
	if err != nil {
		return Summary{}, err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	s := &session{Runner: r, folder: folder, kernels: kernels, images: map[data.Dataset]func() (*train.Data, error){}}
	for _, d := range r.Set.Datasets {
		s.images[d] = sync.OnceValues(func() (*train.Data, error) { return r.Load(d) })
	}
	items := make(chan Item)
	var jobs sync.WaitGroup
	for job := range max(1, min(r.Jobs, len(r.Items))) {
		jobs.Go(func() {
			for item := range items {
				if err := s.try(ctx, job, item); err != nil {
					stop(err)
					return
				}
			}
		})
	}
feed:
	for _, item := range r.Items {
		select {
		case items <- item:
		case <-ctx.Done():
			break feed
		}
	}
	close(items)
	jobs.Wait()
	return s.summary, context.Cause(ctx)
}

// session is a run of a runner.
type session struct {
	*Runner
	folder  string
	kernels models.ISA
	images  map[data.Dataset]func() (*train.Data, error)

	mu      sync.Mutex // for the hooks and the summary
	summary Summary
}

// locked calls f while no other job calls anything.
func (s *session) locked(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

// try trains an item if it is free.
func (s *session) try(ctx context.Context, job int, item Item) error {
	release, finished, err := claim(s.folder, item)
	switch {
	case errors.Is(err, errTaken):
		s.locked(func() { s.summary.Taken++ })
		return nil
	case finished:
		s.locked(func() { s.summary.Finished++ })
		return nil
	case err != nil:
		return err
	}
	defer release()
	if err := item.damage(s.folder); err != nil {
		s.warn(item, []error{err})
	}
	err = s.train(ctx, job, item)
	var diverged *train.DivergedError
	if errors.As(err, &diverged) {
		s.locked(func() { s.summary.Diverged = append(s.summary.Diverged, fmt.Errorf("%v: %w", item, err)) })
		return nil
	}
	if err != nil {
		return fmt.Errorf("%v: %w", item, err)
	}
	s.locked(func() {
		s.summary.Trained++
		if s.Hooks.OnFinish != nil {
			s.Hooks.OnFinish(job, item)
		}
	})
	return nil
}

// train trains an item on all datasets, from its checkpoints on, and writes its
// file.
func (s *session) train(ctx context.Context, job int, item Item) error {
	work := filepath.Join(s.folder, unfinishedFolder, item.workName())
	trial := train.Trial{Space: s.Set.Space, Info: s.Info, StandsFor: item.StandsFor}
	for _, d := range s.Set.Datasets {
		t, err := s.trainOn(ctx, job, item, d, filepath.Join(work, d.String()))
		if err != nil {
			return fmt.Errorf("%v: %w", d, err)
		}
		trial.Datasets = append(trial.Datasets, t)
	}
	if err := train.WriteTrial(filepath.Join(s.folder, item.FileName()), trial, s.Format); err != nil {
		return err
	}
	if err := os.RemoveAll(work); err != nil {
		return fmt.Errorf("removing checkpoints: %w", err)
	}
	return nil
}

func (s *session) trainOn(ctx context.Context, job int, item Item, d data.Dataset, checkpoints string) (train.DatasetTrial, error) {
	images, err := s.images[d]()
	if err != nil {
		return train.DatasetTrial{}, err
	}
	run, err := s.Set.run(item, d)
	if err != nil {
		return train.DatasetTrial{}, err
	}
	trainer, err := train.NewTrainer(run, images, train.Options{
		Kernels: s.kernels, MixKernels: s.MixKernels, Checkpoints: checkpoints, Interval: s.Interval, Hooks: s.hooks(job, item, d),
	})
	if err != nil {
		return train.DatasetTrial{}, err
	}
	_, damaged, err := trainer.Resume()
	for _, note := range trainer.Notes() {
		damaged = append(damaged, errors.New(note))
	}
	s.warn(item, damaged)
	if err != nil {
		return train.DatasetTrial{}, err
	}
	if s.Hooks.OnBegin != nil {
		epochs, steps := trainer.Position()
		s.locked(func() { s.Hooks.OnBegin(job, item, d, epochs, steps, images) })
	}
	if err := trainer.Train(ctx); err != nil {
		return train.DatasetTrial{}, err
	}
	return trainer.Trial()
}

func (s *session) warn(item Item, warnings []error) {
	if s.Hooks.OnWarning == nil {
		return
	}
	for _, err := range warnings {
		s.locked(func() { s.Hooks.OnWarning(item, err) })
	}
}

// hooks passes on what a trainer tells.
func (s *session) hooks(job int, item Item, d data.Dataset) (h train.Hooks) {
	if on := s.Hooks.OnStep; on != nil {
		h.OnStep = func(p train.Progress) { s.locked(func() { on(job, item, d, p) }) }
	}
	if on := s.Hooks.OnEvaluation; on != nil {
		h.OnEvaluation = func(p train.EvaluationProgress) { s.locked(func() { on(job, item, d, p) }) }
	}
	if on := s.Hooks.OnEpoch; on != nil {
		h.OnEpoch = func(e train.Epoch) { s.locked(func() { on(job, item, d, e) }) }
	}
	return h
}
