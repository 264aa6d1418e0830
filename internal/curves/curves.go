// Package curves draws learning curves.
package curves

import (
	"fmt"
	"image/color"
	"io"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Curve is one line of a panel.
type Curve struct {
	Name   string
	Values []float64 // one for each epoch; those that are not finite are left out
	Dashed bool
}

// Panel is one diagram over the epochs.
type Panel struct {
	Title  string
	Unit   string // of the values
	Curves []Curve
	// Falling says that the curves go down, so that the legend has its place at
	// the top.
	Falling bool
}

// Size of a panel, and the resolution of PNG images.
const (
	panelWidth  = 14 * vg.Centimeter
	panelHeight = 11 * vg.Centimeter
	dotsPerInch = 110
)

// fewPoints is up to how many points of a curve are marked.
const fewPoints = 30

// SVG draws panels side by side.
func SVG(w io.Writer, panels ...Panel) error {
	c := vgsvg.NewWith(vgsvg.UseWH(size(panels)))
	return write(w, c, c, panels)
}

// PNG draws panels side by side.
func PNG(w io.Writer, panels ...Panel) error {
	width, height := size(panels)
	c := vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(dotsPerInch))}
	return write(w, c, c, panels)
}

func size(panels []Panel) (width, height vg.Length) {
	return panelWidth * vg.Length(max(1, len(panels))), panelHeight
}

func write(w io.Writer, c vg.CanvasSizer, out io.WriterTo, panels []Panel) error {
	if len(panels) == 0 {
		return fmt.Errorf("drawing curves: no panels")
	}
	row := make([]*plot.Plot, len(panels))
	for i, panel := range panels {
		p, err := panel.plot()
		if err != nil {
			return fmt.Errorf("drawing %q: %w", panel.Title, err)
		}
		row[i] = p
	}
	const margin = vg.Centimeter / 2
	tiles := draw.Tiles{Cols: len(row), Rows: 1, PadX: margin, PadLeft: margin, PadRight: margin, PadTop: margin, PadBottom: margin}
	for i, canvas := range plot.Align([][]*plot.Plot{row}, tiles, draw.New(c))[0] {
		row[i].Draw(canvas)
	}
	_, err := out.WriteTo(w)
	return err
}

func (panel Panel) plot() (*plot.Plot, error) {
	p := plot.New()
	p.Title.Text = panel.Title
	p.X.Label.Text = "epoch"
	p.Y.Label.Text = panel.Unit
	p.Legend.Top = panel.Falling
	p.Legend.Padding = vg.Millimeter
	grid := plotter.NewGrid()
	grid.Horizontal.Color, grid.Vertical.Color = color.Gray{0xe4}, color.Gray{0xe4}
	p.Add(grid)
	for i, c := range panel.Curves {
		points := c.points()
		if len(points) == 0 {
			continue
		}
		line, marks, err := plotter.NewLinePoints(points)
		if err != nil {
			return nil, err
		}
		line.Color, line.Width = colorOf(i), vg.Points(1.5)
		if c.Dashed {
			line.Dashes = []vg.Length{vg.Points(5), vg.Points(3)}
		}
		marks.Color, marks.Shape, marks.Radius = colorOf(i), draw.CircleGlyph{}, vg.Points(2)
		p.Add(line)
		if len(points) <= fewPoints {
			p.Add(marks)
		}
		p.Legend.Add(c.Name, line)
	}
	return p, nil
}

// points counts epochs from 1: a value is what an epoch ended with.
func (c Curve) points() plotter.XYs {
	var points plotter.XYs
	for i, v := range c.Values {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			points = append(points, plotter.XY{X: float64(i + 1), Y: v})
		}
	}
	return points
}

// colorOf gives colours of Okabe and Ito's palette, which colour-blind readers can
// tell apart.
func colorOf(i int) color.Color {
	palette := [...]color.NRGBA{
		{0x00, 0x72, 0xb2, 0xff}, {0xd5, 0x5e, 0x00, 0xff}, {0x00, 0x9e, 0x73, 0xff}, {0xcc, 0x79, 0xa7, 0xff},
		{0xe6, 0x9f, 0x00, 0xff}, {0x56, 0xb4, 0xe9, 0xff}, {0x00, 0x00, 0x00, 0xff},
	}
	return palette[i%len(palette)]
}
