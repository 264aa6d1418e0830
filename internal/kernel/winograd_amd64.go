//go:build amd64 && !purego

package kernel

func (k *Kernels) winogradInput(a *winogradInputArgs) {
	if k.isa != AVX512 {
		winogradInputGeneric(a)
		return
	}
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
	winogradInputAVX512(&c)
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

func (k *Kernels) winogradOutput(a *winogradTileArgs) {
	if k.isa != AVX512 {
		winogradOutputGeneric(a)
		return
	}
	c := newWinogradTileCall(a)
	winogradOutputAVX512(&c)
}

func (k *Kernels) winogradGrad(a *winogradTileArgs) {
	if k.isa != AVX512 {
		winogradGradGeneric(a)
		return
	}
	c := newWinogradTileCall(a)
	winogradGradAVX512(&c)
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
	if k.isa != AVX512 {
		winogradWeightsGeneric(a)
		return
	}
	c := k.newWinogradWeightCall(a)
	winogradWeightsAVX512(&c)
}

func (k *Kernels) winogradWeightGrad(a *winogradWeightArgs) {
	if k.isa != AVX512 {
		winogradWeightGradGeneric(a)
		return
	}
	c := k.newWinogradWeightCall(a)
	winogradWeightGradAVX512(&c)
}
