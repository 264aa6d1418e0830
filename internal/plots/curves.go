package plots

import (
	"fmt"
	"io"
	"math"
	"slices"

	"cellnet/internal/printable"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Curve is a number of some epochs of a trial on one set.
type Curve struct {
	Set    string
	Seed   int
	Epochs []int // counted from 0
	Values []float64
}

// Panel is a diagram of curves over the epochs.
type Panel struct {
	Unit    string
	Falling bool // the curves go down, so that the legend has its place at the top
	Curves  []Curve
}

// dashes of the seeds, in their order.
var dashes = [...][]vg.Length{nil, {vg.Points(5), vg.Points(2)}, {vg.Points(1.5), vg.Points(1.5)}, {vg.Points(6), vg.Points(2), vg.Points(1.5), vg.Points(2)}}

// Curves draws panels side by side. A set has a colour, a seed a dash; sets beyond
// the colours have dashes, too. Values that
// are not finite are left out.
func Curves(w io.Writer, f Format, title string, panels ...Panel) error {
	row := make([]*plot.Plot, len(panels))
	for i, panel := range panels {
		row[i] = newPlot(title, "epoch", panel.Unit)
		row[i].Legend.Top = panel.Falling
		if err := panel.addTo(row[i], true); err != nil {
			return err
		}
	}
	return writeRow(w, f, row)
}

// CurveGrid draws small panels, so many in a row, with their units as titles, one
// scale for all and one legend.
func CurveGrid(w io.Writer, f Format, columns int, panels ...Panel) error {
	if len(panels) == 0 {
		return ErrNothing
	}
	var all []*plot.Plot
	lowest, highest := math.Inf(1), math.Inf(-1)
	for i, panel := range panels {
		p := newPlot(panel.Unit, "epoch", "")
		if err := panel.addTo(p, false); err != nil {
			return err
		}
		if i > 0 {
			p.Legend = plot.NewLegend()
		}
		p.Legend.Top, p.Legend.Left, p.Legend.TextStyle.Font.Size = true, true, smallLegend
		lowest, highest = min(lowest, p.Y.Min), max(highest, p.Y.Max)
		all = append(all, p)
	}
	for _, p := range all {
		p.Y.Min, p.Y.Max = lowest, highest
	}
	for len(all)%columns != 0 {
		all = append(all, nil)
	}
	return writeGrid(w, f, slices.Collect(slices.Chunk(all, columns)), width*2/3, height*2/3)
}

// smallLegend is the size of a grid's legend.
const smallLegend = vg.Length(7)

func (panel Panel) addTo(p *plot.Plot, namesSeeds bool) error {
	var sets []string
	var seeds []int
	for _, c := range panel.Curves {
		if len(c.points()) == 0 {
			continue
		}
		if !slices.Contains(sets, c.Set) {
			sets = append(sets, c.Set)
		}
		if !slices.Contains(seeds, c.Seed) {
			seeds = append(seeds, c.Seed)
		}
	}
	if len(sets) == 0 {
		return ErrNothing
	}
	for _, c := range panel.Curves {
		points := c.points()
		if len(points) == 0 {
			continue
		}
		series := slices.Index(sets, c.Set)
		if len(points) == 1 {
			if err := addDots(p, series, "", points); err != nil {
				return err
			}
			continue
		}
		line, err := plotter.NewLine(points)
		if err != nil {
			return err
		}
		line.LineStyle = curveStyle(series, slices.Index(seeds, c.Seed))
		p.Add(line)
	}
	for i, set := range sets {
		p.Legend.Add(printable.Text(set), &plotter.Line{LineStyle: curveStyle(i, 0)})
	}
	if !namesSeeds {
		return nil
	}
	for i, seed := range seeds {
		style := curveStyle(0, i)
		style.Color = legendInk
		p.Legend.Add(fmt.Sprintf("seed %d", seed), &plotter.Line{LineStyle: style})
	}
	return nil
}

func curveStyle(set, seed int) draw.LineStyle {
	return draw.LineStyle{Color: colours[set%len(colours)], Width: vg.Points(1.2), Dashes: dashes[(seed+set/len(colours))%len(dashes)]}
}

// points counts epochs from 1: a value is what an epoch ended with.
func (c Curve) points() plotter.XYs {
	var points plotter.XYs
	for i, v := range c.Values[:min(len(c.Values), len(c.Epochs))] {
		if finite(v) {
			points = append(points, plotter.XY{X: float64(c.Epochs[i] + 1), Y: v})
		}
	}
	return points
}
