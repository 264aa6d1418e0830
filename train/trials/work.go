package trials

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"cellnet/data"
	"cellnet/models"
	"cellnet/train"
)

// backwardCost is what a training step costs in passes of evaluation: one forward
// and two backward.
const backwardCost = 3

// WorkOfStep is the work of training on images, and WorkOfEvaluation that of
// evaluating them, in millions of multiply-accumulates.
func (s Set) WorkOfStep(i Item, d data.Dataset, images int) float64 {
	return backwardCost * s.WorkOfEvaluation(i, d, images)
}

// WorkOfEvaluation is the work of evaluating images.
func (s Set) WorkOfEvaluation(i Item, d data.Dataset, images int) float64 {
	run, err := s.run(i, d)
	if err != nil {
		return 0
	}
	return run.Net.Cost(run.Info().Side).FLOPs * float64(images)
}

// Work is that of a whole trial; it goes by the published numbers of images, or
// those of a folder.
func (s Set) Work(i Item) float64 {
	work := 0.0
	for _, d := range s.Datasets {
		epoch := s.WorkOfStep(i, d, s.images(d, data.Train))
		for _, set := range d.EvaluationSets() {
			epoch += s.WorkOfEvaluation(i, d, s.images(d, set))
		}
		work += epoch * float64(s.Recipe.TotalEpochs())
	}
	return work
}

func (s Set) images(d data.Dataset, set data.Set) int {
	count := d.Count(set)
	if d == data.Folder {
		count = s.Pictures[set]
	}
	if s.Limit > 0 {
		return min(s.Limit, count)
	}
	return count
}

// Status parts items into those whose trial file is there and those that are left;
// of these, begun have checkpoints.
func (s Set) Status(out string, items []Item) (finished, begun, left []Item, err error) {
	folder := s.Folder(out)
	for _, item := range items {
		done, err := item.finished(folder)
		if err != nil {
			return nil, nil, nil, err
		}
		if done {
			finished = append(finished, item)
			continue
		}
		left = append(left, item)
		if _, err := os.Stat(filepath.Join(folder, unfinishedFolder, item.workName())); err == nil {
			begun = append(begun, item)
		}
	}
	return finished, begun, left, nil
}

// Speed is how fast this machine trains: the time of a trial is linear in its
// work and in its number of images.
type Speed struct {
	PerImage float64 // seconds
	PerWork  float64 // seconds
}

// Seconds is the time that a trial takes.
func (v Speed) Seconds(s Set, i Item) float64 {
	images := 0.0
	for _, d := range s.Datasets {
		epoch := float64(backwardCost * s.images(d, data.Train))
		for _, set := range d.EvaluationSets() {
			epoch += float64(s.images(d, set))
		}
		images += epoch * float64(s.Recipe.TotalEpochs())
	}
	return v.PerImage*images + v.PerWork*s.Work(i)
}

// measuredSteps are timed, after one that is not.
const measuredSteps = 2

// Measure times steps of the cheapest and of the most costly of some trials. It
// returns ctx's error as soon as ctx is done, and leaves the step at hand to end by
// itself.
func (s Set) Measure(ctx context.Context, items []Item) (Speed, error) {
	type result struct {
		speed Speed
		err   error
	}
	done := make(chan result, 1)
	go func() {
		speed, err := s.measure(ctx, items)
		done <- result{speed, err}
	}()
	select {
	case r := <-done:
		return r.speed, r.err
	case <-ctx.Done():
		return Speed{}, fmt.Errorf("measuring the speed: %w", ctx.Err())
	}
}

func (s Set) measure(ctx context.Context, items []Item) (Speed, error) {
	if len(items) == 0 {
		return Speed{}, fmt.Errorf("measuring the speed: no trials")
	}
	d := s.Datasets[0]
	work := func(i Item) float64 { return s.WorkOfStep(i, d, 1) }
	low, high := items[0], items[0]
	for _, item := range items {
		if work(item) < work(low) {
			low = item
		}
		if work(item) > work(high) {
			high = item
		}
	}
	slow, err := s.timeStep(ctx, high, d)
	if err != nil {
		return Speed{}, err
	}
	if work(high) == work(low) {
		return Speed{PerWork: slow / work(high)}, nil
	}
	fast, err := s.timeStep(ctx, low, d)
	if err != nil {
		return Speed{}, err
	}
	perWork := max(0, (slow-fast)/(work(high)-work(low)))
	return Speed{PerImage: max(0, fast-perWork*work(low)) / backwardCost, PerWork: perWork}, nil
}

// Memory is about how many bytes a process takes that trains that many jobs at a time,
// by the heaviest of the first items and the largest set of images.
func (s Set) Memory(items []Item, jobs int) (float64, error) {
	const program, looked = 256 << 20, 16
	most, images := 0.0, 0.0
	for _, d := range s.Datasets {
		side := float64(s.info(d).Side)
		images = max(images, 3*side*side*float64(s.images(d, data.Train)+s.images(d, data.OriTest)))
		for _, item := range items[:min(len(items), looked)] {
			run, err := s.run(item, d)
			if err != nil {
				return 0, err
			}
			batch := min(s.Recipe.BatchSize, s.images(d, data.Train))
			most = max(most, models.Memory(run.Net, graph(run.Info().Side, batch)))
		}
	}
	return program + images + most*float64(min(jobs, len(items))), nil
}

// CheckMemory returns an error if the system has less memory than that many jobs
// take at a time, by the lightest of the first items on the largest images.
func (s Set) CheckMemory(items []Item, jobs int) error {
	if len(items) == 0 {
		return nil
	}
	d := slices.MaxFunc(s.Datasets, func(x, y data.Dataset) int { return s.info(x).Side - s.info(y).Side })
	const looked = 16
	lightest := slices.MinFunc(items[:min(len(items), looked)], func(x, y Item) int {
		return cmp.Compare(s.WorkOfStep(x, d, 1), s.WorkOfStep(y, d, 1))
	})
	run, err := s.run(lightest, d)
	if err != nil {
		return err
	}
	return models.CheckMemory(run.Net, graph(run.Info().Side, min(s.Recipe.BatchSize, s.images(d, data.Train))), min(jobs, len(items)))
}

// graph says how networks that are trained are built.
func graph(side, batch int) models.Options {
	return models.Options{Side: side, Capacity: batch, Norm: models.NormByBatch, Gradients: true}
}

// timeStep gives the seconds that training takes for an image.
func (s Set) timeStep(ctx context.Context, i Item, d data.Dataset) (float64, error) {
	run, err := s.run(i, d)
	if err != nil {
		return 0, err
	}
	batch, side := s.Recipe.BatchSize, run.Info().Side
	if err := models.CheckMemory(run.Net, graph(side, batch), 1); err != nil {
		return 0, err
	}
	params, err := models.Initialize(run.Net, i.Seed)
	if err != nil {
		return 0, err
	}
	o := graph(side, batch)
	o.Kernels = s.Kernels
	net, err := models.New(params, o)
	if err != nil {
		return 0, err
	}
	stepper, err := models.NewStepper(net, net.Loss)
	if err != nil {
		return 0, err
	}
	defer stepper.Close()
	images := make([]float32, batch*3*side*side)
	for k := range images {
		images[k] = float32(k%17)/8 - 1
	}
	labels := make([]int, batch)
	optimizer := train.SGD{}
	var start time.Time
	for step := range 1 + measuredSteps {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		if step == 1 {
			start = time.Now()
		}
		if err := stepper.Run(images, labels); err != nil {
			return 0, err
		}
		if err := optimizer.Step(stepper.Learnables()); err != nil {
			return 0, err
		}
	}
	return time.Since(start).Seconds() / float64(measuredSteps*batch), nil
}
