package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"cellnet/bench"
	"cellnet/cell"
	"cellnet/data"
	"cellnet/internal/cluster"
	"cellnet/internal/jobarray"
	"cellnet/internal/procmem"
	"cellnet/internal/progress"
	"cellnet/internal/rundir"
	"cellnet/internal/usage"
	"cellnet/models"
	"cellnet/search"
	"cellnet/search/experiment"
	"cellnet/search/simulate"
	"cellnet/search/trainings"
	"cellnet/search/weightsharing"
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

// sharedFlags are those of a search by a supernet.
type sharedFlags struct {
	run            weightsharing.Run
	dataset, out   string
	shard          string
	cluster        cluster.Flags
	args           []string // as they were given
	limit          int
	interval       time.Duration
	resume, asJSON bool
	data           dataFlags
	kernels        kernelFlags
}

// sharedNames are what commands call the algorithms, whose published names are
// weightsharing's: random is taken by the search that trains one after another.
func sharedName(a weightsharing.Algorithm) string {
	if a == weightsharing.Random {
		return "rsps"
	}
	return strings.ReplaceAll(a.String(), "_", "-")
}

// sharedAlgorithm reads such a name, or a published one that is not taken.
func sharedAlgorithm(name string) (weightsharing.Algorithm, error) {
	var names []string
	for _, algorithm := range weightsharing.Algorithms() {
		if name == sharedName(algorithm) || name == algorithm.String() && algorithm != weightsharing.Random {
			return algorithm, nil
		}
		names = append(names, sharedName(algorithm))
	}
	return 0, fmt.Errorf("unknown algorithm %.40q, want one of %s", name, strings.Join(names, ", "))
}

// newSharedSearchCommands returns a command for each algorithm.
func newSharedSearchCommands(a *app) (commands []*cobra.Command) {
	for _, algorithm := range weightsharing.Algorithms() {
		commands = append(commands, newSharedSearchCommand(a, algorithm))
	}
	return commands
}

// sharedHelp says in short what the algorithms do.
var sharedHelp = map[weightsharing.Algorithm]string{
	weightsharing.DARTSV1:    "DARTS, first order: weights and architecture in turn, all operations at once",
	weightsharing.DARTSV2:    "DARTS, second order: the architecture looks a step of the weights ahead",
	weightsharing.GDAS:       "GDAS: operations are drawn by Gumbel-softmax",
	weightsharing.GDASV1:     "GDAS without the gradient of operations that were not drawn",
	weightsharing.SETN:       "SETN: weights on drawn cells, the architecture on all operations at once",
	weightsharing.Random:     "Random search with weight sharing (RSPS)",
	weightsharing.ENAS:       "ENAS: a controller names cells and learns by their accuracy",
	weightsharing.TAS:        "TAS, on widths: mixtures of two widths, channels interpolated",
	weightsharing.MaskGumbel: "On widths: masks of channels, weighed by Gumbel-softmax",
	weightsharing.MaskRL:     "On widths: masks of channels that are drawn, by REINFORCE",
}

func newSharedSearchCommand(a *app, algorithm weightsharing.Algorithm) *cobra.Command {
	f := sharedFlags{run: weightsharing.DefaultRun(algorithm)}
	name, small := sharedName(algorithm), " -C 4 -N 1"
	if algorithm.Space() == cell.Size {
		small = " --widths 4,8"
	}
	cmd := &cobra.Command{
		Use:   name + " --dataset DATASET --out DIR",
		Short: sharedHelp[algorithm],
		Long: sharedHelp[algorithm] + `.
One supernet that holds all candidates is trained on images, and the architecture is
chosen with its weights. Of cifar10 the weights learn on one half of the training images, the
architecture on the other; of the other datasets the architecture learns on x-valid.

DIR gets log.jsonl with a line for every epoch, search.json, pictures of the curves
and of the architecture's parameters, and checkpoints. An interrupted search goes on
with cellnet search ` + name + ` --resume --out DIR.

--slurm and --kubernetes print what those take, with --tasks N for N searches, each by the
next seed. Their --shard i/n searches by the i-th seed from --seed on into DIR/seed-SEED,
or goes on there.`,
		Example: fmt.Sprintf(`  cellnet search %s --dataset cifar10 --data ~/data --out found
  cellnet search %[1]s --dataset synthetic --epochs 2 --limit 400%s --out try`, name, small),
		Args: wantArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			f.args = append([]string{"search", cmd.Name()}, cluster.Arguments(cmd.Flags())...)
			return a.searchShared(cmd.Context(), f)
		},
	}
	if other := algorithm.String(); other != name && algorithm != weightsharing.Random {
		cmd.Aliases = []string{other}
	}
	r, flags := &f.run, cmd.Flags()
	flags.StringVar(&f.dataset, "dataset", "", "cifar10, cifar100, ImageNet16-120, synthetic, or folder for own pictures")
	flags.StringVar(&f.out, "out", "", "`DIR` for the results")
	flags.Uint32Var(&r.Seed, "seed", r.Seed, "where all random numbers come from")
	flags.IntVar(&r.Epochs, "epochs", r.Epochs, "epochs")
	flags.IntVar(&r.BatchSize, "batch", r.BatchSize, "images of either half of a step")
	flags.IntVar(&r.EvaluationBatch, "evaluation-batch", r.EvaluationBatch, "images that are normalized together in validation")
	if algorithm.Space() == cell.Size {
		flags.IntSliceVar(&r.Widths, "widths", r.Widths, "channels to choose from, rising")
		flags.Float64Var(&r.WarmUp, "warmup-ratio", r.WarmUp, "share of the epochs before the architecture learns")
	} else {
		flags.IntVarP(&r.Channels, "channels", "C", r.Channels, "channels of the first stage")
		flags.IntVarP(&r.Cells, "cells", "N", r.Cells, "cells of a stage")
		flags.IntVar(&r.Nodes, "nodes", r.Nodes, "nodes of a cell")
		flags.Float64Var(&r.DropPath, "drop-path", r.DropPath, "rate of drop path in the last epoch")
	}
	flags.BoolVar(&r.Affine, "affine", r.Affine, "batch norms of cells have weights")
	flags.BoolVar(&r.Track, "track-running-stats", r.Track, "batch norms of cells keep running statistics")
	flags.Float64Var(&r.Rate, "rate", r.Rate, "the weights' learning rate at first")
	flags.Float64Var(&r.RateMin, "rate-min", r.RateMin, "the weights' learning rate at last")
	flags.IntVar(&r.RatePeriod, "rate-period", r.RatePeriod, "`EPOCHS` after which the rate is at its lowest, and rises again; 0 for all")
	flags.Float64Var(&r.Momentum, "momentum", r.Momentum, "Nesterov momentum of the weights")
	flags.Float64Var(&r.Decay, "decay", r.Decay, "the weights' decay")
	flags.Float64Var(&r.Clip, "clip", r.Clip, "greatest norm of the weights' gradient; 0 for none")
	if algorithm != weightsharing.Random {
		flags.Float64Var(&r.ArchRate, "arch-rate", r.ArchRate, "the architecture's learning rate")
		flags.Float64Var(&r.ArchDecay, "arch-decay", r.ArchDecay, "the architecture's weight decay")
		flags.Float64Var(&r.ArchBetas[0], "arch-beta1", r.ArchBetas[0], "Adam's first beta for the architecture")
		flags.Float64Var(&r.ArchBetas[1], "arch-beta2", r.ArchBetas[1], "Adam's second beta for the architecture")
		flags.Float64Var(&r.ArchEpsilon, "arch-epsilon", r.ArchEpsilon, "Adam's epsilon for the architecture")
	}
	if r.TauMax > 0 {
		flags.Float64Var(&r.TauMin, "tau-min", r.TauMin, "temperature of the last epoch")
		flags.Float64Var(&r.TauMax, "tau-max", r.TauMax, "temperature of the first epoch")
	}
	if r.Candidates > 0 {
		flags.IntVar(&r.Candidates, "candidates", r.Candidates, "cells that are compared after every epoch")
		flags.IntVar(&r.SameBatches, "same-batches", 0, "compare all on the same `N` batches (default: each on one of its own, as published)")
	}
	if r.ControllerUpdates > 0 {
		flags.IntVar(&r.ControllerUpdates, "controller-updates", r.ControllerUpdates, "of the controller after every epoch")
		flags.IntVar(&r.ControllerSamples, "controller-samples", r.ControllerSamples, "cells of an update")
	}
	flags.IntVar(&f.limit, "limit", 0, "use the first `N` images of every set only")
	flags.DurationVar(&f.interval, "checkpoint-every", 10*time.Minute, "time between checkpoints within an epoch; 0 for none")
	flags.BoolVar(&f.resume, "resume", false, "go on with the search in DIR; all else may be left out")
	flags.StringVar(&f.shard, "shard", "", "search by the i-th seed of `i/n` only, in a folder of its own")
	f.cluster.Add(flags)
	flags.Lookup("tasks").Usage = "`N` tasks of --slurm or --kubernetes, each with the next seed"
	f.data.add(cmd)
	cmd.Flags().StringVar(&f.kernels.isa, "isa", "", "compute by the generic, avx2 or avx512 `KERNELS`, which round differently")
	addJSONFlag(cmd, &f.asJSON)
	return cmd
}

// plan says what is searched; of a search that goes on its folder may tell.
func (f *sharedFlags) plan() (p weightsharing.Plan, err error) {
	if f.out == "" {
		return p, usage.Errorf("missing --out, want the folder for the results")
	}
	if f.limit < 0 {
		return p, usage.Errorf("--limit: %d images, want 1 or more", f.limit)
	}
	if f.dataset == "" {
		if !f.resume {
			return p, usage.Errorf("missing --dataset, want cifar10, cifar100, ImageNet16-120, synthetic or folder")
		}
		if p, err = weightsharing.ReadPlan(f.out); err != nil {
			return p, err
		}
		if p.Run.Algorithm != f.run.Algorithm {
			return p, usage.Errorf("%s holds a search by %s: go on with cellnet search %[2]s", f.out, sharedName(p.Run.Algorithm))
		}
		if f.data.dir == "" {
			f.data.from(p.Data)
		}
		return p, nil
	}
	d, err := data.ResolveDataset(f.dataset)
	if err != nil {
		return p, usage.Errorf("--dataset: %w", err)
	}
	if d == data.CIFAR10 {
		d = data.CIFAR10Valid // whose two halves are searched on
	}
	p = weightsharing.Plan{Program: readVersion().String(), Run: f.run, Limit: f.limit, Data: f.data.source()}
	p.Run.Dataset = d
	if err := p.Run.Validate(); err != nil {
		return p, usage.Fault(err)
	}
	return p, nil
}

// take makes the search that of one of several tasks.
func (f *sharedFlags) take(shard string) error {
	part, err := jobarray.Parse(shard, os.Getenv)
	if err != nil {
		return err
	}
	f.run.Seed += uint32(part.Index)
	f.out = filepath.Join(f.out, fmt.Sprintf("seed-%04d", f.run.Seed))
	f.resume = true
	return nil
}

func (a *app) searchShared(ctx context.Context, f sharedFlags) error {
	defer procmem.CollectEarly()()
	if err := f.cluster.Check(f.shard); err != nil {
		return err
	}
	if f.shard != "" && f.out != "" {
		if err := f.take(f.shard); err != nil {
			return err
		}
	}
	plan, err := f.plan()
	if err != nil {
		return err
	}
	kernels, err := f.kernels.kernels()
	if err != nil {
		return err
	}
	load := func() (images weightsharing.Images, err error) {
		loaded, err := a.loadImages(ctx, f.data, plan.Run.Dataset, data.Info{}, plan.Limit)
		if err != nil {
			return images, err
		}
		return weightsharing.ImagesOf(loaded)
	}
	if f.cluster.Asked() {
		images, err := load()
		if err != nil {
			return err
		}
		return a.printSharedJob(ctx, plan, images, f, kernels)
	}
	open := rundir.Begin
	if f.resume {
		open = rundir.Resume
	}
	dir, err := open(f.out)
	if err != nil {
		return err
	}
	defer dir.Close()
	images, err := load()
	if err != nil {
		return err
	}
	s, err := a.searchIn(ctx, dir, plan, images, f, kernels)
	if err != nil {
		return err
	}
	known := knownAccuracy(plan.Run.Dataset)
	if err := weightsharing.Draw(f.out, plan.Run, s.History(), known); err != nil {
		return err
	}
	return a.printShared(f, plan.Run, s, known)
}

// printSharedJob prints what Slurm or Kubernetes takes for searches by several seeds. Some
// steps are measured.
func (a *app) printSharedJob(ctx context.Context, plan weightsharing.Plan, images weightsharing.Images, f sharedFlags, kernels models.ISA) error {
	const measured, beside = 3, 1.2 // steps, after one that is not; what is done beside the steps of an epoch
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	taken, first, steps := -1, time.Now(), 0
	s, err := weightsharing.New(plan.Run, images, weightsharing.Supernets{}, weightsharing.Options{
		Kernels: kernels,
		Hooks: weightsharing.Hooks{OnStep: func(p train.Progress) {
			steps = p.Steps
			if taken++; taken == 0 {
				first = time.Now()
			}
			if taken == measured {
				cancel()
			}
		}},
	})
	if err != nil {
		return err
	}
	if err := s.Run(ctx); err != nil && (taken < measured || !errors.Is(err, context.Canceled)) {
		return err
	}
	each := beside * time.Since(first).Seconds() / float64(max(1, taken)) * float64(steps*plan.Run.Epochs)
	work := cluster.Work{Pieces: slices.Repeat([]float64{each}, f.cluster.Tasks()), Memory: float64(procmem.Peak())}
	return a.printJob(f.cluster, f.args, work)
}

// searchIn searches in a folder, from its last checkpoint on.
func (a *app) searchIn(ctx context.Context, dir *rundir.Dir, plan weightsharing.Plan, images weightsharing.Images, f sharedFlags, kernels models.ISA) (*weightsharing.Search, error) {
	shown := progress.NewTraining(a.stderr, plan.Run.Epochs, &train.Data{
		Train: images.Train, Evaluations: []train.EvaluationSet{{Set: data.XValid, Images: images.Valid}},
	})
	defer shown.Clear()
	var s *weightsharing.Search
	var failed error // to write the log
	s, err := weightsharing.New(plan.Run, images, weightsharing.Supernets{}, weightsharing.Options{
		Kernels: kernels, Checkpoints: dir.Checkpoints(), Interval: f.interval,
		Hooks: weightsharing.Hooks{
			OnStep: shown.OnStep, OnEvaluation: shown.OnEvaluation,
			OnEpoch: func(e weightsharing.Epoch) {
				shown.OnEpoch(train.Epoch{Epoch: e.Epoch, Rate: e.Rate, Train: e.Train, Evaluations: []train.Evaluation{{Set: data.XValid, Metrics: e.Validation}}})
				if skips, edges := e.Skips(); 2*skips > edges {
					shown.Clear()
					fmt.Fprintf(a.stderr, "note: skip_connect is on %d of %d edges of the chosen cell: it takes over, as published searches of this kind had it\n", skips, edges)
				}
				failed = errors.Join(failed, weightsharing.WriteLog(f.out, s.History()))
			},
		},
	})
	if err != nil {
		return nil, err
	}
	resumed, damaged, err := s.Resume()
	for _, err := range damaged {
		fmt.Fprintf(a.stderr, "warning: %v\n", err)
	}
	if err != nil {
		return nil, err
	}
	done, steps := s.Position()
	if resumed {
		fmt.Fprintf(a.stderr, "resuming after %d of %d epochs and %d steps\n", done, plan.Run.Epochs, steps)
	}
	shown.Begin(done, min(steps*plan.Run.BatchSize, images.Train.Len()))
	if err := errors.Join(weightsharing.WritePlan(f.out, plan), weightsharing.WriteLog(f.out, s.History())); err != nil {
		return nil, err
	}
	err = s.Run(ctx)
	shown.Clear()
	if errors.Is(err, context.Canceled) {
		done, steps := s.Position()
		return nil, &interruptedError{fmt.Sprintf("interrupted after %d of %d epochs and %d steps: go on with: cellnet search %s --resume --out %s",
			done, plan.Run.Epochs, steps, sharedName(plan.Run.Algorithm), shellWord(f.out)), err}
	}
	return s, errors.Join(err, failed)
}

// knownAccuracy gives the built-in results of cells, nil if there are none on the
// dataset.
func knownAccuracy(d data.Dataset) weightsharing.Accuracy {
	if d == data.CIFAR10Valid {
		d = data.CIFAR10
	}
	judge, err := simulate.NewBuiltin(d, 12)
	if err != nil {
		return nil
	}
	return func(arch cell.Arch) (float64, bool) {
		index, ok := arch.Index()
		if !ok || arch.Space() != cell.Topology {
			return 0, false
		}
		_, test, err := judge.Final(index)
		return test, err == nil
	}
}

// sharedResult is what a search by a supernet prints with --json.
type sharedResult struct {
	Algorithm string       `json:"algorithm"`
	Dataset   data.Dataset `json:"dataset"`
	Seed      uint32       `json:"seed"`
	Epochs    int          `json:"epochs"`
	Last      sharedChoice `json:"last"` // of the last epoch, as published
	Best      sharedChoice `json:"best"` // of the epoch of the highest accuracy on the validation set
	Log       string       `json:"log"`
}

type sharedChoice struct {
	Epoch      int       `json:"epoch"`
	Arch       cell.Arch `json:"arch"`
	Index      *int      `json:"index"`
	Validation float64   `json:"validation"` // of the supernet
	Test       *float64  `json:"test"`       // of the cell, by the built-in results
}

func (a *app) printShared(f sharedFlags, r weightsharing.Run, s *weightsharing.Search, known weightsharing.Accuracy) error {
	of := func(e weightsharing.Epoch) (c sharedChoice) {
		c = sharedChoice{Epoch: e.Epoch, Arch: e.Arch, Validation: e.Validation.Top1}
		if index, ok := e.Arch.Index(); ok {
			c.Index = &index
		}
		if known != nil {
			if test, ok := known(e.Arch); ok {
				c.Test = &test
			}
		}
		return c
	}
	result := sharedResult{sharedName(r.Algorithm), r.Dataset, r.Seed, len(s.History()), of(s.Last()), of(s.Best()), rundir.LogIn(f.out)}
	if f.asJSON {
		return a.printJSON(result)
	}
	fmt.Fprintf(a.stdout, "%s on %v, seed %d, %s: %s\n", result.Algorithm, r.Dataset, r.Seed, plural(result.Epochs, "epoch"), result.Log)
	for _, one := range []struct {
		what string
		sharedChoice
	}{{"last", result.Last}, {"best", result.Best}} {
		fmt.Fprintf(a.stdout, "%s: epoch %d, supernet %.2f %% on the validation set\n  %s", one.what, one.Epoch+1, one.Validation, one.Arch)
		if one.Index != nil {
			fmt.Fprintf(a.stdout, " (%d)", *one.Index)
		}
		if one.Test != nil {
			fmt.Fprintf(a.stdout, ": %.2f %% test after 200 epochs by itself", *one.Test)
		}
		if _, err := fmt.Fprintln(a.stdout); err != nil {
			return err
		}
	}
	return nil
}
