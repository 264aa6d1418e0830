package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// winogradInput walks over the rows of tiles; in each, over channels, and over
// four sets of rows of the transform. A set's vertical transform of a column of
// pixels is computed once and stays in registers for both tiles that need it.
// (What bounds it is the number of loads and stores, so nothing is stored but
// the result.)
func winogradInput(g *generator, s *isa) {
	w := &windows{transform: newTransform(g, s, "winogradInput", "transforms tiles of the input.", &winogradInputCall,
		product, squares, squareA, squareB, pointA, pointB)}
	w.floor = w.take()
	g.VBROADCASTSS(w.field("floor"), w.floor)
	g.MOVQ(w.load("in"), w.field("inAt"))
	image, row, channels := g.label("image"), g.label("row"), g.label("channels")
	g.Label(image)
	g.MOVQ(w.load("tileRows"), w.field("tileRow"))
	g.MOVQ(w.load("firstRow"), w.field("y"))
	g.Label(row)
	w.setRows()
	g.MOVQ(w.load("pixelVectors"), w.field("vectors"))
	w.store("channel", 0)
	g.Label(channels)
	w.set([]int{0}, []int{0, 2, 4}, func(rows []operand.Mem, to []reg.VecPhysical) { w.outer(rows, to[0]) })
	w.set([]int{1, 2}, []int{1, 2, 3, 4}, func(rows []operand.Mem, to []reg.VecPhysical) { w.inner(rows, to, squareB, pointA) })
	w.set([]int{3, 4}, []int{1, 2, 3, 4}, func(rows []operand.Mem, to []reg.VecPhysical) { w.inner(rows, to, squareA, pointB) })
	w.set([]int{5}, []int{1, 3, 5}, func(rows []operand.Mem, to []reg.VecPhysical) { w.outer(rows, to[0]) })
	g.ADDQ(imm(s.width), w.field("channel"))
	g.DECQ(w.field("vectors"))
	g.JNE(operand.LabelRef(channels))
	step := w.load("tile")
	g.IMULQ(w.field("tileCols"), step)
	g.ADDQ(step, w.field("vAt"))
	g.ADDQ(imm(tileSide), w.field("y"))
	g.DECQ(w.field("tileRow"))
	g.JNE(operand.LabelRef(row))
	g.ADDQ(w.load("image"), w.field("inAt"))
	g.DECQ(w.field("images"))
	g.JNE(operand.LabelRef(image))
	g.VZEROUPPER()
	g.RET()
}

// windows is the state of the routine.
type windows struct {
	*transform
	floor reg.VecPhysical
}

// store sets a field to a constant.
func (w *windows) store(field string, value int) { w.g.MOVQ(operand.I32(value), w.field(field)) }

// setRows finds the six rows of pixels of a row of tiles.
func (w *windows) setRows() {
	g := w.g
	y, zeros, rows, step, at := w.load("y"), w.load("zeros"), w.load("rows"), w.load("row"), g.GP64()
	g.MOVQ(y, at)
	g.IMULQ(step, at)
	g.ADDQ(w.field("inAt"), at)
	for i := range windowSide {
		p := g.GP64()
		g.MOVQ(at, p)
		g.CMPQ(y, rows) // a negative row is a large unsigned one
		g.CMOVQCC(zeros, p)
		g.MOVQ(p, w.field(fmt.Sprintf("row%d", i)))
		if i < windowSide-1 {
			g.INCQ(y)
			g.ADDQ(step, at)
		}
	}
}

// set generates the loop over a row's tiles for one or two rows of the
// transform, which the function column computes of one column of the pixels'
// rows that it needs.
func (w *windows) set(transformed, needed []int, column func(rows []operand.Mem, to []reg.VecPhysical)) {
	g := w.g
	off := w.load("channel")
	var rows []operand.Mem
	for _, i := range needed {
		rows = append(rows, operand.Mem{Base: w.load(fmt.Sprintf("row%d", i)), Index: off, Scale: 1})
	}
	pitch := w.load("pitch")
	var dst []*multiples
	for i, row := range transformed {
		base := g.GP64()
		g.IMUL3Q(imm(windowSide*row), pitch, base)
		g.ADDQ(w.field("v"), base)
		g.ADDQ(w.field("vAt"), base)
		g.ADDQ(w.field("channel"), base)
		if i == 0 {
			dst = append(dst, g.newMultiples(base, pitch, windowSide))
		} else {
			m := *dst[0]
			m.base = base
			dst = append(dst, &m)
		}
	}
	var window [windowSide][]reg.VecPhysical
	for x := range window {
		for range transformed {
			window[x] = append(window[x], w.take())
		}
	}
	next := func(x int) {
		column(rows, window[x])
		g.ADDQ(w.field("pixel"), off)
	}

	g.zero(window[0]...)
	next(1)
	left := w.load("cols")
	g.DECQ(left)
	g.MOVQ(w.load("tileCols"), w.field("tiles"))
	tile, edge, store, done := g.label("tile"), g.label("edge"), g.label("store"), g.label("done")
	g.Label(tile)
	g.SUBQ(imm(tileSide), left)
	g.JLT(operand.LabelRef(edge))
	for x := 2; x < windowSide; x++ {
		next(x)
	}
	g.Label(store)
	for i := range transformed {
		var d []reg.VecPhysical
		for x := range window {
			d = append(d, window[x][i])
		}
		w.horizontal(d, dst[i])
		g.ADDQ(w.field("tile"), dst[i].base)
	}
	for i := range transformed {
		g.VMOVAPS(window[4][i], window[0][i])
		g.VMOVAPS(window[5][i], window[1][i])
	}
	g.DECQ(w.field("tiles"))
	g.JNE(operand.LabelRef(tile))
	g.JMP(operand.LabelRef(done))

	// The last columns of the tile are outside.
	g.Label(edge)
	g.ADDQ(imm(tileSide), left)
	for x := 2; x < windowSide; x++ {
		g.zero(window[x]...)
	}
	for x := 2; x < windowSide-1; x++ {
		g.DECQ(left)
		g.JLT(operand.LabelRef(store))
		next(x)
	}
	g.JMP(operand.LabelRef(store))
	g.Label(done)
	for x := range window {
		w.give(window[x]...)
	}
}

// pixel loads a pixel of a row, through the ReLU if there is one. The maximum's
// second operand is the one that it returns when either is a NaN.
func (w *windows) pixel(m operand.Mem) reg.VecPhysical {
	r := w.take()
	w.g.VMAXPS(m, w.floor, r)
	return r
}

// pixelTo is pixel into a given register.
func (w *windows) pixelTo(m operand.Mem, r reg.VecPhysical) { w.g.VMAXPS(m, w.floor, r) }

// outer is the first or last row of B^T d, from three numbers of d.
func (w *windows) outer(rows []operand.Mem, to reg.VecPhysical) {
	w.pixelTo(rows[2], to)
	first, second := w.pixel(rows[0]), w.pixel(rows[1])
	w.fma(to, first, product)
	w.fms(to, second, squares)
	w.give(first, second)
}

// inner is a pair of rows of B^T d, from four numbers of d. It multiplies and
// adds at once, since the maxima keep the adders busy; horizontal doesn't.
func (w *windows) inner(rows []operand.Mem, to []reg.VecPhysical, square, point float64) {
	even := to[0]
	w.pixelTo(rows[3], even)
	d2 := w.pixel(rows[1])
	w.fms(even, d2, square)
	w.give(d2)
	odd, d1 := w.pixel(rows[2]), w.pixel(rows[0])
	w.fms(odd, d1, square)
	w.g.VMOVAPS(even, to[1])
	w.fma(to[0], odd, point)
	w.fms(to[1], odd, point)
	w.give(odd, d1)
}

// horizontal is B^T d of one row, stored; it keeps d.
func (w *windows) horizontal(d []reg.VecPhysical, dst *multiples) {
	g := w.g
	put := func(r reg.VecPhysical, i int) { g.VMOVUPS(r, dst.place(i)) }
	for i, position := range []int{0, 5} {
		r := w.times(d[i], product)
		w.fms(r, d[i+2], squares)
		g.VADDPS(d[i+4], r, r)
		put(r, position)
		w.give(r)
	}
	for i, c := range []struct{ square, point float64 }{{squareB, pointA}, {squareA, pointB}} {
		even, odd := w.minus(d[4], d[2], c.square), w.minus(d[3], d[1], c.square)
		plus, minus := w.plusMinus(even, odd, c.point)
		put(plus, 1+2*i)
		put(minus, 2+2*i)
		w.give(plus, minus)
	}
}
