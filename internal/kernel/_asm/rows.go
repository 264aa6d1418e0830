package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const doubleSize = 8

// addRows generates a vector times a matrix of float64.
func addRows(g *generator, s *isa) {
	a := g.routine("addRows"+s.name, "adds rows of float64, each times a number of x, to dst.", &addRowsCall)
	load := func(name string) reg.GPVirtual { return g.load(a, &addRowsCall, name) }
	dst, rows, pitch, vectors := load("dst"), load("rows"), load("pitch"), load("vectors")
	for n := 8; n >= 1; n /= 2 {
		next, again := g.label("next"), g.label("group")
		g.Label(again)
		g.CMPQ(vectors, imm(n))
		g.JLT(operand.LabelRef(next))
		addRowsGroup(g, s, n, dst, rows, pitch, load("x"), load("count"))
		g.ADDQ(imm(n*s.width), dst)
		g.ADDQ(imm(n*s.width), rows)
		g.SUBQ(imm(n), vectors)
		g.JMP(operand.LabelRef(again))
		g.Label(next)
	}
	g.VZEROUPPER()
	g.RET()
}

// addRowsGroup adds to n vectors of dst, to as many of them at a time in sums of
// their own that additions don't wait for each other.
func addRowsGroup(g *generator, s *isa, n int, dst, rows, pitch, x, left reg.GPVirtual) {
	sets := 8 / n
	regs := &vectors{isa: s}
	sums, number := regs.take(8), regs.take(1)[0]
	row := g.GP64()
	g.MOVQ(rows, row)
	for v := range n {
		g.VMOVUPD(at(dst, v*s.width), sums[v])
	}
	g.zero(sums[n:]...)
	step := func(count int) {
		for i := range count {
			g.VBROADCASTSD(at(x, i*doubleSize), number)
			for v := range n {
				g.VFMADD231PD(at(row, v*s.width), number, sums[i*n+v])
			}
			g.ADDQ(pitch, row)
		}
		g.ADDQ(imm(count*doubleSize), x)
	}
	if sets > 1 {
		many, few := g.label("many"), g.label("few")
		g.Label(many)
		g.CMPQ(left, imm(sets))
		g.JLT(operand.LabelRef(few))
		step(sets)
		g.SUBQ(imm(sets), left)
		g.JMP(operand.LabelRef(many))
		g.Label(few)
	}
	g.loop(left, func() { step(1) })
	for half := 4; half >= n; half /= 2 {
		for i := range half {
			g.VADDPD(sums[half+i], sums[i], sums[i])
		}
	}
	for v := range n {
		g.VMOVUPD(sums[v], at(dst, v*s.width))
	}
}

// gram generates inner products of rows of float32 in double precision: of a tile of
// rows with four others, each pair in a vector of sums.
func gram(g *generator, s *isa) {
	const cols = 4
	rows := len(s.regs) / 8
	a := g.routine("gram"+s.name, fmt.Sprintf("stores the sums of the products of %d rows with %d others.", rows, cols), &gramCall)
	regs := &vectors{isa: s}
	sums, x, y := regs.take(rows*cols), regs.take(rows), regs.take(1)[0]
	pitch := g.load(a, &gramCall, "pitch")
	left, right := g.newStrides(pitch, rows), g.newStrides(pitch, cols)
	g.MOVQ(arg(a, &gramCall, "a"), left.bases[0])
	g.MOVQ(arg(a, &gramCall, "b"), right.bases[0])
	g.zero(sums...)
	g.loop(g.load(a, &gramCall, "count"), func() {
		for i := range rows {
			g.VCVTPS2PD(left.place(i), x[i])
		}
		for j := range cols {
			g.VCVTPS2PD(right.place(j), y)
			for i := range rows {
				g.VFMADD231PD(x[i], y, sums[i*cols+j])
			}
		}
		g.advance(left, rows, s.width/2)
		g.advance(right, cols, s.width/2)
	})
	dst := g.load(a, &gramCall, "sums")
	for i, sum := range sums {
		g.VMOVUPD(sum, at(dst, i*s.width))
	}
	g.VZEROUPPER()
	g.RET()
}
