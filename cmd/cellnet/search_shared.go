package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"cellnet/cell"
	"cellnet/data"
	"cellnet/internal/cluster"
	"cellnet/internal/jobarray"
	"cellnet/internal/procmem"
	"cellnet/internal/progress"
	"cellnet/internal/rundir"
	"cellnet/internal/usage"
	"cellnet/models"
	"cellnet/search/simulate"
	"cellnet/search/weightsharing"
	"cellnet/train"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

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
	older          bool
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
			if f.older {
				var err error
				if f.run, err = olderRun(algorithm, cmd.Flags()); err != nil {
					return err
				}
			}
			return a.searchShared(cmd.Context(), f)
		},
	}
	if other := algorithm.String(); other != name && algorithm != weightsharing.Random {
		cmd.Aliases = []string{other}
	}
	flags := cmd.Flags()
	flags.StringVar(&f.dataset, "dataset", "", halvedHelp)
	flags.StringVar(&f.out, "out", "", "`DIR` for the results")
	addRunFlags(flags, &f.run)
	if algorithm.Space() == cell.Topology {
		flags.BoolVar(&f.older, "nas-bench-201", false, "settings of the NAS-Bench-201 paper's scripts (default: those of NATS-Bench's), where no flag says otherwise")
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

// addRunFlags adds the flags of what a search is.
func addRunFlags(flags *pflag.FlagSet, r *weightsharing.Run) {
	flags.Uint32Var(&r.Seed, "seed", r.Seed, "where all random numbers come from")
	flags.IntVar(&r.Epochs, "epochs", r.Epochs, "epochs")
	flags.IntVar(&r.BatchSize, "batch", r.BatchSize, "images of either half of a step")
	flags.IntVar(&r.EvaluationBatch, "evaluation-batch", r.EvaluationBatch, "images that are normalized together in validation")
	if r.Algorithm.Space() == cell.Size {
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
	if r.Algorithm != weightsharing.Random {
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
		flags.IntVar(&r.FinalCandidates, "final-candidates", r.FinalCandidates, "cells that are compared once more at the end; 0 for as many as after an epoch")
		flags.IntVar(&r.SameBatches, "same-batches", 0, "compare all on the same `N` batches (default: each on one of its own, as published)")
	}
	if r.ControllerUpdates > 0 {
		flags.IntVar(&r.ControllerUpdates, "controller-updates", r.ControllerUpdates, "of the controller after every epoch")
		flags.IntVar(&r.ControllerSamples, "controller-samples", r.ControllerSamples, "cells of an update")
	}
	switch r.Algorithm {
	case weightsharing.DARTSV2:
		flags.BoolVar(&r.ArchFirst, "arch-first", r.ArchFirst, "a step moves the architecture before the weights")
	case weightsharing.Random:
		flags.BoolVar(&r.OneCell, "one-cell", r.OneCell, "weights learn on one cell for all layers, any of all cells, and compared ones are drawn alike")
	case weightsharing.ENAS:
		flags.BoolVar(&r.LastBaseline, "last-baseline", r.LastBaseline, "the controller goes on from the last sample's baseline, not from the mean")
	}
}

// olderRun has the settings of the older scripts where no flag was given.
func olderRun(a weightsharing.Algorithm, given *pflag.FlagSet) (weightsharing.Run, error) {
	r := weightsharing.OlderRun(a)
	own := pflag.NewFlagSet("", pflag.ContinueOnError)
	addRunFlags(own, &r)
	var err error
	given.Visit(func(f *pflag.Flag) {
		if own.Lookup(f.Name) != nil {
			err = errors.Join(err, own.Set(f.Name, f.Value.String()))
		}
	})
	return r, err
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
			_, err := halvedDataset("")
			return p, err
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
	d, err := halvedDataset(f.dataset)
	if err != nil {
		return p, err
	}
	p = weightsharing.Plan{Program: readVersion().String(), Run: f.run, Limit: f.limit, Data: f.data.source()}
	p.Run.Dataset = d
	if err := p.Run.Validate(); err != nil {
		return p, usage.Fault(err)
	}
	return p, nil
}

// halvedHelp lists what --dataset takes where images have two halves.
const halvedHelp = "cifar10, cifar100, ImageNet16-120, synthetic, or folder for own pictures"

// halvedDataset reads the dataset of a search by a supernet; of cifar10 it is the one
// whose training images are divided.
func halvedDataset(name string) (data.Dataset, error) {
	if name == "" {
		return 0, usage.Errorf("missing --dataset, want %s", halvedHelp)
	}
	d, err := data.ResolveDataset(name)
	if err != nil {
		return 0, usage.Errorf("--dataset: %w", err)
	}
	if d == data.CIFAR10 {
		d = data.CIFAR10Valid
	}
	return d, nil
}

// loadHalves loads what a search by a supernet learns on.
func (a *app) loadHalves(ctx context.Context, f dataFlags, d data.Dataset, limit int) (images weightsharing.Images, err error) {
	loaded, err := a.loadImages(ctx, f, d, data.Info{}, limit)
	if err != nil {
		return images, err
	}
	return weightsharing.ImagesOf(loaded)
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
	if f.cluster.Asked() {
		images, err := a.loadHalves(ctx, f.data, plan.Run.Dataset, plan.Limit)
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
	images, err := a.loadHalves(ctx, f.data, plan.Run.Dataset, plan.Limit)
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
	// Final was chosen once more at the end, by those that compare cells.
	Final *finalChoice `json:"final,omitempty"`
	Log   string       `json:"log"`
}

type sharedChoice struct {
	Epoch int `json:"epoch"`
	knownArch
	Validation float64 `json:"validation"` // of the supernet
}

type finalChoice struct {
	knownArch
	Accuracy   float64 `json:"accuracy"` // of the supernet, on one batch
	Candidates int     `json:"candidates"`
}

// knownArch is an architecture with what is known of it.
type knownArch struct {
	Arch  cell.Arch `json:"arch"`
	Index *int      `json:"index"`
	Test  *float64  `json:"test"` // by the built-in results
}

func newKnownArch(a cell.Arch, known weightsharing.Accuracy) knownArch {
	k := knownArch{Arch: a, Index: archIndex(a)}
	if known != nil {
		if test, ok := known(a); ok {
			k.Test = &test
		}
	}
	return k
}

func (k knownArch) print(w io.Writer) error {
	fmt.Fprintf(w, "  %s", k.Arch)
	if k.Index != nil {
		fmt.Fprintf(w, " (%d)", *k.Index)
	}
	if k.Test != nil {
		fmt.Fprintf(w, ": %.2f %% test after 200 epochs by itself", *k.Test)
	}
	_, err := fmt.Fprintln(w)
	return err
}

func (a *app) printShared(f sharedFlags, r weightsharing.Run, s *weightsharing.Search, known weightsharing.Accuracy) error {
	of := func(e weightsharing.Epoch) sharedChoice {
		return sharedChoice{e.Epoch, newKnownArch(e.Arch, known), e.Validation.Top1}
	}
	result := sharedResult{
		Algorithm: sharedName(r.Algorithm), Dataset: r.Dataset, Seed: r.Seed, Epochs: len(s.History()),
		Last: of(s.Last()), Best: of(s.Best()), Log: rundir.LogIn(f.out),
	}
	if final := s.Final(); final != nil {
		result.Final = &finalChoice{newKnownArch(final.Arch, known), final.Accuracy, final.Candidates}
	}
	if f.asJSON {
		return a.printJSON(result)
	}
	fmt.Fprintf(a.stdout, "%s on %v, seed %d, %s: %s\n", result.Algorithm, r.Dataset, r.Seed, plural(result.Epochs, "epoch"), result.Log)
	for _, one := range []struct {
		what string
		sharedChoice
	}{{"last", result.Last}, {"best", result.Best}} {
		fmt.Fprintf(a.stdout, "%s: epoch %d, supernet %.2f %% on the validation set\n", one.what, one.Epoch+1, one.Validation)
		if err := one.print(a.stdout); err != nil {
			return err
		}
	}
	if final := result.Final; final != nil {
		fmt.Fprintf(a.stdout, "at the end: of %s, supernet %.2f %% on a batch of the validation set\n", plural(final.Candidates, "cell"), final.Accuracy)
		return final.print(a.stdout)
	}
	return nil
}
