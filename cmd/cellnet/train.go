package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"cellnet/cell/spec"
	"cellnet/data"
	"cellnet/internal/progress"
	"cellnet/internal/rundir"
	"cellnet/internal/usage"
	"cellnet/models"
	"cellnet/train"

	"github.com/spf13/cobra"
)

// trainFlags are those of train.
type trainFlags struct {
	dataset, out   string
	seed           uint32
	shape          shapeFlags
	limit          int
	interval       time.Duration
	resume, asJSON bool
	data           dataFlags
	recipe         recipeFlags
	kernels        kernelFlags
}

func newTrainCommand(a *app) *cobra.Command {
	var f trainFlags
	cmd := &cobra.Command{
		Use:   "train [ARCH] --dataset DATASET --out DIR",
		Short: "Train a network by the benchmark's recipe or a variation of it",
		Long: `Train a network by the benchmark's recipe or a variation of it. The same program,
architecture, recipe and seed give the same weights, bit for bit, on any number of
processors.

DIR gets weights.pth, log.jsonl with a line for every epoch, run.json, which says
what was trained and how, curves.svg and curves.png, and checkpoints. An
interrupted training goes on with cellnet train --resume --out DIR.

` + archHelp,
		Example: `  cellnet train 1 --dataset cifar10-valid --hp 12 --seed 777 --data ~/data --out run1
  cellnet train resnet --dataset synthetic --epochs 2 --limit 2000 --out try
  cellnet train 8:8:40:32:40 --dataset cifar10 --hp 01 --data ~/data --out narrow
  cellnet train DARTS_V2 -C 16 -N 2 --auxiliary --dataset cifar10 --data ~/data --out darts
  cellnet train --resume --out run1`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usage.Errorf("unexpected argument %q", args[1])
			}
			return nil
		},
		ValidArgsFunction: completeArch,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.train(cmd.Context(), strings.Join(args, ""), f)
		},
	}
	cmd.Flags().StringVar(&f.dataset, "dataset", "", datasetHelp)
	cmd.Flags().StringVar(&f.out, "out", "", "`DIR` for the results")
	cmd.Flags().Uint32Var(&f.seed, "seed", 777, "where all random numbers come from")
	f.shape.add(cmd)
	cmd.Flags().IntVar(&f.limit, "limit", 0, "use the first `N` images of every set only")
	cmd.Flags().DurationVar(&f.interval, "checkpoint-every", 10*time.Minute, "time between checkpoints within an epoch; 0 for none")
	cmd.Flags().BoolVar(&f.resume, "resume", false, "go on with the training in DIR; ARCH and the recipe may be left out")
	f.data.add(cmd)
	f.recipe.add(cmd)
	f.kernels.add(cmd)
	addJSONFlag(cmd, &f.asJSON)
	return cmd
}

// trainRecord is what train --json prints.
type trainRecord struct {
	Arch    string                   `json:"arch"`
	Index   *int                     `json:"index"` // null outside the benchmark
	Dataset data.Dataset             `json:"dataset"`
	Seed    uint32                   `json:"seed"`
	Epochs  int                      `json:"epochs"`
	Weights string                   `json:"weights"`
	Train   train.Metrics            `json:"train"`
	Sets    map[string]train.Metrics `json:"sets"`
}

func (a *app) train(ctx context.Context, arch string, f trainFlags) error {
	if f.out == "" {
		return usage.Errorf("train needs --out")
	}
	if f.kernels.mix && !f.resume {
		return usage.Errorf("--mix-isa goes with --resume")
	}
	kernels, err := f.kernels.kernels()
	if err != nil {
		return err
	}
	plan, err := f.plan(ctx, a, arch)
	if err != nil {
		return err
	}
	a.noteIgnored(&f.recipe)
	dir, err := f.open(arch, &plan)
	if err != nil {
		return err
	}
	defer dir.Close()
	images, err := a.loadImages(ctx, f.data, plan.Run.Dataset, plan.Run.Folder, plan.Limit)
	if err != nil {
		return err
	}
	if kernels == models.AnyISA && f.resume {
		if kernels, err = dir.Kernels(); err != nil {
			return err
		}
	}
	a.warnOfCollapsed(plan.Run.Net)
	trainer, err := a.trainIn(ctx, dir, &plan, images, f, kernels)
	if err != nil {
		return err
	}
	if err := dir.Finish(trainer, plan); err != nil {
		return err
	}
	return a.printTrained(f, dir, plan, trainer.History())
}

// open takes the folder. Without ARCH its run.json tells the plan.
func (f *trainFlags) open(arch string, plan *rundir.Plan) (*rundir.Dir, error) {
	if !f.resume {
		return rundir.Begin(f.out)
	}
	if arch == "" { // before the folder is made
		if _, err := rundir.ReadPlan(f.out); err != nil {
			return nil, err
		}
	}
	dir, err := rundir.Resume(f.out)
	if err != nil || arch != "" {
		return dir, err
	}
	if *plan, err = rundir.ReadPlan(f.out); err != nil {
		return nil, errors.Join(err, dir.Close())
	}
	if f.data.dir == "" {
		f.data.from(plan.Data)
	} else {
		plan.Data = f.data.source()
	}
	return dir, nil
}

// plan says what is to be trained if an ARCH is given.
func (f *trainFlags) plan(ctx context.Context, a *app, arch string) (plan rundir.Plan, err error) {
	if arch == "" {
		if !f.resume {
			return plan, usage.Errorf("missing argument ARCH")
		}
		if f.recipe.changed() || f.dataset != "" {
			return plan, usage.Errorf("--resume takes dataset and recipe from the folder: leave them out, or give ARCH and all else as before")
		}
		return plan, nil
	}
	if f.dataset == "" {
		return plan, usage.Errorf("train needs --dataset")
	}
	dataset, err := data.ResolveDataset(f.dataset)
	if err != nil {
		return plan, usage.Errorf("--dataset: %w", err)
	}
	if f.limit < 0 {
		return plan, usage.Errorf("--limit: %d images, want 1 or more", f.limit)
	}
	plan = rundir.Plan{Program: readVersion().String(), Limit: f.limit, Data: f.data.source()}
	plan.Run = train.Run{Dataset: dataset, Seed: f.seed}
	if plan.Run.Recipe, plan.Overrides, err = f.recipe.recipe(); err != nil {
		return plan, err
	}
	if plan.Run.Folder, err = f.data.folderInfo(ctx, a, dataset); err != nil {
		return plan, err
	}
	if plan.Run.Net, err = f.shape.network(arch, plan.Run.Info().Classes); err != nil {
		return plan, err
	}
	plan.HP, plan.Config = f.recipe.hp, f.recipe.config
	if err := plan.Run.Validate(); err != nil {
		return plan, usage.Fault(err)
	}
	return plan, nil
}

// loadImages reads the first images of the sets of a dataset, all if limit is 0,
// and notes which sets are missing. known is what a training was told of a folder.
func (a *app) loadImages(ctx context.Context, where dataFlags, d data.Dataset, known data.Info, limit int) (*train.Data, error) {
	if limit > 0 { // no others need to be made
		where.synthetic = data.SyntheticSize{Train: min(limit, data.DefaultSyntheticTrain), Test: min(limit, data.DefaultSyntheticTest)}
	}
	source, err := where.open(ctx, a, d, known)
	if err != nil {
		return nil, err
	}
	images, missing, err := train.LoadData(source)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", d, err)
	}
	a.noteAll(source, missing)
	if limit > 0 {
		images = images.Limit(limit)
	}
	return images, nil
}

// trainIn trains in a folder, from its last checkpoint on, and completes the plan.
func (a *app) trainIn(ctx context.Context, dir *rundir.Dir, plan *rundir.Plan, images *train.Data, f trainFlags, kernels models.ISA) (*train.Trainer, error) {
	epochs := plan.Run.Recipe.TotalEpochs()
	shown := progress.NewTraining(a.stderr, epochs, images)
	defer shown.Clear()
	var log *rundir.Log
	trainer, err := train.NewTrainer(plan.Run, images, train.Options{
		Kernels: kernels, MixKernels: f.kernels.mix, Checkpoints: dir.Checkpoints(), Interval: f.interval,
		Hooks: train.Hooks{
			OnStep: shown.OnStep, OnEvaluation: shown.OnEvaluation,
			OnEpoch: func(e train.Epoch) {
				shown.OnEpoch(e)
				log.Add(e)
			},
		},
	})
	if err != nil {
		return nil, err
	}
	resumed, damaged, err := trainer.Resume()
	for _, err := range damaged {
		a.say("warning: %v", err)
	}
	if err != nil {
		return nil, err
	}
	for _, note := range trainer.Notes() {
		a.say("note: %s", note)
	}
	plan.Images, plan.Kernels = trainer.Images(), trainer.Kernels()
	done, steps := trainer.Position()
	if resumed {
		fmt.Fprintf(a.stderr, "resuming after %d of %d epochs and %d steps\n", done, epochs, steps)
	}
	shown.Begin(done, min(steps*plan.Run.Recipe.BatchSize, images.Train.Len()))
	if log, err = dir.Start(*plan, resumed, trainer.History()); err != nil {
		return nil, err
	}
	err = trainer.Train(ctx)
	shown.Clear()
	if closeErr := log.Close(); err == nil {
		err = closeErr
	}
	var diverged *train.DivergedError
	switch {
	case errors.Is(err, context.Canceled):
		done, steps := trainer.Position()
		return nil, &interruptedError{fmt.Sprintf("interrupted after %d of %d epochs and %d steps: go on with: cellnet train --resume --out %s",
			done, epochs, steps, shellWord(f.out)), err}
	case errors.Is(err, syscall.ENOSPC):
		err = fmt.Errorf("%w: make room, then go on with: cellnet train --resume --out %s", err, shellWord(f.out))
	case errors.As(err, &diverged):
		if some, _ := train.HasCheckpoints(dir.Checkpoints()); some {
			err = fmt.Errorf("%w; the checkpoints in %s are from before", err, dir.Checkpoints())
		}
	}
	if err != nil {
		return nil, err
	}
	return trainer, nil
}

// shellWord makes a shell take a path for one word.
func shellWord(path string) string {
	if strings.ContainsAny(path, " \t\n\"'\\$`&|;<>()*?[]#~!{}") {
		return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
	}
	return path
}

func (a *app) printTrained(f trainFlags, dir *rundir.Dir, plan rundir.Plan, history []train.Epoch) error {
	last := history[len(history)-1]
	r := trainRecord{
		Arch: spec.Name(plan.Run.Net), Index: indexOf(plan.Run.Net), Dataset: plan.Run.Dataset, Seed: plan.Run.Seed, Epochs: len(history),
		Weights: dir.Weights(), Train: last.Train, Sets: map[string]train.Metrics{},
	}
	for _, e := range last.Evaluations {
		r.Sets[e.Set.String()] = e.Metrics
	}
	if f.asJSON {
		return a.printJSON(r)
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "%s, seed %d, %s on %s: %s\n", r.Arch, r.Seed, plural(r.Epochs, "epoch"), r.Dataset, r.Weights)
	fmt.Fprintln(w, "set\timages\tloss\ttop-1 %\ttop-5 %\tseconds")
	line := func(set data.Set, m train.Metrics) {
		fmt.Fprintf(w, "%s\t%d\t%.4f\t%.2f\t%.2f\t%.2f\n", set, m.N, m.Loss, m.Top1, m.Top5, m.Seconds)
	}
	line(data.Train, last.Train)
	for _, e := range last.Evaluations {
		line(e.Set, e.Metrics)
	}
	return w.Flush()
}
