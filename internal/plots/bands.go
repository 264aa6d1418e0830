package plots

import (
	"io"
	"slices"

	"cellnet/internal/printable"

	"gonum.org/v1/plot"
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

// BandPanel is a diagram of bands.
type BandPanel struct {
	Title, X, Y string
	Bands       []Band
}

// Bands draws panels side by side. Points that are not finite are left out.
func Bands(w io.Writer, f Format, panels ...BandPanel) error {
	row := make([]*plot.Plot, len(panels))
	for i, panel := range panels {
		row[i] = newPlot(panel.Title, panel.X, panel.Y)
		if err := panel.addTo(row[i]); err != nil {
			return err
		}
	}
	return writeRow(w, f, row)
}

func (panel BandPanel) addTo(p *plot.Plot) error {
	drawn := 0
	for i, b := range panel.Bands {
		low, mid, high := b.points()
		if len(mid) == 0 {
			continue
		}
		drawn++
		colour := colours[i%len(colours)]
		pale := colour
		pale.A = 0x28
		slices.Reverse(low)
		area, err := plotter.NewPolygon(append(high, low...))
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
		p.Legend.Add(printable.Text(b.Name), line)
	}
	if drawn == 0 {
		return ErrNothing
	}
	return nil
}

// points gives those that are finite.
func (b Band) points() (low, mid, high plotter.XYs) {
	for k, x := range b.X {
		if finite(x) && finite(b.Low[k]) && finite(b.Mid[k]) && finite(b.High[k]) {
			low, mid = append(low, plotter.XY{X: x, Y: b.Low[k]}), append(mid, plotter.XY{X: x, Y: b.Mid[k]})
			high = append(high, plotter.XY{X: x, Y: b.High[k]})
		}
	}
	return low, mid, high
}
