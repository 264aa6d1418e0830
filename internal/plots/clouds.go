package plots

import (
	"io"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

// Cloud is points of two numbers of many architectures.
type Cloud struct {
	Title, X, Y string
	XS, YS      []float64
}

// Clouds draws clouds, four in a row. Points that are not finite are left out.
func Clouds(w io.Writer, f Format, clouds ...Cloud) error {
	const perRow = 4
	if len(clouds) == 0 {
		return ErrNothing
	}
	columns := min(perRow, len(clouds))
	rows := make([][]*plot.Plot, (len(clouds)+columns-1)/columns)
	for i := range rows {
		rows[i] = make([]*plot.Plot, columns)
	}
	for i, c := range clouds {
		p, err := c.plot()
		if err != nil {
			return err
		}
		rows[i/columns][i%columns] = p
	}
	return writeGrid(w, f, rows, 8*vg.Centimeter, 7*vg.Centimeter)
}

func (c Cloud) plot() (*plot.Plot, error) {
	p := newPlot(c.Title, c.X, c.Y)
	var points plotter.XYs
	for i, x := range c.XS {
		if finite(x) && finite(c.YS[i]) {
			points = append(points, plotter.XY{X: x, Y: c.YS[i]})
		}
	}
	if len(points) == 0 {
		return nil, ErrNothing
	}
	return p, addDots(p, 0, "", points)
}
