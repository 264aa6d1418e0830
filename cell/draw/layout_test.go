package draw

import (
	"math"
	"testing"

	"cellnet/cell"
)

func TestLabelsDoNotOverlap(t *testing.T) {
	for name, s := range drawn {
		l := newLayout(Cell(resolve(t, s)).cells[0])
		face := faces().edge
		width := face.Width(cell.NorConv3x3.String()).Points()
		for i, a := range l.edges {
			ax, ay := labelPlace(l, a)
			if ax-width/2 < 0 || ax+width/2 > l.width || ay-fontSize/2 < 0 || ay+fontSize/2 > l.height {
				t.Errorf("%s: label of %v lies outside", name, a)
			}
			for _, b := range l.edges[:i] {
				bx, by := labelPlace(l, b)
				if math.Abs(ax-bx) < width && math.Abs(ay-by) < fontSize*1.3 {
					t.Errorf("%s: labels of %v and %v overlap", name, a, b)
				}
			}
		}
	}
}

func labelPlace(l layout, e route) (x, y float64) { return picture{layout: l}.labelPlace(e) }

func TestPortsAreDistinctAndInsideTheirNodes(t *testing.T) {
	for name, s := range drawn {
		l := newLayout(Cell(resolve(t, s)).cells[0])
		type place struct {
			x     float64
			above bool
		}
		taken := make(map[place]bool)
		for _, e := range l.edges {
			if e.lane == 0 {
				continue
			}
			for node, x := range map[int]float64{e.from: e.startX, e.to: e.endX} {
				p := place{x, e.lane > 0}
				if taken[p] {
					t.Errorf("%s: two edges meet node %d at %v", name, node, p)
				}
				taken[p] = true
				if box := l.boxes[node]; math.Abs(x-box.x) > box.width/2-portSpacing/2 {
					t.Errorf("%s: an edge misses node %d: %v at %v", name, node, box, x)
				}
			}
		}
	}
}

func TestNestedEdgesLieInside(t *testing.T) {
	for name, s := range drawn {
		l := newLayout(Cell(resolve(t, s)).cells[0])
		for _, a := range l.edges {
			for _, b := range l.edges {
				inside := a.from <= b.from && b.to <= a.to && a.to-a.from > b.to-b.from
				if inside && a.lane*b.lane > 0 && math.Abs(float64(a.lane)) <= math.Abs(float64(b.lane)) {
					t.Errorf("%s: %v passes inside %v", name, a, b)
				}
			}
		}
	}
}
