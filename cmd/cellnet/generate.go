package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"cellnet/cell"
	"cellnet/data"
	"cellnet/internal/archlist"
	"cellnet/internal/cluster"
	"cellnet/internal/jobarray"
	"cellnet/internal/progress"
	"cellnet/internal/rundir"
	"cellnet/internal/usage"
	"cellnet/train"
	"cellnet/train/trials"
	"cellnet/weights"

	"github.com/spf13/cobra"
)

// generateFlags are those of generate.
type generateFlags struct {
	archs, datasets, seeds, out string
	shard, format               string
	shape                       shapeFlags
	limit, jobs                 int
	interval                    time.Duration
	dedup, plan, asJSON         bool
	data                        dataFlags
	recipe                      recipeFlags
	kernels                     kernelFlags
	cluster                     cluster.Flags
	args                        []string // as they were given
}

func newGenerateCommand(a *app) *cobra.Command {
	var f generateFlags
	cmd := &cobra.Command{
		Use:   "generate --archs LIST --out DIR",
		Short: "Train many architectures and write a trial file for each",
		Long: `Train many architectures and write a trial file for each and each seed, in the
published layout: DIR/000000-015624-C16-N5-LESS/arch-000157-seed-0777.pth, in the
size space DIR/raw-data-12/arch-000157-seed-0777.pth.

LIST has indexes of the search space, ranges of them, arch strings or widths, names of
cells, and files with one of these a line. Trials that are finished are skipped, unfinished ones go on. Several processes
may work on one DIR: each takes what no other has taken. cellnet collect makes
benchmark files of the trials.

Different machines may have different kernels, which round differently: the first
process fixes them for all, by --isa or as the fastest that it can run.

--shard i/n trains part i of n, from 1. In an array of Slurm's it is set by
SLURM_ARRAY_TASK_ID and SLURM_ARRAY_TASK_COUNT; in an indexed job of Kubernetes,
--shard /n takes i from JOB_COMPLETION_INDEX. --slurm and --kubernetes print what those
take, with time and memory by --plan; docs/cluster.md has more.`,
		Example: `  cellnet generate --archs 0-99,157 --datasets cifar10-valid --hp 12 --seeds 777 --data ~/data --out trials
  cellnet generate --space size --archs 0-99 --hp 01 --data ~/data --out sizes
  cellnet generate --archs 0-15624 --hp 200 --seeds 777,888,999 --out trials --plan
  cellnet generate --archs 0-999 --hp 12 --data data --out trials --slurm > job.sh`,
		Args: wantArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			f.args = append([]string{cmd.Name()}, cluster.Arguments(cmd.Flags())...)
			return a.generate(cmd.Context(), f)
		},
	}
	cmd.Flags().StringVar(&f.archs, "archs", "", "architectures, such as 0-99,157,FILE")
	cmd.Flags().StringVar(&f.datasets, "datasets", "cifar10-valid,cifar10,cifar100,ImageNet16-120", "datasets that every architecture is trained on")
	cmd.Flags().StringVar(&f.seeds, "seeds", "777", "seeds, such as 777,888,999")
	cmd.Flags().StringVar(&f.out, "out", "", "`DIR` for the trial files")
	cmd.Flags().StringVar(&f.shard, "shard", "", "train part `i/n` of the trials only (default: by the environment)")
	cmd.Flags().IntVar(&f.jobs, "jobs", 1, "trials that are trained side by side")
	cmd.Flags().BoolVar(&f.dedup, "dedup", false, "train one of each set of cells that compute the same function")
	cmd.Flags().BoolVar(&f.plan, "plan", false, "only print what would be trained, and how long that takes here")
	cmd.Flags().StringVar(&f.format, "format", "zip", "format of the trial files: zip or legacy")
	f.shape.addStages(cmd)
	cmd.Flags().IntVar(&f.limit, "limit", 0, "use the first `N` images of every set only")
	cmd.Flags().DurationVar(&f.interval, "checkpoint-every", 10*time.Minute, "time between checkpoints within an epoch; 0 for none")
	f.data.add(cmd)
	f.recipe.add(cmd)
	f.kernels.add(cmd)
	f.cluster.Add(cmd.Flags())
	addJSONFlag(cmd, &f.asJSON)
	return cmd
}

// set says which trials are wanted.
func (f *generateFlags) set(ctx context.Context, a *app) (s trials.Set, err error) {
	if f.archs == "" || f.out == "" {
		return s, usage.Errorf("generate needs --archs and --out")
	}
	if err := f.cluster.Check(f.shard); err != nil {
		return s, err
	}
	s = trials.Set{Space: f.shape.space, Limit: f.limit, Dedup: f.dedup}
	if s.Space == cell.Size {
		if err := f.shape.checkTaken("the size space"); err != nil {
			return s, err
		}
	} else {
		s.C, s.N = f.shape.channels, f.shape.cells
	}
	if s.Archs, err = archlist.Parse(s.Space, f.archs); err != nil {
		return s, err
	}
	for name := range strings.SplitSeq(f.datasets, ",") {
		d, err := data.ResolveDataset(strings.TrimSpace(name))
		if err != nil {
			return s, usage.Errorf("--datasets: %w", err)
		}
		s.Datasets = append(s.Datasets, d)
	}
	for text := range strings.SplitSeq(f.seeds, ",") {
		seed, err := strconv.ParseUint(strings.TrimSpace(text), 10, 32)
		if err != nil {
			return s, usage.Errorf("--seeds: %q is no seed, want a number from 0 to 4294967295", text)
		}
		s.Seeds = append(s.Seeds, uint32(seed))
	}
	if s.Recipe, _, err = f.recipe.recipe(); err != nil {
		return s, err
	}
	if slices.Contains(s.Datasets, data.Folder) {
		if s.FolderInfo, err = f.data.folderInfo(ctx, a, data.Folder); err != nil {
			return s, err
		}
		s.Pictures = map[data.Set]int{}
		for _, set := range append(data.Folder.EvaluationSets(), data.Train) {
			s.Pictures[set] = f.data.opened.Count(set)
		}
	}
	if err := s.Validate(); err != nil {
		return s, usage.Fault(err)
	}
	if s.Kernels, err = f.kernels.kernels(); err != nil {
		return s, err
	}
	return s, nil
}

// torchFormat reads --format.
func torchFormat(name string) (weights.Format, error) {
	for _, format := range []weights.Format{weights.Zip, weights.Legacy} {
		if format.String() == name {
			return format, nil
		}
	}
	return 0, usage.Errorf("--format: unknown format %q, want zip or legacy", name)
}

func (a *app) generate(ctx context.Context, f generateFlags) error {
	set, err := f.set(ctx, a)
	if err != nil {
		return err
	}
	a.noteIgnored(&f.recipe)
	if f.jobs < 1 {
		return usage.Errorf("--jobs: %d jobs, want 1 or more", f.jobs)
	}
	format, err := torchFormat(f.format)
	if err != nil {
		return err
	}
	shard, err := jobarray.Parse(f.shard, os.Getenv)
	if err != nil {
		return err
	}
	if err := rundir.WantFolder(f.out); err != nil {
		return err
	}
	items, err := set.Items()
	if err != nil {
		return err
	}
	items = jobarray.Of(shard, items)
	if f.cluster.Asked() {
		return a.printClusterJob(ctx, f, set, items)
	}
	if f.plan {
		return a.planGenerate(ctx, f, set, items)
	}
	finished, _, left, err := set.Status(f.out, items)
	if err != nil {
		return err
	}
	if err := set.CheckMemory(left, f.jobs); err != nil {
		return fmt.Errorf("--jobs %d: %w", f.jobs, err)
	}
	shown := progress.NewGeneration(a.stderr, set, len(items), len(finished), left)
	defer shown.Clear()
	runner := trials.Runner{
		Set: set, Items: items, Out: f.out, Jobs: f.jobs, Format: format, Info: machineInfo(), Interval: f.interval,
		Load: func(d data.Dataset) (*train.Data, error) {
			return a.loadImages(ctx, f.data, d, set.FolderInfo, f.limit)
		},
		Hooks: shown.Hooks(), MixKernels: f.kernels.mix,
	}
	summary, err := runner.Run(ctx)
	shown.Clear()
	if errors.Is(err, context.Canceled) {
		return &interruptedError{fmt.Sprintf("interrupted, %s trained: go on with the same command", plural(summary.Trained, "trial")), err}
	}
	if errors.Is(err, syscall.ENOSPC) {
		return fmt.Errorf("%w: make room, then go on with the same command", err)
	}
	if err != nil {
		return err
	}
	return a.printGenerated(f, set, summary)
}

// machineInfo is what trial files say of program and machine. They tell the kernels,
// too.
func machineInfo() string {
	return fmt.Sprintf("%s, %d processors", readVersion(), runtime.GOMAXPROCS(0))
}

// generateRecord is what generate --json prints.
type generateRecord struct {
	Folder   string   `json:"folder"`
	Trained  int      `json:"trained"`
	Finished int      `json:"finished_before"`
	Taken    int      `json:"taken_by_others"`
	Diverged []string `json:"diverged"`
}

func (a *app) printGenerated(f generateFlags, set trials.Set, s trials.Summary) error {
	r := generateRecord{set.Folder(f.out), s.Trained, s.Finished, s.Taken, []string{}}
	for _, err := range s.Diverged {
		r.Diverged = append(r.Diverged, err.Error())
	}
	if f.asJSON {
		if err := a.printJSON(r); err != nil {
			return err
		}
	} else if _, err := fmt.Fprintf(a.stdout, "%s: %s trained, %d finished before, %d left to other processes\n", r.Folder, plural(r.Trained, "trial"), r.Finished, r.Taken); err != nil {
		return err
	}
	if len(s.Diverged) > 0 {
		return fmt.Errorf("%s: %w", plural(len(s.Diverged), "trial"), errors.Join(s.Diverged...))
	}
	return nil
}

// planRecord is what generate --plan --json prints.
type planRecord struct {
	Folder    string   `json:"folder"`
	Datasets  []string `json:"datasets"`
	Epochs    int      `json:"epochs"`
	Trials    int      `json:"trials"`
	Finished  int      `json:"finished"`
	Begun     int      `json:"begun"`
	Left      int      `json:"left"`       // those that are begun included
	StandFor  int      `json:"stand_for"`  // architectures that are not trained, because others compute the same
	GFLOPs    float64  `json:"gflops"`     // multiply-accumulates of what is left, in billions
	Seconds   float64  `json:"seconds"`    // estimated for what is left, on this machine
	LeftFiles []string `json:"left_files"` // trial files that are to be written
}

func (a *app) planGenerate(ctx context.Context, f generateFlags, set trials.Set, items []trials.Item) error {
	finished, begun, left, err := set.Status(f.out, items)
	if err != nil {
		return err
	}
	r := planRecord{
		Folder: set.Folder(f.out), Epochs: set.Recipe.TotalEpochs(), Trials: len(items), Finished: len(finished),
		Begun: len(begun), Left: len(left), LeftFiles: []string{},
	}
	for _, d := range set.Datasets {
		r.Datasets = append(r.Datasets, d.String())
	}
	for i, item := range items {
		if i == 0 || items[i-1].Arch != item.Arch {
			r.StandFor += len(item.StandsFor)
		}
	}
	if len(left) > 0 {
		speed, err := set.Measure(ctx, left)
		if err != nil {
			return err
		}
		for _, item := range left {
			r.GFLOPs += set.Work(item) / 1e3
			r.Seconds += speed.Seconds(set, item)
			r.LeftFiles = append(r.LeftFiles, item.FileName())
		}
	}
	if f.asJSON {
		return a.printJSON(r)
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "folder\t%s\n", r.Folder)
	fmt.Fprintf(w, "trials\t%d: %d finished, %d to train, %d of them begun\n", r.Trials, r.Finished, r.Left, r.Begun)
	fmt.Fprintf(w, "each\t%d epochs on %s\n", r.Epochs, strings.Join(r.Datasets, ", "))
	if set.Dedup {
		fmt.Fprintf(w, "left out\t%d architectures that compute the same as one of these\n", r.StandFor)
	}
	if r.Left > 0 {
		fmt.Fprintf(w, "work\t%.3g multiply-accumulates\n", r.GFLOPs*1e9)
		fmt.Fprintf(w, "time\t%s on this machine, by steps that were measured now\n", progress.Duration(time.Duration(r.Seconds*float64(time.Second))))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for i, name := range r.LeftFiles {
		if i == maxListed {
			_, err = fmt.Fprintf(a.stdout, "and %d more\n", len(r.LeftFiles)-i)
			break
		}
		if _, err = fmt.Fprintln(a.stdout, name); err != nil {
			break
		}
	}
	return err
}

// printClusterJob prints what Slurm or Kubernetes takes to train what is left.
func (a *app) printClusterJob(ctx context.Context, f generateFlags, set trials.Set, items []trials.Item) error {
	_, _, left, err := set.Status(f.out, items)
	if err != nil {
		return err
	}
	work := cluster.Work{}
	if len(left) > 0 {
		speed, err := set.Measure(ctx, left)
		if err != nil {
			return err
		}
		for _, item := range left {
			work.Pieces = append(work.Pieces, speed.Seconds(set, item))
		}
		if work.Memory, err = set.Memory(left, f.jobs); err != nil {
			return err
		}
	}
	return a.printJob(f.cluster, f.args, work)
}

// printJob prints what Slurm or Kubernetes takes to run a command of this program.
func (a *app) printJob(f cluster.Flags, args []string, work cluster.Work) (err error) {
	if work.Program, err = os.Executable(); err != nil {
		return fmt.Errorf("looking for the path of this program: %w", err)
	}
	text, err := f.Print("cellnet-"+args[0], args, work, runtime.GOMAXPROCS(0))
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(a.stdout, text)
	return err
}

// maxListed is how many trials a plan lists in its short form.
const maxListed = 20
