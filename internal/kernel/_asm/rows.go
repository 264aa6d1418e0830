package main

import (
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
	many, few, done := g.label("many"), g.label("few"), g.label("done")
	if sets > 1 {
		g.Label(many)
		g.CMPQ(left, imm(sets))
		g.JLT(operand.LabelRef(few))
		step(sets)
		g.SUBQ(imm(sets), left)
		g.JMP(operand.LabelRef(many))
	}
	g.Label(few)
	g.TESTQ(left, left)
	g.JEQ(operand.LabelRef(done))
	step(1)
	g.DECQ(left)
	g.JMP(operand.LabelRef(few))
	g.Label(done)
	for half := 4; half >= n; half /= 2 {
		for i := range half {
			g.VADDPD(sums[half+i], sums[i], sums[i])
		}
	}
	for v := range n {
		g.VMOVUPD(sums[v], at(dst, v*s.width))
	}
}
