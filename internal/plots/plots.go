// Package plots draws what a benchmark's architectures reach: accuracy against
// cost, and ranks on one dataset against those on others.
package plots

import (
	"fmt"
	"image/color"
	"io"

	"cellnet/internal/printable"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Format is that of a picture.
type Format uint8

// The formats.
const (
	SVG Format = iota
	PNG
)

const (
	width       = 16 * vg.Centimeter
	height      = 12 * vg.Centimeter
	dotsPerInch = 144
	// fewPoints is up to how many points are drawn large.
	fewPoints = 1000
)

// colours can be told apart by people who don't see all of them; the first one is
// that of a single series.
var colours = [...]color.NRGBA{{0x1f, 0x5f, 0xbf, 0xff}, {0xe0, 0x8a, 0x1e, 0xff}, {0x2a, 0x9d, 0x6f, 0xff}, {0xb0, 0x4f, 0xa0, 0xff}}

// newPlot starts a plot with a grid.
func newPlot(title, x, y string) *plot.Plot {
	p := plot.New()
	p.Title.Text = printable.Text(title)
	p.X.Label.Text, p.Y.Label.Text = x, y
	grid := plotter.NewGrid()
	grid.Horizontal.Color, grid.Vertical.Color = color.Gray{0xe4}, color.Gray{0xe4}
	p.Add(grid)
	p.Legend.Padding = vg.Millimeter
	return p
}

// addDots adds a series of points, with a line in the legend if it has a name.
func addDots(p *plot.Plot, series int, name string, points plotter.XYs) error {
	dots, err := plotter.NewScatter(points)
	if err != nil {
		return err
	}
	c := colours[series%len(colours)]
	dots.Shape, dots.Radius, dots.Color = draw.CircleGlyph{}, vg.Points(2.5), c
	if len(points) > fewPoints {
		c.A = 0x90
		dots.Radius, dots.Color = vg.Points(0.8), c
	}
	p.Add(dots)
	if name != "" {
		p.Legend.Add(printable.Text(name), legendDot{colours[series%len(colours)]})
	}
	return nil
}

// legendDot is a point of the legend, larger than those of the plot.
type legendDot struct{ color color.NRGBA }

// Thumbnail implements [plot.Thumbnailer].
func (d legendDot) Thumbnail(c *draw.Canvas) {
	c.DrawGlyph(draw.GlyphStyle{Color: d.color, Radius: vg.Points(3), Shape: draw.CircleGlyph{}}, c.Center())
}

// legendInk is the colour of what the legend says of all series.
var legendInk = color.Gray{0x40}

func write(w io.Writer, f Format, p *plot.Plot) error { return writeRow(w, f, []*plot.Plot{p}) }

// writeRow draws plots side by side.
func writeRow(w io.Writer, f Format, row []*plot.Plot) error {
	return writeGrid(w, f, [][]*plot.Plot{row}, width, height)
}

// writeGrid draws rows of plots, each of the same number; nil for none.
func writeGrid(w io.Writer, f Format, rows [][]*plot.Plot, width, height vg.Length) error {
	totalWidth, totalHeight := width*vg.Length(len(rows[0])), height*vg.Length(len(rows))
	var c vg.CanvasSizer
	var out io.WriterTo
	switch f {
	case SVG:
		s := vgsvg.New(totalWidth, totalHeight)
		c, out = s, s
	case PNG:
		s := vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(totalWidth, totalHeight), vgimg.UseDPI(dotsPerInch))}
		c, out = s, s
	default:
		return fmt.Errorf("plots: no format %d", f)
	}
	const margin = vg.Centimeter / 2
	tiles := draw.Tiles{
		Rows: len(rows), Cols: len(rows[0]), PadX: margin, PadY: margin, PadLeft: margin, PadRight: margin, PadTop: margin, PadBottom: margin,
	}
	for i, canvases := range plot.Align(rows, tiles, draw.New(c)) {
		for j, canvas := range canvases {
			if rows[i][j] != nil {
				rows[i][j].Draw(canvas)
			}
		}
	}
	_, err := out.WriteTo(w)
	return err
}
