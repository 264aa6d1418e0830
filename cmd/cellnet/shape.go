package main

import (
	"slices"

	"cellnet/cell"
	"cellnet/cell/spec"
	"cellnet/cell/twocell"
	"cellnet/internal/netfile"
	"cellnet/internal/usage"
	"cellnet/models"
	"cellnet/train"
	"cellnet/weights"

	"github.com/spf13/cobra"
)

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
