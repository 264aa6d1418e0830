package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The points ±a and ±b of the transforms, as in the portable version.
const (
	pointA   = 5.0 / 8
	pointB   = 3.0 / 2
	squareA  = pointA * pointA
	squareB  = pointB * pointB
	product  = squareA * squareB
	squares  = squareA + squareB
	weight0  = 1 / product
	weightA  = 1 / (2 * squareA * (squareA - squareB))
	weightB  = 1 / (2 * squareB * (squareB - squareA))
	weightA1 = weightA * pointA
	weightA2 = weightA * squareA
	weightB1 = weightB * pointB
	weightB2 = weightB * squareB
)

const (
	tileSide   = 4
	windowSide = 6
)

// winograd generates the transforms of F(4x4, 3x3). Each computes one dimension
// from memory into registers and the other from registers into memory.
func winograd(g *generator, s *isa) {
	winogradInput(g, s)
	winogradOutput(g, s)
	winogradGrad(g, s)
	winogradWeights(g, s)
	winogradWeightGrad(g, s)
}

// transform is the state of one routine. With 32 registers, the constants and
// what is half transformed stay in registers; with 16, they are in memory.
type transform struct {
	g         *generator
	isa       *isa
	a         reg.GPVirtual
	call      *call
	free      []reg.VecPhysical
	constants map[float64]operand.Op
	local     operand.Mem // 6x6 vectors, half transformed
}

// newTransform begins a routine that uses some constants.
func newTransform(g *generator, s *isa, name, doc string, c *call, constants ...float64) *transform {
	t := &transform{g: g, isa: s, call: c, a: g.routine(name+s.name, doc, c), constants: map[float64]operand.Op{}}
	for i := len(s.regs) - 1; i >= 0; i-- {
		t.free = append(t.free, s.regs[i])
	}
	for _, v := range constants {
		t.constants[v] = g.vector(v, s.width)
		if t.inRegisters() {
			r := t.take()
			g.VMOVUPS(t.constants[v], r)
			t.constants[v] = r
		}
	}
	return t
}

func (t *transform) inRegisters() bool { return len(t.isa.regs) == 32 }

// keep keeps a column for the transform of the rows.
func (t *transform) keep(column int, regs []reg.VecPhysical) []operand.Op {
	var kept []operand.Op
	if !t.inRegisters() && t.local.Base == nil {
		t.local = t.g.AllocLocal(windowSide * windowSide * t.isa.width)
		t.g.Attributes(0) // the frame needs the check of the stack's size
	}
	for i, r := range regs {
		if t.inRegisters() {
			kept = append(kept, r)
			continue
		}
		m := t.local.Offset((column*windowSide + i) * t.isa.width)
		t.g.VMOVUPS(r, m)
		kept = append(kept, m)
		t.give(r)
	}
	return kept
}

// eachRow calls f with the rows of what was kept.
func (t *transform) eachRow(columns [][]operand.Op, f func(i int, row []reg.VecPhysical)) {
	for i := range columns[0] {
		var row []reg.VecPhysical
		for _, column := range columns {
			if r, ok := column[i].(reg.VecPhysical); ok {
				row = append(row, r)
				continue
			}
			row = append(row, t.read(column[i].(operand.Mem))...)
		}
		f(i, row)
	}
}

func (t *transform) field(name string) operand.Mem { return arg(t.a, t.call, name) }

func (t *transform) load(name string) reg.GPVirtual { return t.g.load(t.a, t.call, name) }

func (t *transform) take() reg.VecPhysical {
	r := t.free[len(t.free)-1]
	t.free = t.free[:len(t.free)-1]
	return r
}

func (t *transform) give(regs ...reg.VecPhysical) { t.free = append(t.free, regs...) }

// read loads memory into new registers.
func (t *transform) read(places ...operand.Mem) []reg.VecPhysical {
	var regs []reg.VecPhysical
	for _, m := range places {
		r := t.take()
		t.g.VMOVUPS(m, r)
		regs = append(regs, r)
	}
	return regs
}

// fma adds x times a constant to acc.
func (t *transform) fma(acc, x reg.VecPhysical, constant float64) {
	t.g.VFMADD231PS(t.constants[constant], x, acc)
}

// fms subtracts x times a constant from acc.
func (t *transform) fms(acc, x reg.VecPhysical, constant float64) {
	t.g.VFNMADD231PS(t.constants[constant], x, acc)
}

// multiples addresses n places at a pitch from a base; the base may move.
type multiples struct {
	base, pitch, pitch3, pitch5 reg.GPVirtual
}

func (g *generator) newMultiples(base, pitch reg.GPVirtual, n int) *multiples {
	m := &multiples{base: base, pitch: pitch}
	if n > 3 {
		m.pitch3 = g.GP64()
		g.LEAQ(operand.Mem{Base: pitch, Index: pitch, Scale: 2}, m.pitch3)
	}
	if n > 5 {
		m.pitch5 = g.GP64()
		g.LEAQ(operand.Mem{Base: pitch, Index: pitch, Scale: 4}, m.pitch5)
	}
	return m
}

func (m *multiples) place(i int) operand.Mem {
	switch i {
	case 0:
		return at(m.base, 0)
	case 3:
		return operand.Mem{Base: m.base, Index: m.pitch3, Scale: 1}
	case 5:
		return operand.Mem{Base: m.base, Index: m.pitch5, Scale: 1}
	default:
		return operand.Mem{Base: m.base, Index: m.pitch, Scale: uint8(i)}
	}
}

func (m *multiples) places(n int) []operand.Mem {
	var list []operand.Mem
	for i := range n {
		list = append(list, m.place(i))
	}
	return list
}

// loop repeats body while the counter, which it counts down, is positive.
func (g *generator) loop(counter reg.GPVirtual, body func()) {
	again, done := g.label("loop"), g.label("done")
	g.TESTQ(counter, counter)
	g.JLE(operand.LabelRef(done))
	g.Label(again)
	body()
	g.DECQ(counter)
	g.JNE(operand.LabelRef(again))
	g.Label(done)
}

// eachTile loops over the tiles of all images; body gets the address of a tile
// in m and of its first pixel, which it may change.
func (t *transform) eachTile(body func(tile, plane reg.GPVirtual)) {
	g := t.g
	image, row := g.label("image"), g.label("row")
	g.Label(image)
	g.MOVQ(t.load("tileRows"), t.field("rows"))
	g.MOVQ(t.load("imageAt"), t.field("rowAt"))
	g.Label(row)
	tile, plane := t.load("m"), t.load("plane")
	g.ADDQ(t.field("mAt"), tile)
	g.ADDQ(t.field("rowAt"), plane)
	g.loop(t.load("tileCols"), func() {
		body(tile, plane)
		g.ADDQ(t.field("tile"), tile)
	})
	g.ADDQ(t.load("tileRow"), t.field("mAt"))
	step := t.load("row")
	g.SHLQ(imm(2), step)
	g.ADDQ(step, t.field("rowAt"))
	g.DECQ(t.field("rows"))
	g.JNE(operand.LabelRef(row))
	g.ADDQ(t.load("mSkip"), t.field("mAt"))
	g.ADDQ(t.load("image"), t.field("imageAt"))
	g.DECQ(t.field("images"))
	g.JNE(operand.LabelRef(image))
	g.VZEROUPPER()
	g.RET()
}

func winogradOutput(g *generator, s *isa) {
	t := newTransform(g, s, "winogradOutput", "transforms tiles of the output back.", &winogradTileCall,
		squareA, squareB, pointA, pointB)
	col, pitch := g.GP64(), t.load("pitch")
	rowPitch := g.GP64()
	g.IMUL3Q(imm(windowSide), pitch, rowPitch)
	rows := g.newMultiples(col, rowPitch, windowSide)
	pixel := g.GP64()
	pixels := g.newMultiples(pixel, t.load("pixel"), tileSide)
	t.eachTile(func(tile, plane reg.GPVirtual) {
		g.MOVQ(tile, col)
		var columns [][]operand.Op
		for x := range windowSide {
			columns = append(columns, t.keep(x, t.output(t.read(rows.places(windowSide)...))))
			g.ADDQ(pitch, col)
		}
		g.MOVQ(plane, pixel)
		t.eachRow(columns, func(y int, m []reg.VecPhysical) {
			regs := t.output(m)
			store := g.label("store")
			g.CMPQ(t.field("add"), imm(0))
			g.JEQ(operand.LabelRef(store))
			for x, r := range regs {
				g.VADDPS(pixels.place(x), r, r)
			}
			g.Label(store)
			for x, r := range regs {
				g.VMOVUPS(r, pixels.place(x))
			}
			t.give(regs...)
			if y < tileSide-1 {
				g.ADDQ(t.field("row"), pixel)
			}
		})
		g.LEAQ(operand.Mem{Base: plane, Index: pixels.pitch, Scale: tileSide}, plane)
	})
}

func winogradGrad(g *generator, s *isa) {
	t := newTransform(g, s, "winogradGrad", "transforms tiles of the output's gradient.", &winogradTileCall,
		squareA, squareB, pointA, pointB)
	row, rowPitch := g.GP64(), g.GP64()
	places := g.newMultiples(row, t.load("pitch"), windowSide)
	g.LEAQ(operand.Mem{Base: places.pitch3, Index: places.pitch3, Scale: 1}, rowPitch)
	rows := g.newMultiples(nil, t.load("row"), tileSide)
	t.eachTile(func(tile, plane reg.GPVirtual) {
		rows.base = plane
		var columns [][]operand.Op
		for x := range tileSide {
			columns = append(columns, t.keep(x, t.grad(t.read(rows.places(tileSide)...))))
			g.ADDQ(t.field("pixel"), plane)
		}
		g.MOVQ(tile, row)
		t.eachRow(columns, func(i int, y []reg.VecPhysical) {
			regs := t.grad(y)
			for j, r := range regs {
				g.VMOVUPS(r, places.place(j))
			}
			t.give(regs...)
			if i < windowSide-1 {
				g.ADDQ(rowPitch, row)
			}
		})
	})
}

// weightLoops walks over blocks of output channels and over input channels,
// with w and u at the first tap and position.
func weightLoops(t *transform, body func(w, u reg.GPVirtual)) {
	g := t.g
	block := g.label("block")
	g.Label(block)
	w, u := t.load("w"), t.load("u")
	g.ADDQ(t.field("channel"), w)
	g.ADDQ(t.field("channel"), u)
	g.loop(t.load("in"), func() {
		body(w, u)
		g.ADDQ(t.field("wPitch"), w)
		g.ADDQ(t.field("uPitch"), u)
	})
	g.ADDQ(imm(t.isa.width), t.field("channel"))
	g.DECQ(t.field("blocks"))
	g.JNE(operand.LabelRef(block))
	g.VZEROUPPER()
	g.RET()
}

func winogradWeights(g *generator, s *isa) {
	t := newTransform(g, s, "winogradWeights", "transforms weights.", &winogradWeightCall,
		weight0, weightA, weightA1, weightA2, weightB, weightB1, weightB2)
	tap, position := t.load("tap"), t.load("position")
	col, row, rowPitch := g.GP64(), g.GP64(), g.GP64()
	tapRow := g.GP64()
	g.LEAQ(operand.Mem{Base: tap, Index: tap, Scale: 2}, tapRow)
	taps := g.newMultiples(col, tapRow, 3)
	places := g.newMultiples(row, position, windowSide)
	g.LEAQ(operand.Mem{Base: places.pitch3, Index: places.pitch3, Scale: 1}, rowPitch)
	weightLoops(t, func(w, u reg.GPVirtual) {
		g.MOVQ(w, col)
		var columns [][]operand.Op
		for x := range 3 {
			columns = append(columns, t.keep(x, t.weight(t.read(taps.places(3)...))))
			g.ADDQ(tap, col)
		}
		g.MOVQ(u, row)
		t.eachRow(columns, func(_ int, y []reg.VecPhysical) {
			regs := t.weight(y)
			for j, r := range regs {
				g.VMOVUPS(r, places.place(j))
			}
			t.give(regs...)
			g.ADDQ(rowPitch, row)
		})
	})
}

func winogradWeightGrad(g *generator, s *isa) {
	t := newTransform(g, s, "winogradWeightGrad", "adds gradients of transformed weights to those of the weights and clears them.", &winogradWeightCall,
		weight0, weightA, weightA1, weightA2, weightB, weightB1, weightB2)
	tap, position := t.load("tap"), t.load("position")
	col, row, rowPitch := g.GP64(), g.GP64(), g.GP64()
	g.IMUL3Q(imm(windowSide), position, rowPitch)
	rows := g.newMultiples(col, rowPitch, windowSide)
	taps := g.newMultiples(row, tap, 3)
	weightLoops(t, func(w, u reg.GPVirtual) {
		g.MOVQ(u, col)
		var columns [][]operand.Op
		for x := range windowSide {
			places := rows.places(windowSide)
			d := t.read(places...)
			zero := t.take()
			g.zero(zero)
			for _, m := range places {
				g.VMOVUPS(zero, m)
			}
			t.give(zero)
			columns = append(columns, t.keep(x, t.weightGrad(d)))
			g.ADDQ(position, col)
		}
		g.MOVQ(w, row)
		t.eachRow(columns, func(_ int, m []reg.VecPhysical) {
			regs := t.weightGrad(m)
			for x, r := range regs {
				g.VADDPS(taps.place(x), r, r)
				g.VMOVUPS(r, taps.place(x))
			}
			t.give(regs...)
			g.LEAQ(operand.Mem{Base: row, Index: tap, Scale: 2}, row)
			g.ADDQ(tap, row)
		})
	})
}
