//go:build amd64 && !purego

package kernel

import "unsafe"

func (k *Kernels) winogradInput(a *winogradInputArgs) {
	c := winogradInputCall{
		v:    pointerTo(a.v),
		row0: pointerTo(a.rows[0]), row1: pointerTo(a.rows[1]), row2: pointerTo(a.rows[2]),
		row3: pointerTo(a.rows[3]), row4: pointerTo(a.rows[4]), row5: pointerTo(a.rows[5]),
		columns: pointerTo(a.columns),
		pitch:   a.pitch * wordSize,
		tile:    a.channels * wordSize,
		pixel:   a.pixel * wordSize,
		cols:    a.cols,
		padding: a.tiles*tileSide + 1 - a.cols,
		tiles:   a.tiles,
		vectors: k.vectors(a.channels),
	}
	if a.relu {
		c.relu = 1
	}
	switch k.isa {
	case AVX512:
		winogradInputAVX512(&c)
	case AVX2:
		winogradInputAVX2(&c)
	default:
		winogradInputGeneric(a)
	}
}

func newWinogradTileCall(a *winogradTileArgs) winogradTileCall {
	c := winogradTileCall{
		m:     pointerTo(a.m),
		plane: pointerTo(a.plane.Data),
		pitch: a.pitch * wordSize,
		tile:  a.channels * wordSize,
		pixel: a.plane.Pixel * wordSize,
		row:   a.plane.Row * wordSize,
		tiles: a.tiles,
	}
	if a.add {
		c.add = 1
	}
	return c
}

// half moves to the second vector of a block.
func (c *winogradTileCall) half() {
	c.m = unsafe.Add(c.m, Lane/2*wordSize)
	c.plane = unsafe.Add(c.plane, Lane/2*wordSize)
}

func (k *Kernels) winogradOutput(a *winogradTileArgs) {
	c := newWinogradTileCall(a)
	switch k.isa {
	case AVX512:
		winogradOutputAVX512(&c)
	case AVX2:
		winogradOutputAVX2(&c)
		c.half()
		winogradOutputAVX2(&c)
	default:
		winogradOutputGeneric(a)
	}
}

func (k *Kernels) winogradGrad(a *winogradTileArgs) {
	c := newWinogradTileCall(a)
	switch k.isa {
	case AVX512:
		winogradGradAVX512(&c)
	case AVX2:
		winogradGradAVX2(&c)
		c.half()
		winogradGradAVX2(&c)
	default:
		winogradGradGeneric(a)
	}
}

func (k *Kernels) newWinogradWeightCall(a *winogradWeightArgs) winogradWeightCall {
	return winogradWeightCall{
		w:        pointerTo(a.w),
		u:        pointerTo(a.u),
		tap:      a.in * a.pitch * wordSize,
		position: a.in * a.out * wordSize,
		wPitch:   a.pitch * wordSize,
		uPitch:   a.out * wordSize,
		in:       a.in,
		blocks:   k.vectors(a.out),
	}
}

func (k *Kernels) winogradWeights(a *winogradWeightArgs) {
	c := k.newWinogradWeightCall(a)
	switch k.isa {
	case AVX512:
		winogradWeightsAVX512(&c)
	case AVX2:
		winogradWeightsAVX2(&c)
	default:
		winogradWeightsGeneric(a)
	}
}

func (k *Kernels) winogradWeightGrad(a *winogradWeightArgs) {
	c := k.newWinogradWeightCall(a)
	switch k.isa {
	case AVX512:
		winogradWeightGradAVX512(&c)
	case AVX2:
		winogradWeightGradAVX2(&c)
	default:
		winogradWeightGradGeneric(a)
	}
}
