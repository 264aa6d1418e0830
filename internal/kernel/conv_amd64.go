//go:build amd64 && !purego

package kernel

import "unsafe"

func pointerTo[T any](s []T) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(s)) }

// newConvCall translates the arguments of a convolution, of which an image
// without gaps between its rows becomes one row.
func newConvCall(a *convArgs) convCall {
	c := convCall{
		in:       pointerTo(a.in),
		w:        pointerTo(a.w),
		taps:     unsafe.Pointer(unsafe.SliceData(a.Taps)),
		ntaps:    len(a.Taps),
		nin:      a.In,
		inPixel:  a.InPixel * wordSize,
		inRow:    a.InRow * wordSize,
		outPixel: a.OutPixel * wordSize,
		outRow:   a.OutRow * wordSize,
		pitch:    a.pitch * wordSize,
		wRow:     a.wRow * wordSize,
		rows:     a.Rows,
		cols:     a.Cols,
	}
	if a.add {
		c.add = 1
	}
	if a.wRow == 0 && a.InRow == a.Cols*a.InPixel && a.OutRow == a.Cols*a.OutPixel {
		c.rows, c.cols = 1, a.Rows*a.Cols
	}
	return c
}

// triple tells whether the taps are threes of neighbouring pixels.
func (g *Conv) triple() bool {
	if len(g.Taps)%3 != 0 {
		return false
	}
	for i := 0; i < len(g.Taps); i += 3 {
		t := g.Taps[i : i+3]
		if t[1]-t[0] != g.InPixel || t[2]-t[1] != g.InPixel {
			return false
		}
	}
	return true
}
