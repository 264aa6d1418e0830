package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// weightGradAVX512 generates routines that keep the gradients of up to eight
// input channels x blocks of output channels in registers over all pixels.
func weightGradAVX512(g *generator) {
	a := g.routine("weightGradAVX512",
		"adds the gradient of one tap, 1<<(variant/3) input channels and variant%3+1 blocks of output channels.", &weightGradCall)
	g.variants(arg(a, &weightGradCall, "variant"), 12, func(i int) {
		w := &weightGrad{g: g, a: a, channels: 1 << (i / 3), blocks: i%3 + 1}
		w.image()
	})
	a = g.routine("weightGradTripleAVX512",
		"adds the gradient of three taps of neighbouring pixels, eight input channels and one block of output channels; cols is at least two.", &weightGradCall)
	w := &weightGrad{g: g, a: a, channels: 8, blocks: 3, triple: true}
	w.image()
}

// weightGrad generates one variant.
type weightGrad struct {
	g                *generator
	channels, blocks int
	triple           bool // blocks are taps

	a, x, z          reg.GPVirtual
	inPixel, dzPixel reg.GPVirtual
}

// acc is the accumulator of a channel and block.
func (w *weightGrad) acc(channel, block int) reg.VecPhysical { return zmm[channel*w.blocks+block] }

func (w *weightGrad) load(name string) reg.GPVirtual { return w.g.load(w.a, &weightGradCall, name) }

func (w *weightGrad) image() {
	g := w.g
	w.accumulators(func(m operand.Mem, acc reg.VecPhysical) { g.VMOVUPS(m, acc) })
	w.inPixel, w.dzPixel = w.load("inPixel"), w.load("dzPixel")
	w.x, w.z = g.GP64(), g.GP64()
	rowX, rowZ, rows := w.load("in"), w.load("dz"), w.load("rows")
	inRow, dzRow := w.load("inRow"), w.load("dzRow")

	row := g.label("row")
	g.Label(row)
	g.MOVQ(rowX, w.x)
	g.MOVQ(rowZ, w.z)
	if w.triple {
		w.rowTriple()
	} else {
		w.row()
	}
	g.ADDQ(inRow, rowX)
	g.ADDQ(dzRow, rowZ)
	g.DECQ(rows)
	g.JNE(operand.LabelRef(row))
	w.accumulators(func(m operand.Mem, acc reg.VecPhysical) { g.VMOVUPS(acc, m) })
	g.VZEROUPPER()
	g.RET()
}

// accumulators calls move for every accumulator and its place in memory.
func (w *weightGrad) accumulators(move func(m operand.Mem, acc reg.VecPhysical)) {
	g := w.g
	dw, pitch := w.load("dw"), w.load("pitch")
	var tapPitch reg.GPVirtual
	if w.triple {
		tapPitch = w.load("tapPitch")
	}
	for i := range w.channels {
		for b := range w.blocks {
			m := at(dw, 64*b)
			if w.triple {
				m = at(dw, 0)
				if b > 0 {
					m.Index, m.Scale = tapPitch, uint8(b)
				}
			}
			move(m, w.acc(i, b))
		}
		if i < w.channels-1 {
			g.ADDQ(pitch, dw)
		}
	}
}

// row adds the pixels of a row.
func (w *weightGrad) row() {
	g := w.g
	left := w.load("cols")
	dz, inputs := zmm[24:][:w.blocks], zmm[28:32]
	loop := g.label("pixel")
	g.Label(loop)
	for b := range w.blocks {
		g.VMOVUPS(at(w.z, 64*b), dz[b])
	}
	for i := range w.channels {
		v := inputs[i%len(inputs)]
		g.VBROADCASTSS(at(w.x, 4*i), v)
		for b := range w.blocks {
			g.VFMADD231PS(v, dz[b], w.acc(i, b))
		}
	}
	g.ADDQ(w.inPixel, w.x)
	g.ADDQ(w.dzPixel, w.z)
	g.DECQ(left)
	g.JNE(operand.LabelRef(loop))
}

// rowTriple adds the pixels of a row: pixel p of the input, counted from the
// first tap of the first output pixel, meets dz[p] by the first tap, dz[p-1] by
// the second and dz[p-2] by the third.
func (w *weightGrad) rowTriple() {
	g := w.g
	dz, inputs := zmm[24:27], zmm[28:32]
	// step adds a pixel of the input to some taps; past the row's end, dz[0]
	// stays behind by so many pixels.
	step := func(behind int, taps ...int) {
		if behind == 0 {
			g.VMOVAPS(dz[1], dz[2])
			g.VMOVAPS(dz[0], dz[1])
			g.VMOVUPS(at(w.z, 0), dz[0])
			g.ADDQ(w.dzPixel, w.z)
		}
		for i := range w.channels {
			v := inputs[i%len(inputs)]
			g.VBROADCASTSS(at(w.x, 4*i), v)
			for _, t := range taps {
				g.VFMADD231PS(v, dz[t-behind], w.acc(i, t))
			}
		}
		g.ADDQ(w.inPixel, w.x)
	}
	step(0, 0)
	step(0, 0, 1)
	left := w.load("cols")
	loop, end := g.label("pixel"), g.label("end")
	g.SUBQ(imm(2), left)
	g.JEQ(operand.LabelRef(end))
	g.Label(loop)
	step(0, 0, 1, 2)
	g.DECQ(left)
	g.JNE(operand.LabelRef(loop))
	g.Label(end)
	step(1, 1, 2)
	step(2, 2)
}
