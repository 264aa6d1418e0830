package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"cellnet/bench"
	"cellnet/cell"
	"cellnet/data"
	"cellnet/internal/cluster"
	"cellnet/internal/usage"
	"cellnet/search"
	"cellnet/search/experiment"
	"cellnet/search/trainings"
	"cellnet/train"
	"cellnet/train/trials"
	"cellnet/weights"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// searchTraining are the flags of a search whose trainings really run.
type searchTraining struct {
	on              bool
	own             []string // names of the flags that only such a search has
	channels, cells int
	limit           int
	seeds           string
	interval        time.Duration
	data            dataFlags
	recipe          recipeFlags
	cluster         cluster.Flags
	args            []string // as they were given
}

// add adds the flags. Of the recipe's those are left out whose names the search
// has taken: hp chooses the recipe here, too, and --config sets its momentum.
func (t *searchTraining) add(flags *pflag.FlagSet) {
	flags.BoolVar(&t.on, "train", false, "train what is searched, into --out DIR; needs --evaluations or --budget")
	more := &cobra.Command{}
	t.data.add(more)
	t.recipe.add(more)
	own := more.Flags()
	own.IntVarP(&t.channels, "channels", "C", 16, "channels of the first stage")
	own.IntVarP(&t.cells, "cells", "N", 5, "cells of a stage")
	own.IntVar(&t.limit, "limit", 0, "use the first `N` images of every set only")
	own.StringVar(&t.seeds, "trial-seeds", "777", "seeds of the trials that a training is drawn from, such as 777,888")
	own.DurationVar(&t.interval, "checkpoint-every", 10*time.Minute, "time between checkpoints within an epoch; 0 for none")
	t.cluster.Add(own)
	own.Lookup("tasks").Usage = "`N` tasks of --slurm or --kubernetes, which train together"
	own.VisitAll(func(f *pflag.Flag) {
		if flags.Lookup(f.Name) != nil {
			return
		}
		f.Usage = "with --train: " + f.Usage
		flags.AddFlag(f)
		t.own = append(t.own, f.Name)
	})
}

// unwanted names a flag that was given although nothing is trained.
func (t *searchTraining) unwanted(flags *pflag.FlagSet) error {
	for _, name := range t.own {
		if flags.Changed(name) {
			return fmt.Errorf("--%s: only a search with --train has it", name)
		}
	}
	return nil
}

// parseTraining reads the dataset and what a training is.
func (o *searchOptions) parseTraining(flags *pflag.FlagSet) (set trials.Set, err error) {
	r, t := &o.request, &o.training
	d, err := data.ParseDataset(o.dataset)
	switch {
	case err != nil:
		return set, fmt.Errorf("--dataset: %w", err)
	case d == data.Folder:
		return set, errors.New("--dataset: searches by training on own pictures are not there yet, want another dataset or cellnet generate")
	case r.Space != search.Topology():
		return set, errors.New("--space: only cells are trained, want topology")
	case o.benchmark != "":
		return set, errors.New("--benchmark: a search with --train is judged by its trainings, want one of both")
	case o.out == "":
		return set, errors.New("missing --out, want the folder for the trainings")
	case r.Evaluations == 0 && r.Budget == 0:
		return set, errors.New("missing --evaluations or --budget, want the number of trainings or their seconds")
	}
	if d == data.CIFAR10 {
		d = data.CIFAR10Valid // of cifar10 nothing is left to validate on
	}
	r.Dataset = d
	t.recipe.hp = bench.HP(r.Recipe).String()
	set = trials.Set{Archs: []int{0}, Datasets: []data.Dataset{d}, C: t.channels, N: t.cells, Limit: t.limit}
	if set.Recipe, _, err = t.recipe.recipe(); err != nil {
		return set, err
	}
	for text := range strings.SplitSeq(t.seeds, ",") {
		seed, err := strconv.ParseUint(strings.TrimSpace(text), 10, 32)
		if err != nil {
			return set, fmt.Errorf("--trial-seeds: %.40q is no seed, want a number from 0 to 4294967295", text)
		}
		set.Seeds = append(set.Seeds, uint32(seed))
	}
	r.Recipe = set.Recipe.TotalEpochs()
	r.Net = experiment.NetSize{Channels: t.channels, Cells: t.cells}
	return set, set.Validate()
}

// searchTrained searches by trainings that really run.
func (a *app) searchTrained(ctx context.Context, o searchOptions, set trials.Set) error {
	if err := o.training.cluster.Check(""); err != nil {
		return err
	}
	if o.training.cluster.Asked() {
		return a.printTrainingJob(ctx, o, set)
	}
	if err := o.checkOutputs(); err != nil {
		return err
	}
	judge, err := trainings.New(trials.Runner{
		Set: set, Out: o.out, Format: weights.Zip, Info: machineInfo(), Interval: o.training.interval,
		Load: func(d data.Dataset) (*train.Data, error) {
			return a.loadImages(ctx, o.training.data, d, set.FolderInfo, set.Limit)
		},
		Hooks: trials.Hooks{
			OnBegin: func(_ int, item trials.Item, _ data.Dataset, epochs, _ int, _ *train.Data) {
				fmt.Fprintf(a.stderr, "%v: training from epoch %d on\n", item, epochs+1)
			},
			OnFinish:  func(_ int, item trials.Item) { fmt.Fprintf(a.stderr, "%v: trained\n", item) },
			OnWarning: func(item trials.Item, err error) { a.say("note: %v: %v", item, err) },
		},
	})
	if err != nil {
		return err
	}
	limited := o.request.Budget > 0
	if !limited {
		o.request.Budget = math.MaxFloat64
	}
	plan, err := o.request.Plan(judge)
	if err != nil {
		return usage.Fault(err)
	}
	plan.Problem.Ahead = judge.Ahead
	runs, err := plan.Run(ctx, nil)
	if errors.Is(err, context.Canceled) {
		return &interruptedError{"interrupted: go on with the same command", err}
	}
	if err != nil {
		return err
	}
	if !limited {
		plan.Problem.Budget = 0
		for _, run := range runs {
			plan.Problem.Budget = max(plan.Problem.Budget, run.Seconds())
		}
	}
	return a.printRuns(o, plan, runs)
}

// sampled is of how many architectures of the search space the times are taken.
const sampled = 100

// printTrainingJob prints what Slurm or Kubernetes takes for a search by trainings. Its
// tasks train together what the search asks for.
func (a *app) printTrainingJob(ctx context.Context, o searchOptions, set trials.Set) error {
	set.Archs = nil
	for i := range sampled {
		set.Archs = append(set.Archs, i*cell.SpaceSize/sampled)
	}
	set.Seeds = set.Seeds[:1] // a training is one of the trials
	items, err := set.Items()
	if err != nil {
		return err
	}
	speed, err := set.Measure(ctx, items)
	if err != nil {
		return err
	}
	mean := 0.0
	for _, item := range items {
		mean += speed.Seconds(set, item) / sampled
	}
	total := float64(o.request.Evaluations) * mean
	if o.request.Budget > 0 && (total == 0 || o.request.Budget < total) {
		total = o.request.Budget
	}
	tasks := o.training.cluster.Tasks()
	each := total * float64(o.request.Runs) / float64(tasks)
	work := cluster.Work{Pieces: slices.Repeat([]float64{each}, tasks), Together: true}
	if work.Memory, err = set.Memory(items, 1); err != nil {
		return err
	}
	return a.printJob(o.training.cluster, o.training.args, work)
}
