package plots

import (
	"cmp"
	"errors"
	"io"
	"math"
	"slices"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

// ErrNothing is returned where there is nothing to draw.
var ErrNothing = errors.New("plots: no architecture to draw")

// Point is an architecture: what it costs and its accuracy in percent.
type Point struct{ Cost, Accuracy float64 }

func (p Point) finite() bool { return finite(p.Cost) && finite(p.Accuracy) }

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// Scatter draws accuracy against cost, with a line through the architectures that
// no other beats in both. Points that are not finite are left out.
func Scatter(w io.Writer, f Format, title, cost, accuracy string, points []Point) error {
	points = slices.DeleteFunc(slices.Clone(points), func(p Point) bool { return !p.finite() })
	if len(points) == 0 {
		return ErrNothing
	}
	p := newPlot(title, cost, accuracy+", %")
	if err := addDots(p, 0, "", xys(points)); err != nil {
		return err
	}
	front, err := plotter.NewLine(xys(Front(points)))
	if err != nil {
		return err
	}
	front.StepStyle, front.Width, front.Color = plotter.PostStep, vg.Points(1.2), colours[1]
	p.Add(front)
	p.Legend.Add("best within the cost", front)
	return write(w, f, p)
}

// Front gives the points that no other beats in both cost and accuracy, by
// cost.
func Front(points []Point) []Point {
	sorted := slices.SortedFunc(slices.Values(points), func(a, b Point) int {
		return cmp.Or(cmp.Compare(a.Cost, b.Cost), cmp.Compare(b.Accuracy, a.Accuracy))
	})
	var front []Point
	for _, p := range sorted {
		if len(front) == 0 || p.Accuracy > front[len(front)-1].Accuracy {
			front = append(front, p)
		}
	}
	return front
}

func xys(points []Point) plotter.XYs {
	xys := make(plotter.XYs, len(points))
	for i, p := range points {
		xys[i] = plotter.XY{X: p.Cost, Y: p.Accuracy}
	}
	return xys
}
