package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// pools generates rows of the average pool and of its gradient.
func pools(g *generator, s *isa) {
	m := newImage(g, s, "avgPoolRows", "stores rows of the average of 3x3 pixels; odd variants add them, variants from two on compute the gradient.",
		&poolCall, "dst", "x0", "x1", "x2")
	g.variants(m.field("variant"), 4, func(i int) {
		p := &pool{image: m, out: g.GP64(), add: i%2 == 1, grad: i >= 2}
		p.generate()
	})
}

// pool generates sums over three columns of sums over three weighted rows. The
// average weighs the whole sum by its column's share, the gradient each column
// before it is added.
type pool struct {
	*image
	grad, add bool

	rows               [3]reg.VecPhysical // weights
	edge, middle, turn reg.VecPhysical    // shares of the outer columns, the others, the next
	before, here, next []reg.VecPhysical  // columns
	out                reg.GPVirtual      // offset of the next pixel of dst
}

func (p *pool) generate() {
	g, s := p.g, p.isa
	p.eachGroup(func(n int) {
		regs := &vectors{isa: s}
		for i, name := range []string{"weight0", "weight1", "weight2"} {
			p.rows[i] = regs.take(1)[0]
			g.VBROADCASTSS(p.field(name), p.rows[i])
		}
		p.edge, p.middle, p.turn = regs.take(1)[0], regs.take(1)[0], regs.take(1)[0]
		g.VBROADCASTSS(p.field("edge"), p.edge)
		g.VBROADCASTSS(p.field("middle"), p.middle)
		p.before, p.here, p.next = regs.take(n), regs.take(n), regs.take(n)
		g.MOVQ(p.field("group"), p.off)
		g.MOVQ(p.load("rows"), p.field("row"))
		row := g.label("row")
		g.Label(row)
		p.row()
		g.DECQ(p.field("row"))
		g.JNE(operand.LabelRef(row))
	})
}

// row goes through the columns; off is where it begins, and at its end where
// the next row begins.
func (p *pool) row() {
	g := p.g
	g.MOVQ(p.off, p.out)
	g.VMOVAPS(p.edge, p.turn)
	g.zero(p.before...)
	p.column(p.here, p.edge)

	left := p.load("cols")
	loop, edge, last := g.label("column"), g.label("edge"), g.label("last")
	g.SUBQ(imm(2), left)
	g.JLT(operand.LabelRef(last))
	g.JEQ(operand.LabelRef(edge))
	g.Label(loop)
	p.column(p.next, p.middle)
	p.store()
	g.DECQ(left)
	g.JNE(operand.LabelRef(loop))
	g.Label(edge)
	p.column(p.next, p.edge)
	p.store()
	g.Label(last)
	g.VMOVAPS(p.edge, p.turn)
	g.zero(p.next...)
	p.store()
}

// column sums the rows of the current column and goes to the next.
func (p *pool) column(sum []reg.VecPhysical, share reg.VecPhysical) {
	g := p.g
	for v, r := range sum {
		g.VMULPS(p.at("x0", v), p.rows[0], r)
		g.VFMADD231PS(p.at("x1", v), p.rows[1], r)
		g.VFMADD231PS(p.at("x2", v), p.rows[2], r)
		if p.grad {
			g.VMULPS(share, r, r)
		}
	}
	g.ADDQ(p.pixel, p.off)
}

// store writes the sum of the three columns and moves them up.
func (p *pool) store() {
	g := p.g
	for v := range p.here {
		sum := p.before[v]
		dst := operand.Mem{Base: p.dense["dst"], Index: p.out, Scale: 1, Disp: v * p.isa.width}
		g.VADDPS(p.here[v], sum, sum)
		g.VADDPS(p.next[v], sum, sum)
		switch {
		case p.add && p.grad:
			g.VADDPS(dst, sum, sum)
		case p.add:
			g.VFMADD213PS(dst, p.turn, sum)
		case !p.grad:
			g.VMULPS(p.turn, sum, sum)
		}
		g.VMOVUPS(sum, dst)
		g.VMOVAPS(p.here[v], p.before[v])
		g.VMOVAPS(p.next[v], p.here[v])
	}
	g.VMOVAPS(p.middle, p.turn)
	g.ADDQ(p.pixel, p.out)
}
