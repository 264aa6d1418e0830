package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"text/tabwriter"
	"time"

	"cellnet/cell"
	"cellnet/cell/spec"
	"cellnet/data"
	"cellnet/internal/procmem"
	"cellnet/internal/progress"
	"cellnet/internal/speed"
	"cellnet/internal/usage"
	"cellnet/search/weightsharing"

	"github.com/spf13/cobra"
)

// speedFlags are those of speed.
type speedFlags struct {
	train, eval    bool
	batch, threads int
	seconds        float64
	shape          shapeFlags
	asJSON         bool
}

func newSpeedCommand(a *app) *cobra.Command {
	var f speedFlags
	cmd := &cobra.Command{
		Use:   "speed [ARCH...]",
		Short: "Measure how fast networks train and evaluate on this machine",
		Long: `Measure how fast networks train and evaluate on this machine: images/s of networks
for CIFAR-10 on random images, the fastest of the repetitions that fit in
--seconds. Without --train or --eval, both are measured; without an ARCH, twelve
cells that stand for the space.

GFLOP/s are those of direct convolution, two for each multiply-accumulate and
three times as many in training: where Winograd's algorithm takes fewer, the
share of the machine's measured peak can exceed 100 %.

Memory is the largest resident size while a network was measured (on systems other
than Linux: since the start).

` + archHelp,
		Example: `  cellnet speed
  cellnet speed all_c3x3 11 --train --threads 1
  cellnet speed 64:64:64:64:64
  cellnet speed DARTS_V2 -C 16 -N 2 --batch 64
  cellnet speed all_c3x3 --eval --json`,
		ValidArgsFunction: func(_ *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
			return cell.Names(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.speed(cmd.Context(), args, f)
		},
	}
	f.shape.add(cmd)
	cmd.Flags().BoolVar(&f.train, "train", false, "measure training steps: forward, backward and SGD")
	cmd.Flags().BoolVar(&f.eval, "eval", false, "measure evaluation")
	cmd.Flags().IntVar(&f.batch, "batch", 256, "images of a training step, and of a repetition of evaluation")
	cmd.Flags().IntVar(&f.threads, "threads", runtime.GOMAXPROCS(0), "processors to use at a time")
	cmd.Flags().Float64Var(&f.seconds, "seconds", 2, "time for the training of each network, and again for its evaluation")
	addJSONFlag(cmd, &f.asJSON)
	return cmd
}

// maxSpeedBatch is the largest batch that recipes take, too.
const maxSpeedBatch = 65536

// mostThreads is how many processors can be used at a time.
func mostThreads() int { return max(runtime.NumCPU(), runtime.GOMAXPROCS(0)) }

func (f speedFlags) options() (speed.Options, error) {
	switch {
	case f.batch < 1 || f.batch > maxSpeedBatch:
		return speed.Options{}, usage.Errorf("--batch %d: want 1 to %d", f.batch, maxSpeedBatch)
	case f.threads < 1 || f.threads > mostThreads():
		return speed.Options{}, usage.Errorf("--threads %d: want 1 to %d, the processors that are here", f.threads, mostThreads())
	case !(f.seconds >= 0 && f.seconds <= time.Hour.Seconds()):
		return speed.Options{}, usage.Errorf("--seconds %g: want 0 to %g", f.seconds, time.Hour.Seconds())
	}
	o := speed.Options{Train: f.train, Eval: f.eval, Batch: f.batch, Time: time.Duration(f.seconds * float64(time.Second))}
	if !o.Train && !o.Eval {
		o.Train, o.Eval = true, true
	}
	return o, nil
}

func (a *app) speed(ctx context.Context, archs []string, f speedFlags) error {
	options, err := f.options()
	if err != nil {
		return err
	}
	if len(archs) == 0 {
		archs = speed.Archs()
	}
	var networks []spec.Network
	for _, arch := range archs {
		n, err := f.shape.network(arch, data.CIFAR10.Classes())
		if err != nil {
			return err
		}
		networks = append(networks, n)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(f.threads))
	machine, err := speed.MeasureMachine()
	if err != nil {
		return err
	}
	b := progress.NewBar(a.stderr, int64(len(networks)), "measuring", "networks")
	defer b.Finish()
	var records []speed.Record
	for _, n := range networks {
		b.Describe("measuring " + spec.Name(n))
		r, err := machine.Measure(ctx, n, options)
		if err != nil {
			return err
		}
		b.Add(1)
		if f.asJSON {
			if err := a.printJSON(r); err != nil {
				return err
			}
		}
		records = append(records, r)
	}
	b.Finish()
	if f.asJSON {
		return nil
	}
	return a.printSpeed(machine, options, records)
}

func (a *app) printSpeed(m speed.Machine, o speed.Options, records []speed.Record) error {
	fmt.Fprintf(a.stdout, "kernels %v, threads %d, batch %d, peak %.0f GFLOP/s, memory %.1f GB/s\n", m.Kernels, m.Threads, o.Batch, m.Peak, m.Stream)
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "index\t")
	if o.Train {
		fmt.Fprint(w, "train images/s\tGFLOP/s\tof peak\t")
	}
	if o.Eval {
		fmt.Fprint(w, "eval images/s\tGFLOP/s\tof peak\t")
	}
	fmt.Fprint(w, "MB\t  arch\n")
	for _, r := range records {
		index := "-"
		if arch, err := cell.ParseArch(r.Arch); err == nil {
			if i, ok := arch.Index(); ok {
				index = fmt.Sprint(i)
			}
		}
		fmt.Fprintf(w, "%s\t", index)
		printRate(w, r.Train, r.TrainFLOPs, r.Peak)
		printRate(w, r.Eval, r.EvalFLOPs, r.Peak)
		fmt.Fprintf(w, "%.0f\t  %s\n", r.Memory, r.Arch)
	}
	return w.Flush()
}

// printRate prints what was measured of training or evaluation, if it was.
func printRate(w io.Writer, images, flops *float64, peak float64) {
	if images == nil {
		return
	}
	fmt.Fprintf(w, "%.0f\t%.0f\t%.0f %%\t", *images, *flops, 100**flops/peak)
}

// searchSpeedFlags are those of search speed.
type searchSpeedFlags struct {
	dataset         string
	steps           bool
	batch, threads  int
	channels, cells int
	seconds         float64
	asJSON          bool
}

func newSearchSpeedCommand(a *app) *cobra.Command {
	var f searchSpeedFlags
	cmd := &cobra.Command{
		Use:   "speed [ALGORITHM...]",
		Short: "Measure how long searches by a supernet take on this machine",
		Long: `Measure how long searches by a supernet take on this machine: a step of both halves,
the evaluation of a candidate and of what validates, each on random images and the fastest
of the repetitions that fit in --seconds, and what an epoch of the dataset takes by these.
Without an ALGORITHM, all of them.

Memory is the largest resident size while an algorithm was measured (on systems other
than Linux: since the start).`,
		Example: `  cellnet search speed
  cellnet search speed darts-v1 gdas -C 16 -N 1 --dataset cifar100
  cellnet search speed gdas --steps-only --threads 1 --json`,
		RunE: func(cmd *cobra.Command, args []string) error { return a.searchSpeed(cmd.Context(), args, f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.dataset, "dataset", "cifar10", "cifar10, cifar100, ImageNet16-120 or synthetic")
	flags.BoolVar(&f.steps, "steps-only", false, "measure steps alone")
	flags.IntVarP(&f.channels, "channels", "C", 16, "channels of the first stage, of searches of cells")
	flags.IntVarP(&f.cells, "cells", "N", 5, "cells of a stage, of searches of cells")
	flags.IntVar(&f.batch, "batch", 64, "images of either half of a step")
	flags.IntVar(&f.threads, "threads", runtime.GOMAXPROCS(0), "processors to use at a time")
	flags.Float64Var(&f.seconds, "seconds", 2, "time for each measurement")
	addJSONFlag(cmd, &f.asJSON)
	return cmd
}

// searchSpeed is what was measured of an algorithm, in seconds; what was not measured
// is null.
type searchSpeed struct {
	Algorithm  string   `json:"algorithm"`
	Step       float64  `json:"step_s"`
	StepCPU    float64  `json:"step_cpu_s"` // that processors worked; 0 if unknown
	Candidate  *float64 `json:"candidate_s"`
	Validation *float64 `json:"validation_s"`
	Epoch      *float64 `json:"epoch_s"`
	Epochs     int      `json:"epochs"` // of a search by default
	Memory     float64  `json:"rss_mb"`
}

func (f searchSpeedFlags) measured(args []string) (runs []weightsharing.Run, err error) {
	if _, err := (speedFlags{batch: f.batch, threads: f.threads, seconds: f.seconds}).options(); err != nil {
		return nil, err
	}
	d, err := data.ResolveDataset(f.dataset)
	if err == nil && d == data.Folder {
		err = errors.New("pictures of one's own are not counted here, want another dataset")
	}
	if err != nil {
		return nil, usage.Errorf("--dataset: %w", err)
	}
	if d == data.CIFAR10 {
		d = data.CIFAR10Valid
	}
	algorithms := weightsharing.Algorithms()
	if len(args) > 0 {
		algorithms = nil
	}
	for _, name := range args {
		algorithm, err := sharedAlgorithm(name)
		if err != nil {
			return nil, usage.Fault(err)
		}
		algorithms = append(algorithms, algorithm)
	}
	for _, algorithm := range algorithms {
		r := weightsharing.DefaultRun(algorithm)
		r.Dataset, r.BatchSize = d, f.batch
		if algorithm.Space() == cell.Topology {
			r.Channels, r.Cells = f.channels, f.cells
		}
		if err := r.Validate(); err != nil {
			return nil, usage.Fault(err)
		}
		runs = append(runs, r)
	}
	return runs, nil
}

func (a *app) searchSpeed(ctx context.Context, args []string, f searchSpeedFlags) error {
	runs, err := f.measured(args)
	if err != nil {
		return err
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(f.threads))
	defer procmem.CollectEarly()()
	b := progress.NewBar(a.stderr, int64(len(runs)), "measuring", "algorithms")
	defer b.Finish()
	var all []searchSpeed
	for _, r := range runs {
		b.Describe("measuring " + sharedName(r.Algorithm))
		one, err := f.measure(ctx, r)
		if err != nil {
			return err
		}
		b.Add(1)
		if f.asJSON {
			if err := a.printJSON(one); err != nil {
				return err
			}
		}
		all = append(all, one)
	}
	b.Finish()
	if f.asJSON {
		return nil
	}
	return a.printSearchSpeed(f, all)
}

func (f searchSpeedFlags) measure(ctx context.Context, r weightsharing.Run) (searchSpeed, error) {
	procmem.Reset()
	d := r.Dataset
	images, valid := d.Count(data.Train), d.Count(data.XValid)
	if valid == 0 { // halves of the training images
		images, valid = images/2, images/2
	}
	t, err := weightsharing.Measure(ctx, r, weightsharing.Supernets{}, weightsharing.MeasureOptions{
		Shape:      weightsharing.Shape{Classes: d.Classes(), Side: d.Side(), Batch: r.BatchSize, EvaluationBatch: min(r.EvaluationBatch, valid)},
		Evaluation: !f.steps, Time: time.Duration(f.seconds * float64(time.Second)),
	})
	if err != nil {
		return searchSpeed{}, err
	}
	seconds := func(t time.Duration) *float64 {
		if t == 0 {
			return nil
		}
		s := t.Seconds()
		return &s
	}
	one := searchSpeed{
		Algorithm: sharedName(r.Algorithm), Step: t.Step.Seconds(), StepCPU: t.StepCPU.Seconds(),
		Candidate: seconds(t.Candidate), Validation: seconds(t.Validation), Epochs: r.Epochs, Memory: float64(procmem.Peak()) / (1 << 20),
	}
	if !f.steps {
		ofBatches := func(images, size int) int { return (images + size - 1) / size }
		one.Epoch = seconds(t.Epoch(r, ofBatches(images, r.BatchSize), ofBatches(valid, r.EvaluationBatch)))
	}
	return one, nil
}

func (a *app) printSearchSpeed(f searchSpeedFlags, all []searchSpeed) error {
	fmt.Fprintf(a.stdout, "%s, threads %d, batch %d\n", f.dataset, f.threads, f.batch)
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "step ms\tcandidate ms\tvalidation ms\tepoch\tsearch\tMB\t  algorithm\n")
	milliseconds := func(s *float64) string {
		if s == nil {
			return "-"
		}
		return fmt.Sprintf("%.0f", 1000**s)
	}
	for _, one := range all {
		epoch, search := "-", "-"
		if one.Epoch != nil {
			epoch = time.Duration(*one.Epoch * float64(time.Second)).Round(time.Second).String()
			search = fmt.Sprintf("%.1f h", float64(one.Epochs)**one.Epoch/3600)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%.0f\t  %s\n", milliseconds(&one.Step), milliseconds(one.Candidate), milliseconds(one.Validation), epoch, search, one.Memory, one.Algorithm)
	}
	return w.Flush()
}
