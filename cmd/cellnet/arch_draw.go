package main

import (
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
