package main

import (
	"fmt"

	"cellnet/bench"
	"cellnet/internal/query"
	"cellnet/internal/usage"
	"cellnet/weights"

	"github.com/spf13/cobra"
)

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
