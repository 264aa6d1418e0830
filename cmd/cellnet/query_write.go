package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"cellnet/bench"
	"cellnet/internal/atomicfile"
	"cellnet/internal/plots"
	"cellnet/internal/query"
	"cellnet/internal/usage"
	"cellnet/weights"

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

func newQueryParamsCommand() *cobra.Command {
	q := query.Weights()
	var output, formatName string
	cmd := &cobra.Command{
		Use:   "params FILE [ARCH]",
		Short: "Write the trained weights of a trial from an archive",
		Long: `Write the trained weights of a trial from an archive: a folder of 000157-FULL.pth
files, one of these files, or a NATS-Bench folder with weights.

The format is that of the output's extension, .pth (or .pt) for PyTorch's zip
format or .safetensors, unless --format tells it.`,
		Example: `  cellnet query archive params 157 --dataset cifar10 --seed 777 --hp 200 -o net.pth`,
		Args:    wantFileAndArch(true),
		RunE: func(cmd *cobra.Command, args []string) error {
			if output == "" {
				return usage.Errorf("params needs --output")
			}
			format, err := weights.FormatOf(output)
			if formatName != "" {
				format, err = weights.ParseFormat(formatName)
			}
			if err != nil {
				return usage.Errorf("writing %s: %w; or use --format", output, err)
			}
			parsed, err := parseQuery(cmd, q, args[1:])
			if err != nil {
				return err
			}
			return withBenchmark(args[0], func(b *bench.Benchmark) error {
				state, err := parsed.ReadWeights(b)
				if err != nil {
					return err
				}
				if state == nil {
					return fmt.Errorf("the trial's weights are not recorded, take the archive with weights")
				}
				return weights.WriteFile(output, format, state)
			})
		},
	}
	addParamFlags(cmd, q)
	cmd.Flags().StringVarP(&output, "output", "o", "", "write to `FILE`")
	cmd.Flags().StringVar(&formatName, "format", "", "write this format: legacy, zip or safetensors")
	return cmd
}
