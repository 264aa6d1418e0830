//go:build amd64 && !purego

package kernel

import "unsafe"

// newDepthwiseCall is the call for the first vector of channels.
func newDepthwiseCall(a *depthwiseArgs) depthwiseCall {
	return depthwiseCall{
		taps:     unsafe.Pointer(unsafe.SliceData(a.Taps)),
		ntaps:    len(a.Taps),
		tapPitch: a.In * wordSize,
		inPixel:  a.InPixel * wordSize,
		inRow:    a.InRow * wordSize,
		outPixel: a.out.Pixel * wordSize,
		outRow:   a.out.Row * wordSize,
		rows:     a.Rows,
		cols:     a.Cols,
	}
}

// lanes is the number of channels of a vector.
func (k *Kernels) lanes() int {
	if k.isa == AVX512 {
		return Lane
	}
	return Lane / 2
}

func (k *Kernels) depthwise(a *depthwiseArgs) {
	if k.isa == Generic {
		depthwiseGeneric(a)
		return
	}
	for o := 0; o < a.In; o += k.lanes() {
		c := newDepthwiseCall(a)
		c.in, c.w, c.out = pointerTo(a.in[o:]), pointerTo(a.w[o:]), pointerTo(a.out.Data[o:])
		if k.isa == AVX512 {
			depthwiseAVX512(&c)
		} else {
			depthwiseAVX2(&c)
		}
	}
}

func (k *Kernels) maxPool(a *depthwiseArgs) {
	if k.isa == Generic {
		maxPoolGeneric(a)
		return
	}
	for o := 0; o < a.In; o += k.lanes() {
		c := newDepthwiseCall(a)
		c.in, c.out = pointerTo(a.in[o:]), pointerTo(a.out.Data[o:])
		if k.isa == AVX512 {
			maxPoolAVX512(&c)
		} else {
			maxPoolAVX2(&c)
		}
	}
}

// maxDepthwiseTaps is the most taps of one call of the weight gradient.
const maxDepthwiseTaps = 5

func (k *Kernels) depthwiseWeightGrad(a *depthwiseArgs) {
	if k.isa == Generic {
		depthwiseWeightGradGeneric(a)
		return
	}
	for o := 0; o < a.In; o += k.lanes() {
		for t := 0; t < len(a.Taps); t += maxDepthwiseTaps {
			c := newDepthwiseCall(a)
			c.taps = unsafe.Pointer(unsafe.SliceData(a.Taps[t:]))
			c.variant = min(maxDepthwiseTaps, len(a.Taps)-t) - 1
			c.in, c.w, c.out = pointerTo(a.in[o:]), pointerTo(a.w[t*a.In+o:]), pointerTo(a.out.Data[o:])
			if k.isa == AVX512 {
				depthwiseWeightGradAVX512(&c)
			} else {
				depthwiseWeightGradAVX2(&c)
			}
		}
	}
}
