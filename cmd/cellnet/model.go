package main

import (
	"fmt"
	"text/tabwriter"

	"cellnet/cell"
	"cellnet/data"
	"cellnet/internal/usage"

	"github.com/spf13/cobra"
)

func newModelCommand(a *app) *cobra.Command {
	return newGroup("model", "Show networks", newModelShowCommand(a))
}

// modelRecord is what model show --json prints.
type modelRecord struct {
	Network cell.Network `json:"config"`
	Side    int          `json:"side"`
	FLOPs   float64      `json:"flops_M"`
	Params  float64      `json:"params_M"`
	Layers  []cell.Layer `json:"layers"`
}

func newModelShowCommand(a *app) *cobra.Command {
	var asJSON bool
	var dataset string
	var channels, cells int
	cmd := &cobra.Command{
		Use:   "show ARCH",
		Short: "Show the structure and cost of a network",
		Example: `  cellnet model show 1
  cellnet model show 11 --dataset ImageNet16-120 -C 32 -N 2 --json`,
		Args:              wantArgs("ARCH"),
		ValidArgsFunction: completeArch,
		RunE: func(_ *cobra.Command, args []string) error {
			c, err := parseArch(args[0])
			if err != nil {
				return err
			}
			d, err := data.ParseDataset(dataset)
			if err != nil {
				return usage.Errorf("--dataset: %w", err)
			}
			network, err := cell.NewNetwork(c, channels, cells, d.Classes())
			if err != nil {
				return usage.Errorf("%w", err)
			}
			cost := network.Cost(d.Side())
			r := modelRecord{network, d.Side(), cost.FLOPs, cost.Params, network.Layers(d.Side())}
			if asJSON {
				return a.printJSON(r)
			}
			return a.printModel(r)
		},
	}
	cmd.Flags().StringVar(&dataset, "dataset", data.CIFAR10.String(), "dataset whose images and classes the network is for")
	cmd.Flags().IntVarP(&channels, "channels", "C", 16, "channels of the first stage")
	cmd.Flags().IntVarP(&cells, "cells", "N", 5, "cells in each stage")
	addJSONFlag(cmd, &asJSON)
	return cmd
}

func (a *app) printModel(r modelRecord) error {
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	channels, cells, _ := r.Network.Stages()
	fmt.Fprintf(w, "%s, C=%d, N=%d, %d classes\n", r.Network.Cell, channels, cells, r.Network.Classes)
	fmt.Fprint(w, "block\tcomputes\toutput\tparameters\tFLOPs\n")
	fmt.Fprintf(w, "input\t\t3x%dx%d\n", r.Side, r.Side)
	for _, l := range r.Layers {
		fmt.Fprintf(w, "%s\t%s\t%dx%dx%d\t%d\t%.0f\n", l.Name, l.Block, l.Output[0], l.Output[1], l.Output[2], l.Params, l.FLOPs)
	}
	fmt.Fprintf(w, "total\t\t\t%.6f M\t%.5f M\n", r.Params, r.FLOPs)
	return w.Flush()
}
