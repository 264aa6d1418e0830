package main

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"path/filepath"
	"slices"
	"strings"

	"cellnet/bench"
	"cellnet/bench/record"
	"cellnet/internal/output"
	"cellnet/internal/progress"
	"cellnet/internal/usage"
	"cellnet/train/collect"
	"cellnet/weights"

	"github.com/spf13/cobra"
)

// collectFlags are those of collect.
type collectFlags struct {
	archive, benchmark, nats, natsSimple, natsFull string
	into, format                                   string
	latency                                        int
	publishedTimes, force, asJSON                  bool
}

func newCollectCommand(a *app) *cobra.Command {
	var f collectFlags
	cmd := &cobra.Command{
		Use:   "collect DIR...",
		Short: "Make benchmark files of trial files",
		Long: `Make benchmark files, which the published programs read, of the trial files that
cellnet generate left in folders.

Two records of the same trial must agree; if any do not, nothing is written and they
are listed. With --into, the trials are added to a benchmark, and the new files hold
both. The latency of every new trial is measured on this machine, as seconds of
batches of 256 images.

XXXXX in the names of NATS-Bench's outputs stands for the last five digits of the MD5
sum of the file of --nats, as in the published names.

The two search spaces are collected apart. In the size space --published-times writes
files that compare with the published ones, whose times and latencies are all those of
the trainings of one epoch.`,
		Example: `  cellnet collect trials --archive archive --benchmark NAS-Bench-201-v1_1-own.pth
  cellnet collect sizes --nats NATS-sss-v1_0-XXXXX.pickle.pbz2 --nats-simple NATS-sss-v1_0-XXXXX-simple --published-times
  cellnet collect trials --into NATS-tss-v1_0-3ffb9.pickle.pbz2 --nats NATS-tss-v1_0-more.pickle.pbz2`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage.Errorf("missing argument DIR")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.collect(cmd.Context(), args, f)
		},
	}
	cmd.Flags().StringVar(&f.archive, "archive", "", "write `DIR` of 000157-FULL.pth files, with weights")
	cmd.Flags().StringVar(&f.benchmark, "benchmark", "", "write `FILE` in NAS-Bench-201's layout, NAS-Bench-201-...pth, without weights")
	cmd.Flags().StringVar(&f.nats, "nats", "", "write `FILE` in NATS-Bench's layout, NATS-tss-...pickle.pbz2, without weights")
	cmd.Flags().StringVar(&f.natsSimple, "nats-simple", "", "write `DIR` of 000157.pickle.pbz2 files without weights")
	cmd.Flags().StringVar(&f.natsFull, "nats-full", "", "write `DIR` of 000157.pickle.pbz2 files with weights")
	cmd.Flags().StringVar(&f.into, "into", "", "add the trials to the benchmark in `PATH`, a file or a folder of any layout")
	cmd.Flags().StringVar(&f.format, "format", "zip", "format of the .pth files: zip or legacy")
	cmd.Flags().IntVar(&f.latency, "latency", 5, "batches that are evaluated to measure a trial's latency, the first of which is left out; 0 for none")
	addForceFlag(cmd.Flags(), &f.force)
	cmd.Flags().BoolVar(&f.publishedTimes, "published-times", false, "replace all times of a size space's trials as the published program does")
	addJSONFlag(cmd, &f.asJSON)
	return cmd
}

// wanted is a file or folder that collect writes.
type wanted struct {
	path    string
	layout  bench.Layout
	weights bool
}

func (f *collectFlags) outputs() []wanted {
	var all []wanted
	for _, o := range []wanted{
		{f.archive, record.NASBench201Archive, true}, {f.benchmark, record.NASBench201, false}, {f.nats, record.NATSFile, false},
		{f.natsSimple, record.NATSFolder, false}, {f.natsFull, record.NATSFolder, true},
	} {
		if o.path != "" {
			all = append(all, o)
		}
	}
	return all
}

// sumDigits stands in a name for the last digits of the MD5 sum of the file of
// --nats.
const sumDigits = "XXXXX"

// named tells whether the name of an output holds sumDigits.
func (o wanted) named() bool {
	return strings.Contains(filepath.Base(o.path), sumDigits) && (o.layout == record.NATSFile || o.layout == record.NATSFolder)
}

// collectRecord is what collect --json prints.
type collectRecord struct {
	Files   int      `json:"files"` // trial files
	Added   int      `json:"added"` // trials
	Archs   int      `json:"archs"` // with trials in the files
	Written []string `json:"written"`
}

func (a *app) collect(ctx context.Context, folders []string, f collectFlags) error {
	outputs := f.outputs()
	if len(outputs) == 0 {
		return usage.Errorf("collect needs one or more of --archive, --benchmark, --nats, --nats-simple, --nats-full")
	}
	if f.nats == "" && slices.ContainsFunc(outputs, wanted.named) {
		return usage.Errorf("%s stands for the MD5 sum of the file of --nats: give that, too, or another name", sumDigits)
	}
	if f.latency < 0 {
		return usage.Errorf("--latency: %d batches, want 0 or more", f.latency)
	}
	format, err := torchFormat(f.format)
	if err != nil {
		return err
	}
	inputs, err := collect.FindTrialFiles(folders)
	if err != nil {
		return err
	}
	if f.into != "" {
		inputs = append(inputs, f.into)
	}
	check := func() error {
		var targets []output.Target
		for _, o := range outputs {
			targets = append(targets, output.Target{Path: o.path, Kind: kindOf(o.layout)})
		}
		return output.Check(f.force, targets, inputs...)
	}
	if err := check(); err != nil {
		return err
	}
	options := collect.Options{LatencyBatches: f.latency, PublishedTimes: f.publishedTimes}
	if f.publishedTimes {
		options.LatencyBatches = 0 // they would be thrown away
	}
	if f.into != "" {
		into, err := bench.OpenContext(ctx, f.into)
		if err != nil {
			return err
		}
		defer into.Close()
		options.Into = into
	}
	var b *progress.Bar
	options.Progress = func(done, total int) {
		if b == nil {
			b = progress.NewBar(a.stderr, int64(total), "reading trials", "files")
		}
		b.Set(int64(done))
	}
	c, err := collect.Trials(ctx, folders, options)
	if b != nil {
		b.Finish()
	}
	var conflict *bench.ConflictError
	if errors.As(err, &conflict) {
		return fmt.Errorf("%w: leave out the folder, or the benchmark, whose records are not wanted", err)
	}
	if err != nil {
		return err
	}
	if err := a.writeCollection(c, outputs, format, check); err != nil {
		return err
	}
	return a.printCollected(f, c, outputs)
}

// writeCollection writes all outputs before any takes its place: if one fails, none
// is in the way of the next try. Folders, which nothing may be in the place of, come
// last. Where outputs are named by a sum, they get these names, which check then sees.
func (a *app) writeCollection(c *collect.Collection, outputs []wanted, format weights.Format, check func() error) error {
	var staged, files, folders []*bench.StagedExport
	sum := md5.New()
	for _, o := range outputs {
		s, err := a.stageCollection(c, o, format, sum)
		if err != nil {
			return err
		}
		defer s.Close()
		staged = append(staged, s)
		if kindOf(o.layout) == output.Folder {
			folders = append(folders, s)
		} else {
			files = append(files, s)
		}
	}
	if slices.ContainsFunc(outputs, wanted.named) {
		if err := nameBySum(outputs, staged, sum); err != nil {
			return err
		}
		if err := check(); err != nil {
			return err
		}
	}
	for _, s := range slices.Concat(files, folders) {
		if err := s.Commit(); err != nil {
			return err
		}
	}
	return nil
}

// nameBySum puts a sum's digits into the names of outputs.
func nameBySum(outputs []wanted, staged []*bench.StagedExport, sum hash.Hash) error {
	text := hex.EncodeToString(sum.Sum(nil))
	digits := text[len(text)-len(sumDigits):]
	for i := range outputs {
		if o := &outputs[i]; o.named() {
			dir, name := filepath.Split(o.path)
			o.path = dir + strings.ReplaceAll(name, sumDigits, digits)
			if err := staged[i].Rename(o.path); err != nil {
				return err
			}
		}
	}
	return nil
}

// stageCollection writes an output; sum is fed with the file of --nats.
func (a *app) stageCollection(c *collect.Collection, o wanted, format weights.Format, sum hash.Hash) (*bench.StagedExport, error) {
	merged, err := c.Benchmark(o.layout.API())
	if err != nil {
		return nil, err
	}
	b := progress.NewBar(a.stderr, int64(len(merged.Stored())), "writing "+o.path, "architectures")
	defer b.Finish()
	options := bench.ExportOptions{Layout: o.layout, Format: format, Progress: func(done, _ int) { b.Set(int64(done)) }}
	if o.layout == record.NATSFile {
		options.Sum = sum
	}
	if o.weights {
		options.Weights = c.Weights
	}
	return bench.StageExport(merged, o.path, options)
}

func (a *app) printCollected(f collectFlags, c *collect.Collection, outputs []wanted) error {
	r := collectRecord{Files: c.Files, Added: c.Added, Archs: len(c.Archs())}
	for _, o := range outputs {
		r.Written = append(r.Written, o.path)
	}
	if f.asJSON {
		return a.printJSON(r)
	}
	if _, err := fmt.Fprintf(a.stdout, "%s with %s of %s\n",
		plural(r.Files, "trial file"), plural(r.Added, "new trial"), plural(r.Archs, "architecture")); err != nil {
		return err
	}
	for _, path := range r.Written {
		if _, err := fmt.Fprintf(a.stdout, "wrote %s\n", path); err != nil {
			return err
		}
	}
	return nil
}
