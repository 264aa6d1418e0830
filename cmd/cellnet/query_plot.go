package main

import (
	"io"
	"path/filepath"
	"strings"

	"cellnet/bench"
	"cellnet/internal/atomicfile"
	"cellnet/internal/plots"
	"cellnet/internal/query"
	"cellnet/internal/usage"

	"github.com/spf13/cobra"
)

func newQueryPlotCommand(a *app) *cobra.Command {
	group := newGroup("plot", "Draw learning curves, accuracy against FLOPs, or ranks",
		newQueryPlotKindCommand(a, plotKind{"curves", "Draw the learning curves of an architecture's trials", query.Curves(), query.Args.DrawCurves}),
		newQueryPlotKindCommand(a, plotKind{"scatter", "Draw accuracy against FLOPs of all architectures", query.ScatterOf(), query.Args.DrawScatter}),
		newQueryPlotKindCommand(a, plotKind{"ranks", "Draw the ranks of all architectures on the datasets against those on CIFAR-10", query.RanksOf(), query.Args.DrawRanks}),
	)
	group.Example = `  cellnet query nb201.parquet plot curves 11 --dataset cifar100 --hp 200 -o curves.png
  cellnet query nb201.parquet plot scatter --dataset cifar10 --set test --hp 200 -o scatter.svg
  cellnet query nb201.parquet plot ranks --set test --hp 200 -o ranks.svg`
	return group
}

// plotKind is one kind of picture.
type plotKind struct {
	name, short string
	q           *query.Query
	draw        func(args query.Args, b *bench.Benchmark, w io.Writer, f plots.Format) error
}

func newQueryPlotKindCommand(a *app, kind plotKind) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   kind.name + " FILE",
		Short: kind.short,
		RunE: func(cmd *cobra.Command, args []string) error {
			format, err := pictureFormat(output)
			if err != nil {
				return err
			}
			parsed, err := parseQuery(cmd, kind.q, args[1:])
			if err != nil {
				return err
			}
			return a.withBenchmark(args[0], func(b *bench.Benchmark) error {
				return atomicfile.Write(output, func(w io.Writer) error {
					return asUsage(kind.draw(parsed, b, w, format))
				})
			})
		},
	}
	takesArch := addParamFlags(cmd, kind.q)
	if takesArch {
		cmd.Use += " [ARCH]"
	}
	cmd.Args = wantFileAndArch(takesArch)
	cmd.Flags().StringVarP(&output, "output", "o", "", "write to `FILE`, .svg or .png")
	return cmd
}

// pictureFormat is told by the name of a file.
func pictureFormat(name string) (plots.Format, error) {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".svg":
		return plots.SVG, nil
	case ".png":
		return plots.PNG, nil
	}
	return 0, usage.Errorf("--output: want a file .svg or .png, got %q", name)
}
