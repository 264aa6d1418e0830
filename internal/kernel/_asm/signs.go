package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// greater is VCMPPS's predicate of greater, ordered: false for NaN.
const greater = 30

// positiveBits generates a bit for each number: whether it is above 0.
func positiveBits(g *generator, s *isa) {
	a := g.routine("positiveBits"+s.name, "stores a bit for each number of x: whether it is above 0.", &positiveBitsCall)
	dst, x := g.load(a, &positiveBitsCall, "dst"), g.load(a, &positiveBitsCall, "x")
	zero, bits := s.regs[0], g.GP32()
	g.zero(zero)
	g.loop(g.load(a, &positiveBitsCall, "vectors"), func() {
		if s == avx512 {
			g.VMOVUPS(at(x, 0), reg.Z1)
			g.VCMPPS(operand.U8(greater), zero, reg.Z1, reg.K1)
			g.KMOVW(reg.K1, at(dst, 0))
		} else {
			g.VMOVUPS(at(x, 0), reg.Y1)
			g.VCMPPS(operand.U8(greater), zero, reg.Y1, reg.Y1)
			g.VMOVMSKPS(reg.Y1, bits)
			g.MOVB(bits.As8(), at(dst, 0))
		}
		g.ADDQ(imm(s.width), x)
		g.ADDQ(imm(s.width/32), dst)
	})
	g.VZEROUPPER()
	g.RET()
}
