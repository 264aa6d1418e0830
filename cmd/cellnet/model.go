package main

import (
	"fmt"
	"slices"
	"text/tabwriter"

	"cellnet/cell"
	"cellnet/cell/spec"
	"cellnet/cell/twocell"
	"cellnet/data"
	"cellnet/internal/netfile"
	"cellnet/internal/usage"
	"cellnet/models"
	"cellnet/train"
	"cellnet/weights"

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

// shapeFlags say what an ARCH leaves open.
type shapeFlags struct {
	space                        cell.Space
	channels, cells, stem, epoch int
	auxiliary                    bool
	genotype                     string
	cmd                          *cobra.Command
}

// What is not said of a network's size.
const (
	defaultChannels = 16
	defaultCells    = 5
	defaultStem     = 3
)

func (f *shapeFlags) add(cmd *cobra.Command) {
	f.addStages(cmd)
	cmd.Flags().IntVar(&f.stem, "stem-multiplier", defaultStem, "channels of the stem by those of the first stage, of a network of two cells")
	cmd.Flags().BoolVar(&f.auxiliary, "auxiliary", false, "train with an auxiliary head, of a network of two cells")
	cmd.Flags().StringVar(&f.genotype, "genotype", "", "`FILE` or name of the two cells of a published config file")
	cmd.Flags().IntVar(&f.epoch, "genotype-epoch", -1, "epoch of a search whose cells are taken (default: the last)")
}

// addStages adds those flags that are of cells and widths only.
func (f *shapeFlags) addStages(cmd *cobra.Command) {
	f.cmd = cmd
	addSpaceFlag(cmd, &f.space)
	cmd.Flags().IntVarP(&f.channels, "channels", "C", defaultChannels, "channels of the first stage, of networks that are not given by widths")
	cmd.Flags().IntVarP(&f.cells, "cells", "N", defaultCells, "cells in each stage, likewise")
}

// archHelp says what an ARCH may be where networks are.
const archHelp = `ARCH is a cell of the benchmark (an index, an arch string or a name), the widths of
a network's blocks (8:8:40:32:40, or their index with --space size), a published
genotype of two cells (DARTS_V1, DARTS_V2, GDAS_V1), or a file: a config record, a
published config file, a genotype or the checkpoint of a search.`

// isTwoCells tells whether an ARCH is a genotype's name or a file.
func isTwoCells(arch string) bool {
	return slices.Contains(twocell.Names(), arch) || netfile.IsFile(arch)
}

// openIn lists the flags that tell what a file leaves open.
func openIn(kind netfile.Kind) []string {
	ofGenotype := []string{"channels", "cells", "stem-multiplier", "auxiliary"}
	switch kind {
	case netfile.ConfigFile:
		return []string{"genotype", "genotype-epoch"}
	case netfile.GenotypeFile:
		return ofGenotype
	case netfile.Checkpoint:
		return append(ofGenotype, "genotype-epoch")
	}
	return nil
}

// network returns the network that the user means by an ARCH, for so many
// classes.
func (f *shapeFlags) network(arch string, classes int) (spec.Network, error) {
	o := netfile.Options{C: f.channels, N: f.cells, StemMultiplier: f.stem, Auxiliary: f.auxiliary, Classes: classes, Genotype: f.genotype}
	if f.cmd.Flags().Changed("genotype-epoch") {
		o.Epoch = &f.epoch
	}
	switch {
	case netfile.IsFile(arch):
		n, kind, err := netfile.Read(arch, o)
		if err != nil {
			return nil, err
		}
		return n, f.checkTaken(arch, openIn(kind)...)
	case isTwoCells(arch):
		n, err := netfile.OfGenotype(arch, o)
		if err != nil {
			return nil, usage.Fault(err)
		}
		return n, f.checkTaken("the genotype "+arch, openIn(netfile.GenotypeFile)...)
	}
	a, err := parseArch(f.space, arch)
	if err != nil {
		return nil, err
	}
	noteOrder(f.cmd.ErrOrStderr(), a)
	if a.Widths() != nil {
		return a.Network(classes), f.checkTaken("the widths " + a.String())
	}
	n, err := cell.NewNetwork(a.Cell(), f.channels, f.cells, classes)
	if err != nil {
		return nil, usage.Fault(err)
	}
	return n, f.checkTaken("cells of the benchmark", "channels", "cells")
}

// checkTaken returns an error if other flags are given than a network of that kind
// leaves open.
func (f *shapeFlags) checkTaken(network string, open ...string) error {
	for _, name := range []string{"channels", "cells", "stem-multiplier", "auxiliary", "genotype", "genotype-epoch"} {
		flag := f.cmd.Flags().Lookup(name)
		if flag == nil || !flag.Changed || slices.Contains(open, name) {
			continue
		}
		spelling := "--" + name
		if flag.Shorthand != "" {
			spelling = "-" + flag.Shorthand
		}
		return usage.Errorf("%s %s: networks of %s don't take it", spelling, flag.Value, network)
	}
	return nil
}

// twoCellParams are the parameters of a weights file of a network of two cells:
// of the genotype that is given, or that the file itself names.
func twoCellParams(arch string, file *weights.File, state *weights.StateDict) (*models.Parameters, error) {
	if arch == "" {
		value, err := file.Entry(train.EntryNetwork)
		if err != nil {
			return nil, err
		}
		record, _ := value.(weights.Text)
		n, err := spec.ReadRecord([]byte(record))
		if err != nil {
			return nil, err
		}
		return models.FromStateDict(n, state)
	}
	g, err := netfile.Genotype(arch, nil)
	if err != nil {
		return nil, err
	}
	n, err := models.TwoCellOf(g, state)
	if err != nil {
		return nil, err
	}
	return models.FromStateDict(n, state)
}

// warnOfCollapsed says which edges of a network's cells are one module in the
// published class.
func (a *app) warnOfCollapsed(n spec.Network) {
	net, ok := n.(twocell.Network)
	if !ok {
		return
	}
	for _, c := range []struct {
		name string
		cell twocell.Cell
	}{{"normal", net.Genotype.Normal}, {"reducing", net.Genotype.Reduce}} {
		for _, m := range c.cell.Collapsed() {
			a.say("warning: the %d edges %s of the %s cell are one %v, whose result is added %d times, as in the published class", m.Times, m.Name(), c.name, m.Op, m.Times)
		}
	}
}
