//go:build amd64 && !purego

package kernel

import "math/bits"

// weightGradPixels is the number of pixels whose input and gradient, of one
// vector each and one more for every further block, fill two thirds of a
// first-level cache of 48 KB.
const weightGradPixels = 32 << 10 / (4 * Lane)

// weightGradStrips goes through the image in strips of rows that stay in the
// first-level cache, and in each through the gradients.
func weightGradStrips(a *weightGradArgs) {
	for o := 0; o < a.out; {
		blocks := groupSize((a.out - o) / Lane)
		strip := max(1, weightGradPixels/(1+blocks)/a.Cols)
		for r := 0; r < a.Rows; r += strip {
			a.stripAVX512(r, min(strip, a.Rows-r), o, blocks)
		}
		o += blocks * Lane
	}
}

// stripAVX512 adds some rows to the gradients of some blocks.
func (a *weightGradArgs) stripAVX512(row, rows, o, blocks int) {
	triple := blocks == 1 && a.Cols > 1 && a.triple()
	c := weightGradCall{
		dz:       pointerTo(a.dz.Data[row*a.dz.Row+o:]),
		pitch:    a.out * wordSize,
		tapPitch: a.In * a.out * wordSize,
		inPixel:  a.InPixel * wordSize,
		inRow:    a.InRow * wordSize,
		dzPixel:  a.dz.Pixel * wordSize,
		dzRow:    a.dz.Row * wordSize,
		cols:     a.Cols,
	}
	for i := 0; i < a.In; {
		channels := 8
		for channels > a.In-i {
			channels /= 2
		}
		for t := 0; t < len(a.Taps); t++ {
			c.rows = rows
			c.in = pointerTo(a.in[row*a.InRow+a.Taps[t]+i:])
			c.dw = pointerTo(a.dw[(t*a.In+i)*a.out+o:])
			if triple && channels == 8 {
				weightGradTripleAVX512(&c)
				t += 2
			} else {
				c.variant = bits.TrailingZeros(uint(channels))*3 + blocks - 1
				weightGradAVX512(&c)
			}
		}
		i += channels
	}
}
