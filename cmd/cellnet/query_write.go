package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"cellnet/bench"
	"cellnet/internal/atomicfile"
	"cellnet/internal/output"
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
	var to string
	var force bool
	cmd := &cobra.Command{
		Use:   p.Name + " FILE",
		Short: "Draw " + p.Short,
		RunE: func(cmd *cobra.Command, args []string) error {
			format, err := pictureFormat(to)
			if err != nil {
				return err
			}
			parsed, err := parseQuery(cmd, p.Form, args[1:])
			if err != nil {
				return err
			}
			return withBenchmark(cmd.Context(), args[0], func(b *bench.Benchmark) error {
				if err := checkPicture(force, to, format, args[0]); err != nil {
					return err
				}
				return atomicfile.Write(to, func(w io.Writer) error {
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
	cmd.Flags().StringVarP(&to, "output", "o", "", "write to `FILE`, .svg or .png")
	addForceFlag(cmd.Flags(), &force)
	return cmd
}

// checkPicture looks at what a picture is to be written to.
func checkPicture(force bool, path string, f plots.Format, inputs ...string) error {
	kind := output.SVG
	if f == plots.PNG {
		kind = output.PNG
	}
	return output.Check(force, []output.Target{{Path: path, Kind: kind}}, inputs...)
}

// checkWeights looks at what weights are to be written to.
func checkWeights(force bool, path string, f weights.Format, inputs ...string) error {
	kind := output.Weights
	if f == weights.Safetensors {
		kind = output.Safetensors
	}
	return output.Check(force, []output.Target{{Path: path, Kind: kind}}, inputs...)
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
	var to, formatName string
	var force bool
	cmd := &cobra.Command{
		Use:   "params FILE [ARCH]",
		Short: "Write the trained weights of a trial from an archive",
		Long: `Write the trained weights of a trial from an archive: a folder of 000157-FULL.pth
files, one of these files, or a NATS-Bench folder with weights.

The architecture and the training are written beside the weights, as weights show
tells.

The format is that of the output's extension, .pth (or .pt) for PyTorch's zip
format or .safetensors, unless --format tells it.`,
		Example: `  cellnet query archive params 157 --dataset cifar10 --seed 777 --hp 200 -o net.pth`,
		Args:    wantFileAndArch(true),
		RunE: func(cmd *cobra.Command, args []string) error {
			if to == "" {
				return usage.Errorf("params needs --output")
			}
			format, err := weights.FormatOf(to)
			if formatName != "" {
				format, err = weights.ParseFormat(formatName)
			}
			if err != nil {
				return usage.Errorf("writing %s: %w; or use --format", to, err)
			}
			parsed, err := parseQuery(cmd, q, args[1:])
			if err != nil {
				return err
			}
			return withBenchmark(cmd.Context(), args[0], func(b *bench.Benchmark) error {
				if err := checkWeights(force, to, format, args[0]); err != nil {
					return err
				}
				state, network, err := parsed.ReadWeights(b)
				if err != nil {
					return err
				}
				if state == nil {
					return fmt.Errorf("the trial's weights are not recorded, take the archive with weights")
				}
				return weights.WriteFile(to, format, state, network.Entries()...)
			})
		},
	}
	addParamFlags(cmd, q)
	cmd.Flags().StringVarP(&to, "output", "o", "", "write to `FILE`")
	addForceFlag(cmd.Flags(), &force)
	cmd.Flags().StringVar(&formatName, "format", "", "write this format: legacy, zip or safetensors")
	return cmd
}
