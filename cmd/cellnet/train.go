package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"cellnet/cell"
	"cellnet/data"
	"cellnet/train"

	"github.com/spf13/cobra"
)

// trainFlags are those of train.
type trainFlags struct {
	dataset, out    string
	seed            uint32
	channels, cells int
	limit           int
	interval        time.Duration
	resume, asJSON  bool
	data            dataFlags
	recipe          recipeFlags
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
interrupted training goes on with cellnet train --resume --out DIR.`,
		Example: `  cellnet train 1 --dataset cifar10-valid --hp 12 --seed 777 --data ~/data --out run1
  cellnet train resnet --dataset synthetic --epochs 2 --limit 2000 --out try
  cellnet train --resume --out run1`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usageErrorf("unexpected argument %q", args[1])
			}
			return nil
		},
		ValidArgsFunction: completeArch,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.train(cmd.Context(), strings.Join(args, ""), f)
		},
	}
	cmd.Flags().StringVar(&f.dataset, "dataset", "", "cifar10-valid, cifar10, cifar100, ImageNet16-120 or synthetic")
	cmd.Flags().StringVar(&f.out, "out", "", "`DIR` for the results")
	cmd.Flags().Uint32Var(&f.seed, "seed", 777, "where all random numbers come from")
	cmd.Flags().IntVarP(&f.channels, "channels", "C", 16, "channels of the first stage")
	cmd.Flags().IntVarP(&f.cells, "cells", "N", 5, "cells of a stage")
	cmd.Flags().IntVar(&f.limit, "limit", 0, "use the first `N` images of every set only")
	cmd.Flags().DurationVar(&f.interval, "checkpoint-every", 10*time.Minute, "time between checkpoints within an epoch; 0 for none")
	cmd.Flags().BoolVar(&f.resume, "resume", false, "go on with the training in DIR; ARCH and the recipe may be left out")
	f.data.add(cmd)
	f.recipe.add(cmd)
	addJSONFlag(cmd, &f.asJSON)
	return cmd
}

// trainRecord is what train --json prints.
type trainRecord struct {
	Arch    cell.Cell                `json:"arch"`
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
		return usageErrorf("train needs --out")
	}
	folder := runFolder(f.out)
	plan, err := f.plan(arch, folder)
	if err != nil {
		return err
	}
	if err := folder.check(f.resume); err != nil {
		return err
	}
	images, err := a.loadImages(ctx, plan)
	if err != nil {
		return err
	}
	if err := folder.begin(plan); err != nil {
		return err
	}
	trainer, err := a.trainIn(ctx, folder, plan, images, f.interval)
	if err != nil {
		return err
	}
	if err := folder.finish(trainer, plan); err != nil {
		return err
	}
	return a.printTrained(f, folder, plan, trainer.History())
}

// plan says what is to be trained: what the arguments say or, without ARCH, what
// the folder's run.json does.
func (f *trainFlags) plan(arch string, folder runFolder) (runPlan, error) {
	if arch == "" {
		if !f.resume {
			return runPlan{}, usageErrorf("missing argument ARCH")
		}
		if f.recipe.changed() || f.dataset != "" {
			return runPlan{}, usageErrorf("--resume takes dataset and recipe from the folder: leave them out, or give ARCH and all else as before")
		}
		plan, err := folder.plan()
		if err != nil {
			return runPlan{}, err
		}
		if f.data.dir != "" {
			plan.Data = f.data.source()
		}
		return plan, nil
	}
	c, err := parseArch(arch)
	if err != nil {
		return runPlan{}, err
	}
	if f.dataset == "" {
		return runPlan{}, usageErrorf("train needs --dataset")
	}
	dataset, err := data.ParseDataset(f.dataset)
	if err != nil {
		return runPlan{}, usageErrorf("--dataset: %w", err)
	}
	if f.limit < 0 {
		return runPlan{}, usageErrorf("--limit: %d images, want 1 or more", f.limit)
	}
	plan := runPlan{Limit: f.limit, Data: f.data.source()}
	net, err := cell.NewNetwork(c, f.channels, f.cells, dataset.Classes())
	if err != nil {
		return runPlan{}, usageError{err}
	}
	plan.Run = train.Run{Net: net, Dataset: dataset, Seed: f.seed}
	if plan.Run.Recipe, plan.Overrides, err = f.recipe.recipe(); err != nil {
		return runPlan{}, err
	}
	plan.HP, plan.Config = f.recipe.hp, f.recipe.config
	if err := plan.Run.Validate(); err != nil {
		return runPlan{}, usageError{err}
	}
	return plan, nil
}

// loadImages reads the images of a plan, and notes which sets are missing.
func (a *app) loadImages(ctx context.Context, plan runPlan) (*train.Data, error) {
	source, err := plan.Data.flags().open(ctx, a, plan.Run.Dataset)
	if err != nil {
		return nil, err
	}
	images, missing, err := train.LoadData(source)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", plan.Run.Dataset, err)
	}
	for _, err := range missing {
		fmt.Fprintf(a.stderr, "note: %v\n", err)
	}
	if plan.Limit > 0 {
		images = images.Limit(plan.Limit)
	}
	return images, nil
}

// trainIn trains in a folder, from its last checkpoint on.
func (a *app) trainIn(ctx context.Context, folder runFolder, plan runPlan, images *train.Data, interval time.Duration) (*train.Trainer, error) {
	epochs := plan.Run.Recipe.TotalEpochs()
	progress := a.newTrainProgress("", epochs, images)
	defer progress.clear()
	var log *runLog
	trainer, err := train.NewTrainer(plan.Run, images, train.Options{
		Checkpoints: folder.checkpoints(), Interval: interval,
		Hooks: train.Hooks{
			OnStep: progress.onStep, OnEvaluation: progress.onEvaluation,
			OnEpoch: func(e train.Epoch) {
				progress.onEpoch(e)
				log.add(e)
			},
		},
	})
	if err != nil {
		return nil, err
	}
	resumed, damaged, err := trainer.Resume()
	for _, err := range damaged {
		fmt.Fprintf(a.stderr, "warning: %v\n", err)
	}
	if err != nil {
		return nil, err
	}
	done, steps := trainer.Position()
	if resumed {
		fmt.Fprintf(a.stderr, "resuming after %d of %d epochs and %d steps\n", done, epochs, steps)
	}
	progress.begin(done, min(steps*plan.Run.Recipe.BatchSize, images.Train.Len()))
	if log, err = folder.openLog(epochs, trainer.History()); err != nil {
		return nil, err
	}
	err = trainer.Train(ctx)
	progress.clear()
	if closeErr := log.close(); err == nil {
		err = closeErr
	}
	var diverged *train.DivergedError
	switch {
	case errors.Is(err, context.Canceled):
		done, steps := trainer.Position()
		return nil, &interruptedError{fmt.Sprintf("interrupted after %d of %d epochs and %d steps: go on with: cellnet train --resume --out %s",
			done, epochs, steps, shellWord(string(folder))), err}
	case errors.Is(err, syscall.ENOSPC):
		err = fmt.Errorf("%w: make room, then go on with: cellnet train --resume --out %s", err, shellWord(string(folder)))
	case errors.As(err, &diverged):
		if some, _ := train.HasCheckpoints(folder.checkpoints()); some {
			err = fmt.Errorf("%w; the checkpoints in %s are from before", err, folder.checkpoints())
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

func (a *app) printTrained(f trainFlags, folder runFolder, plan runPlan, history []train.Epoch) error {
	last := history[len(history)-1]
	r := trainRecord{
		Arch: plan.Run.Net.Cell, Dataset: plan.Run.Dataset, Seed: plan.Run.Seed, Epochs: len(history),
		Weights: folder.weights(), Train: last.Train, Sets: map[string]train.Metrics{},
	}
	if index, ok := r.Arch.Index(); ok {
		r.Index = &index
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
