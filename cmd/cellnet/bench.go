package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"cellnet/bench"
	"cellnet/bench/builtin"
	"cellnet/bench/builtin/sheet"
	"cellnet/bench/record"
	"cellnet/internal/atomicfile"
	"cellnet/internal/output"
	"cellnet/internal/progress"
	"cellnet/internal/usage"
	"cellnet/weights"

	"github.com/spf13/cobra"
)

func newBenchCommand(a *app) *cobra.Command {
	return newGroup("bench", "Convert benchmark files",
		newBenchImportCommand(a),
		newBenchExportCommand(a),
	)
}

func newBenchImportCommand(a *app) *cobra.Command {
	var to string
	var force bool
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Convert published benchmark files to a store",
		Long: `Convert a benchmark to a store: a Parquet file of one row a trial, which opens at
once and keeps everything but trained weights.

FILE is a NAS-Bench-201 .pth, a folder of 000157-FULL.pth files, a NATS-Bench
.pickle.pbz2 or folder, or a folder of the trial files that generate leaves.`,
		Example: `  cellnet bench import NAS-Bench-201-v1_1-096897.pth -o nb201.parquet`,
		Args:    wantArgs("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if to == "" {
				return usage.Errorf("import needs --output")
			}
			if err := output.Check(force, []output.Target{{Path: to, Kind: output.Store}}, args[0]); err != nil {
				return err
			}
			b, err := bench.OpenContext(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			defer b.Close()
			step, finish := a.archProgress(b, "importing")
			err = bench.Import(b, to, step)
			finish()
			if err != nil {
				return err
			}
			return a.noteWritten(b, to)
		},
	}
	cmd.Flags().StringVarP(&to, "output", "o", "", "write the store to `FILE`")
	addForceFlag(cmd.Flags(), &force)
	return cmd
}

// archProgress shows how many of a benchmark's architectures are done.
func (a *app) archProgress(b *bench.Benchmark, title string) (step func(done, total int), finish func()) {
	bar := progress.NewBar(a.stderr, int64(len(b.Stored())), title, "architectures")
	return func(done, _ int) { bar.Set(int64(done)) }, bar.Finish
}

// noteWritten tells what was written.
func (a *app) noteWritten(b *bench.Benchmark, path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	size := ""
	if !info.IsDir() {
		size = fmt.Sprintf(", %.1f MB", float64(info.Size())/1e6)
	}
	fmt.Fprintf(a.stderr, "%s: %d architectures%s\n", path, len(b.Stored()), size)
	return nil
}

func newBenchExportCommand(a *app) *cobra.Command {
	var to, layoutName, formatName string
	var force bool
	cmd := &cobra.Command{
		Use:   "export STORE",
		Short: "Write a benchmark in a published layout, the built-in results as a table",
		Long: `Write a benchmark in a published layout, which the published Python programs read.
In the layout that it was made from, the objects are equal but for trained weights,
which are left out. NASLib's layout has one trial of the longest recipe on each
dataset: that of seed 888, or else of the lowest.

The built-in results, builtin, are written as a table of a row for each cell, into a
file .csv or .parquet.`,
		Example: `  cellnet bench export nb201.parquet -o NAS-Bench-201-v1_1.pth
  cellnet bench export nb201.parquet --layout nats-folder -o NATS-tss-v1_0-3ffb9-simple
  cellnet bench export nb201.parquet --format naslib -o nb201_cifar10_full_training.pickle
  cellnet bench export builtin -o cells.csv`,
		Args: wantArgs("STORE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if to == "" {
				return usage.Errorf("export needs --output")
			}
			o := bench.ExportOptions{}
			switch formatName {
			case "legacy":
				o.Format = weights.Legacy
			case "zip":
				o.Format = weights.Zip
			case record.NASLib.String():
				if layoutName != "" && layoutName != formatName {
					return usage.Errorf("--format %s and --layout %s contradict each other", formatName, layoutName)
				}
				layoutName = formatName
			default:
				return usage.Errorf("--format: unknown format %q, want legacy, zip or %v", formatName, record.NASLib)
			}
			var err error
			if layoutName != "" {
				if o.Layout, err = bench.ParseLayout(layoutName); err != nil {
					return usage.Errorf("--layout: %w", err)
				}
			}
			b, err := bench.OpenContext(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			defer b.Close()
			if b.IsBuiltin() {
				if cmd.Flags().Changed("layout") || cmd.Flags().Changed("format") {
					return usage.Errorf("%s is written as a table, into a file .csv or .parquet, without --layout and --format", args[0])
				}
				return a.exportBuiltin(b, to, force)
			}
			if layoutName == "" && !b.Layout().OfTrials() {
				o.Layout = b.Layout()
			} else if layoutName == "" && b.Layout() == record.SizeTrialFolder {
				o.Layout = record.NATSFile
			}
			if err := output.Check(force, []output.Target{{Path: to, Kind: kindOf(o.Layout)}}, args[0]); err != nil {
				return err
			}
			var finish func()
			o.Progress, finish = a.archProgress(b, "exporting")
			err = bench.Export(b, to, o)
			finish()
			if err != nil {
				return err
			}
			return a.noteWritten(b, to)
		},
	}
	cmd.Flags().StringVarP(&to, "output", "o", "", "write to `FILE`, or a new folder")
	addForceFlag(cmd.Flags(), &force)
	cmd.Flags().StringVar(&layoutName, "layout", "", layoutNames()+" (default: that of the file the store was made from, of trial files nas-bench-201, of the size space nats-file)")
	cmd.Flags().StringVar(&formatName, "format", "legacy", "of .pth files: legacy, as published, or zip; naslib stands for --layout naslib")
	return cmd
}

// exportBuiltin writes the built-in results in the format that the file's name tells.
func (a *app) exportBuiltin(b *bench.Benchmark, to string, force bool) error {
	var kind output.Kind
	var write func(io.Writer, *builtin.Table) error
	switch strings.ToLower(filepath.Ext(to)) {
	case ".csv":
		kind, write = output.CSV, sheet.WriteCSV
	case ".parquet":
		kind, write = output.Store, sheet.WriteParquet
	default:
		return usage.Errorf("--output: want a file .csv or .parquet, got %q", to)
	}
	if err := output.Check(force, []output.Target{{Path: to, Kind: kind}}); err != nil {
		return err
	}
	t, err := builtin.Load()
	if err != nil {
		return err
	}
	if err := atomicfile.Write(to, func(w io.Writer) error { return write(w, t) }); err != nil {
		return err
	}
	return a.noteWritten(b, to)
}

func layoutNames() string {
	var names []string
	for _, l := range bench.Layouts() {
		names = append(names, l.String())
	}
	return fmt.Sprintf("%s or %s", strings.Join(names[:len(names)-1], ", "), names[len(names)-1])
}

// kindOf is what a layout is written as.
func kindOf(l bench.Layout) output.Kind {
	switch l.Container() {
	case record.TorchFile:
		return output.TorchBenchmark
	case record.Bzip2File:
		return output.NATSBenchmark
	case record.PickleFile:
		return output.NASLibBenchmark
	}
	return output.Folder
}
