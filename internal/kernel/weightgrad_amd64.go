//go:build amd64 && !purego

package kernel

import "math/bits"

// weightGradPixels is the number of pixels whose input and gradient, of 16
// channels each and 16 more for every further block, fill two thirds of a
// first-level cache of 48 KB.
const weightGradPixels = 32 << 10 / (4 * Lane)

// weightGradStrips goes through the image in strips of rows that stay in the
// first-level cache, and in each through the gradients.
func weightGradStrips(isa ISA, a *weightGradArgs) {
	for o := 0; o < a.out; {
		blocks := 1
		if isa == AVX512 {
			blocks = groupSize((a.out - o) / Lane)
		}
		strip := max(1, weightGradPixels/(1+blocks)/a.Cols)
		for r := 0; r < a.Rows; r += strip {
			a.strip(isa, r, min(strip, a.Rows-r), o, blocks)
		}
		o += blocks * Lane
	}
}

// strip adds some rows to the gradients of some blocks.
func (a *weightGradArgs) strip(isa ISA, row, rows, o, blocks int) {
	triple := isa == AVX512 && blocks == 1 && a.Cols > 1 && a.triple()
	c := weightGradCall{
		dz:       pointerTo(a.dz.Data[row*a.dz.Row+o:]),
		pitch:    a.out * wordSize,
		tapPitch: a.In * a.out * wordSize,
		inPixel:  a.InPixel * wordSize,
		inRow:    a.InRow * wordSize,
		dzPixel:  a.dz.Pixel * wordSize,
		dzRow:    a.dz.Row * wordSize,
		rows:     rows,
		cols:     a.Cols,
	}
	for i := 0; i < a.In; {
		channels, variant := weightGradChannels(isa, a.In-i)
		c.variant = variant
		if isa == AVX512 {
			c.variant = variant*3 + blocks - 1
		}
		for t := 0; t < len(a.Taps); t++ {
			c.in = pointerTo(a.in[row*a.InRow+a.Taps[t]+i:])
			c.dw = pointerTo(a.dw[(t*a.In+i)*a.out+o:])
			switch {
			case triple && channels == 8:
				weightGradTripleAVX512(&c)
				t += 2
			case isa == AVX512:
				weightGradAVX512(&c)
			default:
				weightGradAVX2(&c)
			}
		}
		i += channels
	}
}

// weightGradChannels is how many of the input channels that are left go into
// the next call, and which variant of the routine has so many.
func weightGradChannels(isa ISA, left int) (channels, variant int) {
	switch {
	case isa == AVX512 && left >= 8:
		return 8, 3
	case isa == AVX2 && left >= 6 && left != 8:
		return 6, 3
	default:
		variant = min(2, bits.Len(uint(left))-1)
		return 1 << variant, variant
	}
}
