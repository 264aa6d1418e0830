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
		w := &weightGrad{g: g, isa: avx512, a: a, channels: 1 << (i / 3), vectors: i%3 + 1}
		w.image()
	})
	a = g.routine("weightGradTripleAVX512",
		"adds the gradient of three taps of neighbouring pixels, eight input channels and one block of output channels; cols is at least two.", &weightGradCall)
	w := &weightGrad{g: g, isa: avx512, a: a, channels: 8, vectors: 3, triple: true}
	w.image()
}

// weightGradAVX2 generates the same for one block, which is two vectors.
func weightGradAVX2(g *generator) {
	a := g.routine("weightGradAVX2",
		"adds the gradient of one tap, one block of output channels and 1, 2, 4 or 6 input channels (variants 0 to 3).", &weightGradCall)
	g.variants(arg(a, &weightGradCall, "variant"), 4, func(i int) {
		w := &weightGrad{g: g, isa: avx2, a: a, channels: []int{1, 2, 4, 6}[i], vectors: 2}
		w.image()
	})
}

// weightGrad generates one variant.
type weightGrad struct {
	g                 *generator
	isa               *isa
	channels, vectors int
	triple            bool // vectors are taps

	a, x, z          reg.GPVirtual
	inPixel, dzPixel reg.GPVirtual
}

// acc is the accumulator of a channel and vector.
func (w *weightGrad) acc(channel, vector int) reg.VecPhysical {
	return w.isa.regs[channel*w.vectors+vector]
}

// others are the registers behind the accumulators: as many as there are
// vectors, and the rest.
func (w *weightGrad) others() (dz, inputs []reg.VecPhysical) {
	rest := w.isa.regs[w.channels*w.vectors:]
	return rest[:w.vectors], rest[w.vectors:]
}

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
		for v := range w.vectors {
			m := at(dw, v*w.isa.width)
			if w.triple {
				m = at(dw, 0)
				if v > 0 {
					m.Index, m.Scale = tapPitch, uint8(v)
				}
			}
			move(m, w.acc(i, v))
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
	dz, inputs := w.others()
	loop := g.label("pixel")
	g.Label(loop)
	for v, r := range dz {
		g.VMOVUPS(at(w.z, v*w.isa.width), r)
	}
	for i := range w.channels {
		x := inputs[i%len(inputs)]
		g.VBROADCASTSS(at(w.x, 4*i), x)
		for v, r := range dz {
			g.VFMADD231PS(x, r, w.acc(i, v))
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
	dz, inputs := w.others()
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
