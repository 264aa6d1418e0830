package main

import (
	"fmt"
	"os"

	"cellnet/bench"
	"cellnet/internal/output"
	"cellnet/internal/progress"
	"cellnet/internal/usage"

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
