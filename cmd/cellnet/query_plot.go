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

func newQueryPlotCommand() *cobra.Command {
	group := newGroup("plot", "Draw learning curves, accuracy against FLOPs, or ranks")
	for _, p := range query.Pictures() {
		group.AddCommand(newQueryPictureCommand(p))
	}
	group.Example = `  cellnet query nb201.parquet plot curves 11 --dataset cifar100 --hp 200 -o curves.png
  cellnet query nb201.parquet plot scatter --dataset cifar10 --set test --hp 200 -o scatter.svg
  cellnet query nb201.parquet plot ranks --set test --hp 200 -o ranks.svg`
	return group
}

func newQueryPictureCommand(p *query.Picture) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   p.Name + " FILE",
		Short: "Draw " + p.Short,
		RunE: func(cmd *cobra.Command, args []string) error {
			format, err := pictureFormat(output)
			if err != nil {
				return err
			}
			parsed, err := parseQuery(cmd, p.Form, args[1:])
			if err != nil {
				return err
			}
			return withBenchmark(args[0], func(b *bench.Benchmark) error {
				return atomicfile.Write(output, func(w io.Writer) error {
					return asUsage(p.Draw(b, parsed, w, format))
				})
			})
		},
	}
	takesArch := addParamFlags(cmd, p.Form)
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
