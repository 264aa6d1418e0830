package main

import (
	"fmt"
	"text/tabwriter"

	"cellnet/cell"
	"cellnet/cell/spec"
	"cellnet/cell/twocell"
	"cellnet/data"
	"cellnet/internal/usage"

	"github.com/spf13/cobra"
)

func newModelCommand(a *app) *cobra.Command {
	return newGroup("model", "Show networks", newModelShowCommand(a))
}

// modelRecord is what model show --json prints.
type modelRecord struct {
	Network spec.Network `json:"config"`
	Side    int          `json:"side"`
	FLOPs   float64      `json:"flops_M"`
	Params  float64      `json:"params_M"`
	Layers  []cell.Layer `json:"layers"`
}

func newModelShowCommand(a *app) *cobra.Command {
	var asJSON bool
	var dataset string
	var shape shapeFlags
	cmd := &cobra.Command{
		Use:   "show ARCH",
		Short: "Show the structure and cost of a network",
		Long:  "Show the structure and cost of a network.\n\n" + archHelp,
		Example: `  cellnet model show 1
  cellnet model show 8:8:40:32:40
  cellnet model show DARTS_V2 -C 36 -N 6
  cellnet model show 11 --dataset ImageNet16-120 -C 32 -N 2 --json`,
		Args:              wantArgs("ARCH"),
		ValidArgsFunction: completeArch,
		RunE: func(_ *cobra.Command, args []string) error {
			d, err := data.ResolveDataset(dataset)
			if err != nil {
				return usage.Errorf("--dataset: %w", err)
			}
			if _, known := d.Info(); !known {
				return usage.Errorf("--dataset: only the files of %v tell its classes: choose another one", d)
			}
			network, err := shape.network(args[0], d.Classes())
			if err != nil {
				return err
			}
			a.warnOfCollapsed(network)
			cost := network.Cost(d.Side())
			r := modelRecord{network, d.Side(), cost.FLOPs, cost.Params, network.Layers(d.Side())}
			if asJSON {
				return a.printJSON(r)
			}
			return a.printModel(r)
		},
	}
	cmd.Flags().StringVar(&dataset, "dataset", data.CIFAR10.String(), "dataset whose images and classes the network is for")
	shape.add(cmd)
	addJSONFlag(cmd, &asJSON)
	return cmd
}

// sizeOf says in words how wide and deep a network is.
func sizeOf(n spec.Network) string {
	switch n := n.(type) {
	case cell.Network:
		return n.Shape()
	case twocell.Network:
		return fmt.Sprintf("C=%d, N=%d", n.C, n.N)
	}
	return ""
}

func (a *app) printModel(r modelRecord) error {
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "%s, %s, %d classes\n", spec.Name(r.Network), sizeOf(r.Network), r.Network.NumClasses())
	fmt.Fprint(w, "block\tcomputes\toutput\tparameters\tFLOPs\n")
	fmt.Fprintf(w, "input\t\t3x%dx%d\n", r.Side, r.Side)
	for _, l := range r.Layers {
		fmt.Fprintf(w, "%s\t%s\t%dx%dx%d\t%d\t%.0f\n", l.Name, l.Block, l.Output[0], l.Output[1], l.Output[2], l.Params, l.FLOPs)
	}
	fmt.Fprintf(w, "total\t\t\t%.6f M\t%.5f M\n", r.Params, r.FLOPs)
	return w.Flush()
}
