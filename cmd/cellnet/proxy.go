package main

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"cellnet/bench"
	"cellnet/cell"
	"cellnet/data"
	"cellnet/internal/archlist"
	"cellnet/internal/atomicfile"
	"cellnet/internal/cluster"
	"cellnet/internal/jobarray"
	"cellnet/internal/output"
	"cellnet/internal/plots"
	"cellnet/internal/printable"
	"cellnet/internal/procmem"
	"cellnet/internal/progress"
	"cellnet/internal/usage"
	"cellnet/models"
	"cellnet/proxies"
	"cellnet/proxies/table"
	"cellnet/proxies/walk"

	"github.com/spf13/cobra"
)

// proxyFlags are those of proxy.
type proxyFlags struct {
	archs, measures, preset, dataset, seed, out string
	shard                                       string
	batch, jobs                                 int
	shape                                       shapeFlags
	data                                        dataFlags
	force, asJSON                               bool
	cluster                                     cluster.Flags
}

func newProxyCommand(a *app) *cobra.Command {
	var f proxyFlags
	cmd := &cobra.Command{
		Use:   "proxy [ARCH...] [--archs LIST --out FILE]",
		Short: "Score networks without training: zero-cost proxies",
		Long: `Score networks that were never trained, by their initial weights and a batch of
images. Without --dataset the images are built in.

--archs takes a list as cellnet generate does, and --out writes a table, .parquet or
.csv by its name, that joins a benchmark's store by arch_index. What is done is kept in
FILE.part: the same command goes on after an interruption. By one seed for all, cells
that differ only in edges without weights that have no effect are computed once: their
scores by every measure are the same numbers.

--shard i/n scores part i of n, from 1, into FILE.part-i-of-n; /n takes i from the
environment of an array of Slurm's or an indexed job of Kubernetes. The same command
without it scores what is left, if anything, and writes the table. --slurm and
--kubernetes print what those take; docs/cluster.md has more.

cellnet proxy correlate compares a table with accuracies.`,
		Example: `  cellnet proxy 157 --measures synflow,nwot
  cellnet proxy 157 resnet --dataset cifar10 --data ~/data --seed 777 --json
  cellnet proxy 8:8:40:32:40 --measures all --seed 1
  cellnet proxy --archs 0-15624 --dataset cifar10 --data ~/data --out scores.parquet
  cellnet proxy --archs 0-15624 --dataset cifar10 --data data --out scores.parquet --slurm > job.sh`,
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: completeArch,
		RunE: func(cmd *cobra.Command, args []string) error {
			given := slices.Concat([]string{cmd.Name()}, cluster.Arguments(cmd.Flags()), args)
			return a.proxy(cmd.Context(), args, given, f)
		},
	}
	cmd.AddCommand(newProxyCorrelateCommand(a))
	cmd.Flags().StringVar(&f.archs, "archs", "", "architectures, such as 0-99,157,FILE")
	cmd.Flags().StringVar(&f.out, "out", "", "write a table into `FILE`, .parquet or .csv")
	cmd.Flags().StringVar(&f.measures, "measures", "fast", "measures, such as synflow,nwot; fast: all but gradsign and ntk; all")
	cmd.Flags().StringVar(&f.preset, "preset", "benchmark", "settings of published runs: "+strings.Join(presetNames(), ", "))
	cmd.Flags().StringVar(&f.dataset, "dataset", data.Synthetic.String(), datasetHelp)
	cmd.Flags().IntVar(&f.batch, "batch", 0, "images, the first of the training images (default: the preset's, 64)")
	cmd.Flags().StringVar(&f.seed, "seed", "", "seed of the weights, or index for each architecture's own index (default: the preset's, index)")
	cmd.Flags().IntVar(&f.jobs, "jobs", 0, "networks side by side, a thread each (default: one a processor)")
	cmd.Flags().StringVar(&f.shard, "shard", "", "score part `i/n` of the architectures only")
	f.shape.addStages(cmd)
	f.data.add(cmd)
	f.cluster.Add(cmd.Flags())
	addForceFlag(cmd.Flags(), &f.force)
	addJSONFlag(cmd, &f.asJSON)
	return cmd
}

func presetNames() []string {
	var names []string
	for _, p := range proxies.Presets() {
		names = append(names, p.Name)
	}
	return names
}

// arches lists the architectures that are given.
func (f *proxyFlags) arches(args []string) ([]cell.Arch, error) {
	var list []cell.Arch
	for _, arg := range args {
		of, err := parseArch(f.shape.space, arg)
		if err != nil {
			return nil, err
		}
		noteOrder(f.shape.cmd.ErrOrStderr(), of)
		list = append(list, of)
	}
	if f.archs != "" {
		indexes, err := archlist.Parse(f.shape.space, f.archs)
		if err != nil {
			return nil, err
		}
		for _, i := range indexes {
			of, err := f.shape.space.Arch(i)
			if err != nil {
				return nil, err
			}
			list = append(list, of)
		}
	}
	if len(list) == 0 {
		return nil, usage.Errorf("proxy needs an ARCH, or --archs")
	}
	return list, nil
}

// items are the networks to score, each once.
func (f *proxyFlags) items(archs []cell.Arch, p proxies.Preset, classes int) ([]walk.Item, error) {
	seed := p.Seed
	switch n, err := strconv.ParseUint(f.seed, 10, 32); {
	case f.seed == "index":
		seed = nil
	case f.seed != "" && err != nil:
		return nil, usage.Errorf("--seed %.40q is no seed: want a number from 0 to 4294967295, or index", f.seed)
	case f.seed != "":
		given := uint32(n)
		seed = &given
	}
	var list []walk.Item
	seen := map[string]bool{}
	for _, of := range archs {
		if seen[of.String()] {
			continue
		}
		seen[of.String()] = true
		item := walk.Item{Arch: of, Network: of.Network(classes)}
		if of.Widths() == nil {
			var err error
			if item.Network, err = cell.NewNetwork(of.Cell(), f.shape.channels, f.shape.cells, classes); err != nil {
				return nil, usage.Fault(err)
			}
		} else if err := f.shape.checkTaken("the widths " + of.String()); err != nil {
			return nil, err
		}
		index, ok := of.Index()
		switch {
		case seed != nil:
			item.Seed = *seed
		case !ok:
			return nil, usage.Errorf("%v has no index to be its seed: give --seed", of)
		default:
			item.Seed = uint32(index)
		}
		list = append(list, item)
	}
	return list, nil
}

// images reads the batch.
func (f *proxyFlags) images(ctx context.Context, a *app, p proxies.Preset) (proxies.Batch, error) {
	var none proxies.Batch
	dataset, err := data.ResolveDataset(f.dataset)
	if err != nil {
		return none, usage.Errorf("--dataset: %w", err)
	}
	if f.batch < 0 {
		return none, usage.Errorf("--batch: %d images, want 1 or more", f.batch)
	}
	source, err := f.data.open(ctx, a, dataset, data.Info{})
	if err != nil {
		return none, err
	}
	wrap := func(err error) error { return fmt.Errorf("reading %s: %w", dataset, err) }
	info, err := source.Info()
	if err != nil {
		return none, wrap(err)
	}
	images, err := source.Load(data.Train)
	if err != nil {
		return none, wrap(err)
	}
	return proxies.NewBatch(images, info, p, f.batch), nil
}

// proxy scores. given is the command with its flags as they were given.
func (a *app) proxy(ctx context.Context, args, given []string, f proxyFlags) error {
	if err := f.cluster.Check(f.shard); err != nil {
		return err
	}
	if f.out == "" && (f.shard != "" || f.cluster.Asked()) {
		return usage.Errorf("missing --out, want a file .parquet or .csv for the scores of all parts")
	}
	archs, err := f.arches(args)
	if err != nil {
		return err
	}
	w := walk.Walk{Jobs: f.jobs}
	if w.Measures, err = proxies.ParseMeasures(f.measures); err != nil {
		return usage.Errorf("--measures: %w", err)
	}
	if w.Preset, err = proxies.ParsePreset(f.preset); err != nil {
		return usage.Errorf("--preset: %w", err)
	}
	if f.jobs < 0 {
		return usage.Errorf("--jobs: %d jobs, want 1 or more", f.jobs)
	}
	if f.out != "" {
		format, err := table.FormatOf(f.out)
		if err != nil {
			return usage.Errorf("--out: %w", err)
		}
		kind := output.Store
		if format == table.CSV {
			kind = output.CSV
		}
		if err := output.Check(f.force, []output.Target{{Path: f.out, Kind: kind}}); err != nil {
			return err
		}
	}
	if w.Batch, err = f.images(ctx, a, w.Preset); err != nil {
		return err
	}
	items, err := f.items(archs, w.Preset, w.Batch.Classes)
	if err != nil {
		return err
	}
	jobs := f.jobs
	if jobs == 0 {
		jobs = runtime.GOMAXPROCS(0)
	}
	o := models.Options{Side: w.Batch.Side, Capacity: w.Batch.Len(), Norm: models.NormByBatch, Gradients: true}
	if err := models.CheckMemory(items[0].Network, o, min(jobs, len(items))); err != nil {
		return err
	}
	defer procmem.CollectEarly()() // fresh memory costs the scores a tenth of their time
	switch {
	case f.out == "":
		return a.printScores(ctx, w, items, f.asJSON)
	case f.cluster.Asked():
		return a.printScoringJob(ctx, w, items, o, given, f)
	}
	return a.writeScores(ctx, w, items, f)
}

// printScoringJob prints what Slurm or Kubernetes takes to score what is left.
func (a *app) printScoringJob(ctx context.Context, w walk.Walk, items []walk.Item, o models.Options, given []string, f proxyFlags) error {
	settings := f.settings(w)
	paths, err := walk.Parts(f.out)
	if err != nil {
		return err
	}
	left, err := settings.Left(items, append(paths, walk.JournalOf(f.out)))
	if err != nil {
		return err
	}
	work := cluster.Work{}
	if len(left) > 0 {
		jobs := max(1, min(runtime.GOMAXPROCS(0), len(left)))
		if f.jobs > 0 {
			jobs = f.jobs
		}
		w.Jobs = 1
		sample := []walk.Item{left[0], left[len(left)/2], left[len(left)-1]}
		begun := time.Now()
		if err := w.Run(ctx, sample, func(int, table.Row) error { return nil }); err != nil {
			return err
		}
		each := time.Since(begun).Seconds() / float64(walk.Distinct(sample)*jobs)
		work.Pieces = slices.Repeat([]float64{each}, len(left))
		const program, scratch = 256 << 20, 3 // models.Memory is a lower bound, by up to so many times
		for _, item := range sample {
			work.Memory = max(work.Memory, program+scratch*models.Memory(item.Network, o)*float64(jobs))
		}
	}
	return a.printJob(f.cluster, given, work)
}

// settings are what the scores depend on.
func (f *proxyFlags) settings(w walk.Walk) walk.Settings {
	s := walk.Settings{
		Preset: w.Preset.Name, Dataset: f.dataset, Images: w.Batch.Len(), Sum: sumOf(w.Batch), Shape: fmt.Sprintf("C%d N%d", f.shape.channels, f.shape.cells),
	}
	for _, m := range w.Measures {
		s.Measures = append(s.Measures, m.String())
	}
	return s
}

// openJournal opens the journal of the walk or of a part of it, with what is in those
// of the other parts.
func (f *proxyFlags) openJournal(shard jobarray.Shard, w walk.Walk) (*walk.Journal, error) {
	parts, err := walk.Parts(f.out)
	if err != nil {
		return nil, err
	}
	path := walk.JournalOf(f.out)
	if !shard.Whole() {
		parts = append(parts, path)
		path = walk.PartOf(f.out, shard.Index, shard.Count)
	}
	journal, err := walk.OpenJournal(path, f.settings(w), w.Measures)
	if err != nil {
		return nil, err
	}
	if shard.Whole() {
		err = journal.Join(parts)
	} else {
		err = journal.Look(parts)
	}
	if err != nil {
		return nil, errors.Join(err, journal.Close())
	}
	return journal, nil
}

// printScores prints rows in the order of the items.
func (a *app) printScores(ctx context.Context, w walk.Walk, items []walk.Item, asJSON bool) error {
	waiting := map[int]table.Row{}
	next := 0
	return w.Run(ctx, items, func(item int, row table.Row) error {
		waiting[item] = row
		for ; ; next++ {
			row, ok := waiting[next]
			if !ok {
				return nil
			}
			delete(waiting, next)
			if err := a.printScoreRow(w.Measures, row, asJSON); err != nil {
				return err
			}
		}
	})
}

func (a *app) printScoreRow(measures []proxies.Measure, row table.Row, asJSON bool) error {
	if asJSON {
		return a.printJSON(walk.RecordOf(row, measures))
	}
	index := "not in the benchmark"
	if row.Index >= 0 {
		index = fmt.Sprintf("index %d", row.Index)
	}
	w := tabwriter.NewWriter(printable.Writer(a.stdout), 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "%s (%s), seed %d\n", row.Arch, index, row.Seed)
	for i, m := range measures {
		if v := row.Scores[i]; !math.IsNaN(v) {
			fmt.Fprintf(w, "%v\t%.7g\n", m, v)
		} else {
			fmt.Fprintf(w, "%v\tundefined: %s\n", m, row.Reasons[m.String()])
		}
	}
	return w.Flush()
}

// sumOf tells a batch's images and labels from others.
func sumOf(b proxies.Batch) string {
	h := sha256.New()
	for _, v := range b.Images {
		_ = binary.Write(h, binary.LittleEndian, math.Float32bits(v))
	}
	for _, l := range b.Labels {
		_ = binary.Write(h, binary.LittleEndian, int64(l))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// writeScores fills the table, from where an earlier walk has left it.
func (a *app) writeScores(ctx context.Context, w walk.Walk, items []walk.Item, f proxyFlags) (err error) {
	shard := jobarray.Shard{Count: 1}
	if f.shard != "" {
		if shard, err = jobarray.Parse(f.shard, os.Getenv); err != nil {
			return err
		}
		items = jobarray.Of(shard, items)
	}
	journal, err := f.openJournal(shard, w)
	if errors.Is(err, walk.ErrOtherSettings) {
		return fmt.Errorf("%w: choose another --out, or remove it", err)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, journal.Close()) }()
	left := slices.DeleteFunc(slices.Clone(items), journal.Has)
	bar := progress.NewBar(a.stderr, int64(len(items)), "scoring", "architectures")
	bar.Set(int64(len(items) - len(left)))
	err = w.Run(ctx, left, func(_ int, row table.Row) error {
		defer bar.Add(1)
		return journal.Add(row)
	})
	bar.Finish()
	switch {
	case errors.Is(err, context.Canceled):
		done := len(items) - len(slices.DeleteFunc(left, journal.Has))
		return &interruptedError{fmt.Sprintf("interrupted, %d of %s scored: go on with the same command", done, plural(len(items), "architecture")), err}
	case errors.Is(err, syscall.ENOSPC):
		return fmt.Errorf("%w: make room, then go on with the same command", err)
	case err != nil:
		return err
	}
	if !shard.Whole() {
		return a.printPart(f, len(items), walk.Distinct(items))
	}
	t, err := journal.Table(items)
	if err != nil {
		return err
	}
	if err := t.Save(f.out); err != nil {
		return fmt.Errorf("%w: the scores are in %s.part, the same command writes the table", err, f.out)
	}
	if err := journal.Remove(); err != nil {
		return err
	}
	if f.asJSON {
		return a.printJSON(writtenScores{f.out, len(items), walk.Distinct(items)})
	}
	_, err = fmt.Fprintf(a.stdout, "wrote %s: %s, of which %d had to be computed\n", f.out, plural(len(items), "architecture"), walk.Distinct(items))
	return err
}

// printPart tells that a part is done.
func (a *app) printPart(f proxyFlags, archs, computed int) error {
	if f.asJSON {
		return a.printJSON(writtenScores{Archs: archs, Computed: computed})
	}
	_, err := fmt.Fprintf(a.stdout, "scored %s: when all parts are done, the same command without --shard writes %s\n", plural(archs, "architecture"), f.out)
	return err
}

// writtenScores is what proxy --out --json prints.
type writtenScores struct {
	Written  string `json:"written,omitempty"` // "" by a part
	Archs    int    `json:"archs"`
	Computed int    `json:"computed"`
}

// correlateFlags are those of proxy correlate.
type correlateFlags struct {
	with, dataset, set, hp, measures, to string
	force, asJSON                        bool
}

func newProxyCorrelateCommand(a *app) *cobra.Command {
	var f correlateFlags
	cmd := &cobra.Command{
		Use:   "correlate SCORES --with BENCH --dataset DATASET",
		Short: "Compare scores with accuracies of a benchmark by rank",
		Long: `Compare a table of scores with accuracies of a benchmark: Spearman's and Kendall's
(tau-b) rank correlation of each measure. Equal numbers share their ranks; undefined
scores rank below all others. If the columns are there, az_nas is the published sum of
AZ-NAS, and vote the share of pairs that a vote of synflow, jacob_cov and snip puts in
order.

SCORES is a table of cellnet proxy, or any .parquet or .csv with a column arch_index.`,
		Example: `  cellnet proxy correlate scores.parquet --with builtin --dataset cifar10 --set test --hp 200
  cellnet proxy correlate scores.parquet --with builtin --dataset cifar100 -o scores.svg`,
		Args: wantArgs("SCORES"),
		RunE: func(cmd *cobra.Command, args []string) error { return a.correlate(cmd.Context(), args[0], f) },
	}
	cmd.Flags().StringVar(&f.with, "with", bench.BuiltinName, "`BENCH`mark with the accuracies: builtin, or a file or folder of any layout")
	cmd.Flags().StringVar(&f.dataset, "dataset", "", "cifar10-valid, cifar10, cifar100 or ImageNet16-120")
	cmd.Flags().StringVar(&f.set, "set", "test", "set whose accuracies are compared, such as valid or test")
	cmd.Flags().StringVar(&f.hp, "hp", "200", "training recipe: its number of epochs, 12 or 200")
	cmd.Flags().StringVar(&f.measures, "measures", "", "columns, such as synflow,nwot (default: all)")
	cmd.Flags().StringVarP(&f.to, "output", "o", "", "draw into `FILE`, .svg or .png")
	addForceFlag(cmd.Flags(), &f.force)
	addJSONFlag(cmd, &f.asJSON)
	return cmd
}

// correlation is what proxy correlate --json prints of a measure.
type correlation struct {
	Measure   string   `json:"measure"`
	Spearman  *float64 `json:"spearman"` // null where all scores are one
	Kendall   *float64 `json:"kendall"`
	N         int      `json:"n"`
	Undefined int      `json:"undefined"`
	Pairs     *float64 `json:"pairs,omitempty"` // of vote: the share of pairs that are put in order
}

func (a *app) correlate(ctx context.Context, path string, f correlateFlags) error {
	if f.dataset == "" {
		return usage.Errorf("correlate needs --dataset")
	}
	dataset, err := data.ResolveDataset(f.dataset)
	if err != nil {
		return usage.Errorf("--dataset: %w", err)
	}
	d, set, err := bench.SetByWord(dataset, f.set)
	if err != nil {
		return usage.Errorf("--set: %w", err)
	}
	hp, err := bench.ParseHP(f.hp)
	if err != nil {
		return usage.Errorf("--hp: %w", err)
	}
	var format plots.Format
	if f.to != "" {
		if format, err = pictureFormat(f.to); err == nil {
			err = checkPicture(f.force, f.to, format, path)
		}
		if err != nil {
			return err
		}
	}
	t, err := table.Open(path)
	if err != nil {
		return err
	}
	columns, err := wantedColumns(t, f.measures)
	if err != nil {
		return err
	}
	var accuracy []float64
	if err := withBenchmark(ctx, f.with, func(b *bench.Benchmark) error {
		accuracy, err = accuracies(b, t, bench.Selection{Dataset: d, HP: hp}, set)
		return err
	}); err != nil {
		return err
	}
	var found []correlation
	var clouds []plots.Cloud
	add := func(name string, scores []float64) {
		c := table.Correlate(scores, accuracy)
		found = append(found, correlation{Measure: name, Spearman: finiteOrNil(c.Spearman), Kendall: finiteOrNil(c.Kendall), N: c.N, Undefined: c.Undefined})
		clouds = append(clouds, plots.Cloud{Title: fmt.Sprintf("%s, Spearman %.3f", name, c.Spearman), X: name, Y: "accuracy, %", XS: scores, YS: accuracy})
	}
	for _, name := range columns {
		add(name, t.Column(name))
	}
	if sum := t.AZNAS(); sum != nil && f.measures == "" {
		add("az_nas", sum)
	}
	if share, ok := t.Vote(accuracy); ok && f.measures == "" {
		found = append(found, correlation{Measure: "vote", N: len(accuracy), Pairs: &share})
	}
	if f.to != "" {
		if err := atomicfile.Write(f.to, func(w io.Writer) error { return plots.Clouds(w, format, clouds...) }); err != nil {
			return err
		}
	}
	if f.asJSON {
		for _, c := range found {
			if err := a.printJSON(c); err != nil {
				return err
			}
		}
		return nil
	}
	return a.printCorrelations(found)
}

func finiteOrNil(v float64) *float64 {
	if math.IsNaN(v) {
		return nil
	}
	return &v
}

// wantedColumns lists a table's columns of measures.
func wantedColumns(t *table.Table, list string) ([]string, error) {
	if list == "" {
		return t.Measures, nil
	}
	var names []string
	for name := range strings.SplitSeq(list, ",") {
		if name = strings.TrimSpace(name); t.Column(name) == nil {
			return nil, usage.Errorf("--measures: there is no column %.40q: there are %s", name, strings.Join(t.Measures, ", "))
		}
		names = append(names, name)
	}
	return names, nil
}

// accuracies are those of a table's architectures.
func accuracies(b *bench.Benchmark, t *table.Table, s bench.Selection, set data.Set) ([]float64, error) {
	if len(t.Rows) < 2 {
		return nil, fmt.Errorf("%s: there is nothing to compare", plural(len(t.Rows), "row"))
	}
	list := make([]float64, len(t.Rows))
	for i, r := range t.Rows {
		if r.Index < 0 {
			return nil, fmt.Errorf("%s is not in the benchmark", r.Arch)
		}
		s.Index = r.Index
		m, err := b.Metrics(s, set)
		if err != nil {
			return nil, fmt.Errorf("architecture %d: %w", r.Index, err)
		}
		list[i] = m.Accuracy
	}
	return list, nil
}

func (a *app) printCorrelations(found []correlation) error {
	text := func(v *float64) string {
		if v == nil {
			return "-"
		}
		return strconv.FormatFloat(*v, 'f', 3, 64)
	}
	w := tabwriter.NewWriter(printable.Writer(a.stdout), 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "measure\tSpearman\tKendall\tarchitectures\tundefined")
	for _, c := range found {
		if c.Pairs != nil {
			fmt.Fprintf(w, "%s\t%.3f of the pairs in order\t\t%d\t\n", c.Measure, *c.Pairs, c.N)
			continue
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%d\n", c.Measure, text(c.Spearman), text(c.Kendall), c.N, c.Undefined)
	}
	return w.Flush()
}
