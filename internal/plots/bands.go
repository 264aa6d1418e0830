package plots

import (
	"io"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Band is a curve with what lies around it.
type Band struct {
	Name              string
	X, Low, Mid, High []float64
	// Steps are drawn between points in the place of straight lines.
	Steps bool
}

// Bands draws curves in bands over the x axis. Points that are not finite are
// left out.
func Bands(w io.Writer, f Format, title, x, y string, bands []Band) error {
	p := newPlot(title, x, y)
	drawn := 0
	for i, b := range bands {
		var mid, around plotter.XYs
		for k, at := range b.X {
			if finite(at) && finite(b.Low[k]) && finite(b.Mid[k]) && finite(b.High[k]) {
				mid = append(mid, plotter.XY{X: at, Y: b.Mid[k]})
				around = append(around, plotter.XY{X: at, Y: b.High[k]})
			}
		}
		if len(mid) == 0 {
			continue
		}
		drawn++
		for k := len(b.X) - 1; k >= 0; k-- {
			if finite(b.X[k]) && finite(b.Low[k]) && finite(b.Mid[k]) && finite(b.High[k]) {
				around = append(around, plotter.XY{X: b.X[k], Y: b.Low[k]})
			}
		}
		colour := colours[i%len(colours)]
		pale := colour
		pale.A = 0x28
		area, err := plotter.NewPolygon(around)
		if err != nil {
			return err
		}
		area.Color, area.LineStyle.Width = pale, 0
		line, err := plotter.NewLine(mid)
		if err != nil {
			return err
		}
		line.LineStyle = draw.LineStyle{Color: colour, Width: vg.Points(1.4), Dashes: dashes[i/len(colours)%len(dashes)]}
		if b.Steps {
			line.StepStyle = plotter.PostStep
		}
		p.Add(area, line)
		p.Legend.Add(b.Name, line)
	}
	if drawn == 0 {
		return ErrNothing
	}
	return write(w, f, p)
}
