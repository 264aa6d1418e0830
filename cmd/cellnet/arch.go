package main

import (
	"bufio"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"cellnet/cell"
	"cellnet/cell/draw"
	"cellnet/internal/atomicfile"
	"cellnet/internal/netfile"
	"cellnet/internal/output"
	"cellnet/internal/usage"

	"github.com/spf13/cobra"
)

func newArchCommand(a *app) *cobra.Command {
	return newGroup("arch", "Show, list and draw architectures",
		newArchShowCommand(a),
		newArchListCommand(a),
		newArchDrawCommand(a),
	)
}

// completeArch completes an ARCH that is the first argument by the names of
// cells.
func completeArch(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return cell.Names(), cobra.ShellCompDirectiveNoFileComp
}

// orderNote says which of the benchmark's cells has the same edges in another
// order; "" if none or if the cell is that one.
func orderNote(c cell.Cell) string {
	if _, ok := c.Index(); ok {
		return ""
	}
	index, ok := c.InOrder().Index()
	if !ok {
		return ""
	}
	return fmt.Sprintf("in order it is index %d", index)
}

// noteOrder notes on w if the edges of a cell are not in the benchmark's order.
func noteOrder(w io.Writer, a cell.Arch) {
	if note := orderNote(a.Cell()); note != "" {
		printNote(w, "the edges of %v are not in the benchmark's order, %s", a, note)
	}
}

// addSpaceFlag adds --space, the search space that an ARCH is looked up in by its
// index.
func addSpaceFlag(cmd *cobra.Command, space *cell.Space) {
	cmd.Flags().TextVar(space, "space", cell.Topology, "search `SPACE` that indexes are of: topology or size")
}

// parseArch returns the architecture that the user means by an ARCH.
func parseArch(space cell.Space, arch string) (cell.Arch, error) {
	a, err := space.Resolve(arch)
	if err != nil {
		return cell.Arch{}, usage.Fault(err)
	}
	return a, nil
}

// archIndex returns the index of an architecture in its space, nil if it has none.
func archIndex(a cell.Arch) *int {
	if index, ok := a.Index(); ok {
		return &index
	}
	return nil
}

func newArchListCommand(a *app) *cobra.Command {
	var asJSON bool
	var space cell.Space
	cmd := &cobra.Command{
		Use:   "list",
		Short: "Print all architectures of a search space in the order of their indexes",
		Example: `  cellnet arch list
  cellnet arch list --space size --json`,
		Args: wantArgs(),
		RunE: func(*cobra.Command, []string) error {
			return a.listArchs(space, asJSON)
		},
	}
	cmd.Flags().TextVar(&space, "space", cell.Topology, "search `SPACE`: topology or size")
	addJSONFlag(cmd, &asJSON)
	return cmd
}

func (a *app) listArchs(space cell.Space, asJSON bool) error {
	w := bufio.NewWriter(a.stdout)
	line := (&app{stdout: w}).printJSON
	for index, arch := range space.All() {
		var err error
		if asJSON {
			err = line(struct {
				Index int       `json:"index"`
				Arch  cell.Arch `json:"arch"`
			}{index, arch})
		} else {
			_, err = fmt.Fprintln(w, arch)
		}
		if err != nil {
			return fmt.Errorf("writing the list: %w", err)
		}
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("writing the list: %w", err)
	}
	return nil
}

func newArchDrawCommand(a *app) *cobra.Command {
	var flags struct {
		output, format string
		force          bool
	}
	var space cell.Space
	cmd := &cobra.Command{
		Use:   "draw ARCH",
		Short: "Draw a cell, or the two of a genotype, as SVG, PNG or DOT",
		Example: `  cellnet arch draw 1 -o cell.svg
  cellnet arch draw 8:8:40:32:40 -o size.svg
  cellnet arch draw DARTS_V2 -o darts.png
  cellnet arch draw resnet --format dot`,
		Args:              wantArgs("ARCH"),
		ValidArgsFunction: completeArch,
		RunE: func(_ *cobra.Command, args []string) error {
			diagram, err := diagramOf(space, args[0], a.stderr)
			if err != nil {
				return err
			}
			write, kind, err := drawer(flags.format, flags.output)
			if err != nil {
				return err
			}
			if flags.output == "" {
				return write(a.stdout, diagram)
			}
			if err := output.Check(flags.force, []output.Target{{Path: flags.output, Kind: kind}}); err != nil {
				return err
			}
			return atomicfile.Write(flags.output, func(w io.Writer) error { return write(w, diagram) })
		},
	}
	addSpaceFlag(cmd, &space)
	cmd.Flags().StringVarP(&flags.output, "output", "o", "", "write to `FILE` instead of standard output")
	addForceFlag(cmd.Flags(), &flags.force)
	cmd.Flags().StringVar(&flags.format, "format", "", "svg, png or dot (default: by the name of FILE, or svg)")
	return cmd
}

// diagramOf returns the diagram of a cell or of a genotype, and notes what a user may
// want to know of it.
func diagramOf(space cell.Space, arch string, notes io.Writer) (draw.Diagram, error) {
	if isTwoCells(arch) {
		g, err := netfile.Genotype(arch, nil)
		return draw.Genotype(g), err
	}
	a, err := parseArch(space, arch)
	if err != nil {
		return draw.Diagram{}, err
	}
	noteOrder(notes, a)
	return draw.Cell(a.Cell()), nil
}

// drawer returns the function that draws in a format, and what that is, which the name of the
// output tells if it isn't given.
func drawer(format, path string) (func(io.Writer, draw.Diagram) error, output.Kind, error) {
	if format == "" {
		format = strings.TrimPrefix(strings.ToLower(filepath.Ext(path)), ".")
		if path == "" {
			format = "svg"
		}
	}
	switch format {
	case "svg":
		return draw.SVG, output.SVG, nil
	case "png":
		return draw.PNG, output.PNG, nil
	case "dot", "gv":
		return draw.DOT, output.DOT, nil
	case "":
		return nil, 0, usage.Errorf("format of %s is not known, give --format svg, png or dot", path)
	}
	return nil, 0, usage.Errorf("unknown format %q, want svg, png or dot", format)
}
