package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"cellnet/bench"
	"cellnet/data"
	"cellnet/internal/atomicfile"
	"cellnet/internal/curvesource"
	"cellnet/internal/plots"
	"cellnet/internal/printable"
	"cellnet/internal/rundir"
	"cellnet/internal/usage"

	"github.com/spf13/cobra"
)

func newCurvesCommand(a *app) *cobra.Command {
	var set, to, title string
	var force, asJSON bool
	cmd := &cobra.Command{
		Use:   "curves NAME[@SEED]=SOURCE...",
		Short: "Compare learning curves of trainings and of benchmark records",
		Long: `Compare learning curves on one set: as a table in Markdown and, with --output, as a
picture of loss and accuracy. A SOURCE is

  a folder that cellnet train wrote, or its log.jsonl
  a benchmark's trials: FILE#ARCH,DATASET,HP, such as nb201.parquet#11,cifar10-valid,12
  a JSON file {"seed": 777, "history": [{"epoch", "train_loss", "train_top1",
  "test_loss", "test_top1"}, ...]}; test is ori-test

SEED is that of a source that doesn't tell it, or chooses one of the trials of a
benchmark.`,
		Example: `  cellnet curves ours=run1 published=nb201.parquet#11,cifar10-valid,12 -o curves.svg
  cellnet curves a=run1 b=run2 --set train`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage.Errorf("missing argument NAME=SOURCE")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := data.ParseSet(set)
			if err != nil {
				return usage.Errorf("--set: %w", err)
			}
			return a.curves(cmd.Context(), args, s, picture{title, to, force}, asJSON)
		},
	}
	cmd.Flags().StringVar(&set, "set", data.OriTest.String(), "set whose losses and accuracies are compared, such as ori-test or train")
	cmd.Flags().StringVar(&title, "title", "", "title of the picture")
	cmd.Flags().StringVarP(&to, "output", "o", "", "draw into `FILE`, .svg or .png")
	addForceFlag(cmd.Flags(), &force)
	addJSONFlag(cmd, &asJSON)
	return cmd
}

// picture is where and how curves draws.
type picture struct {
	title, path string
	force       bool
}

// check looks at the file, and tells its format.
func (p picture) check(sources []curvesource.Source) (plots.Format, error) {
	format, err := pictureFormat(p.path)
	if err != nil {
		return 0, err
	}
	var inputs []string
	for _, s := range sources {
		inputs = append(inputs, s.Path())
	}
	return format, checkPicture(p.force, p.path, format, inputs...)
}

func (a *app) curves(ctx context.Context, args []string, set data.Set, p picture, asJSON bool) error {
	var sources []curvesource.Source
	for _, arg := range args {
		s, err := curvesource.Parse(arg)
		if err != nil {
			return err
		}
		sources = append(sources, s)
	}
	var format plots.Format
	if p.path != "" {
		var err error
		if format, err = p.check(sources); err != nil {
			return err
		}
	}
	var all []curvesource.Curve
	for _, source := range sources {
		if err := ctx.Err(); err != nil {
			return err
		}
		some, err := source.Read(ctx, set)
		if err != nil {
			return err
		}
		all = append(all, some...)
	}
	if p.path != "" {
		panels := rundir.Panels()
		for _, c := range all {
			addCurve(panels, c)
		}
		if p.title == "" {
			p.title = set.String()
		}
		if err := atomicfile.Write(p.path, func(w io.Writer) error { return plots.Curves(w, format, p.title, panels...) }); err != nil {
			return err
		}
	}
	if asJSON {
		for _, c := range all {
			if err := a.printJSON(c); err != nil {
				return err
			}
		}
		return nil
	}
	return a.printCurves(all)
}

func addCurve(panels []plots.Panel, c curvesource.Curve) {
	for i, values := range [][]bench.Number{c.Loss, c.Top1} {
		drawn := plots.Curve{Set: c.Name, Seed: c.Seed}
		for epoch, v := range values {
			if v.OK {
				drawn.Epochs, drawn.Values = append(drawn.Epochs, epoch), append(drawn.Values, v.Value)
			}
		}
		panels[i].Curves = append(panels[i].Curves, drawn)
	}
}

// printCurves prints a table in Markdown: a line for each epoch, from 1.
func (a *app) printCurves(all []curvesource.Curve) error {
	var b strings.Builder
	epochs := 0
	b.WriteString("| epoch |")
	for _, c := range all {
		fmt.Fprintf(&b, " %s, seed %d: loss | top-1 %% |", c.Name, c.Seed)
		epochs = max(epochs, len(c.Loss))
	}
	b.WriteString("\n|---|" + strings.Repeat("---|---|", len(all)) + "\n")
	number := func(values []bench.Number, epoch, digits int) string {
		if epoch >= len(values) || !values[epoch].OK {
			return ""
		}
		return strconv.FormatFloat(values[epoch].Value, 'f', digits, 64)
	}
	for epoch := range epochs {
		fmt.Fprintf(&b, "| %d |", epoch+1)
		for _, c := range all {
			fmt.Fprintf(&b, " %s | %s |", number(c.Loss, epoch, 4), number(c.Top1, epoch, 2))
		}
		b.WriteString("\n")
	}
	_, err := io.WriteString(printable.Writer(a.stdout), b.String())
	return err
}
