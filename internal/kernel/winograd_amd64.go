//go:build amd64 && !purego

package kernel

import (
	"math"
	"unsafe"
)

func (k *Kernels) winogradInput(a *winogradInputArgs) {
	c := winogradInputCall{
		v:            pointerTo(a.v.data),
		in:           pointerTo(a.in),
		zeros:        pointerTo(a.zeros),
		pitch:        a.v.pitch * wordSize,
		tile:         a.v.channels * wordSize,
		pixel:        a.g.InPixel * wordSize,
		row:          a.g.InRow * wordSize,
		image:        a.g.InImage * wordSize,
		rows:         a.g.Rows,
		cols:         a.g.Cols,
		firstRow:     a.s.tileRow*tileSide - 1,
		tileRows:     a.s.tileRows,
		tileCols:     a.g.tileCols(),
		images:       a.s.images,
		floor:        floatBits(float32(math.Inf(-1))),
		pixelVectors: k.vectors(a.v.channels),
	}
	if a.g.ReLU {
		c.floor = floatBits(0)
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
		m:        pointerTo(a.m),
		plane:    pointerTo(a.plane.Data),
		pitch:    a.pitch * wordSize,
		tile:     a.channels * wordSize,
		tileRow:  a.rowTiles * a.channels * wordSize,
		mSkip:    (a.imageTiles - a.tileRows*a.rowTiles) * a.channels * wordSize,
		pixel:    a.plane.Pixel * wordSize,
		row:      a.plane.Row * wordSize,
		image:    a.image * wordSize,
		tileCols: a.tileCols,
		tileRows: a.tileRows,
		images:   a.images,
	}
	if a.add {
		c.add = 1
	}
	return c
}

// half is the call for the second vector of a block.
func (c winogradTileCall) half() winogradTileCall {
	c.m = unsafe.Add(c.m, Lane/2*wordSize)
	c.plane = unsafe.Add(c.plane, Lane/2*wordSize)
	return c
}

func (k *Kernels) winogradOutput(a *winogradTileArgs) {
	c := newWinogradTileCall(a)
	switch k.isa {
	case AVX512:
		winogradOutputAVX512(&c)
	case AVX2:
		second := c.half()
		winogradOutputAVX2(&c)
		winogradOutputAVX2(&second)
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
		second := c.half()
		winogradGradAVX2(&c)
		winogradGradAVX2(&second)
	default:
		winogradGradGeneric(a)
	}
}

func (k *Kernels) newWinogradWeightCall(a *winogradWeightArgs) winogradWeightCall {
	return winogradWeightCall{
		w:        pointerTo(a.w),
		u:        pointerTo(a.u),
		tap:      a.tap * wordSize,
		position: a.position * wordSize,
		wPitch:   a.row * wordSize,
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
