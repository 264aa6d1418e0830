package main

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// twister generates the two loops of MT19937, on eight words at a time.
func twister(g *generator) {
	twist(g)
	temper(g)
}

// word broadcasts a constant.
func (g *generator) word(v uint32, to reg.VecPhysical) {
	r := g.GP32()
	g.MOVL(operand.U32(v), r)
	g.VMOVD(r, to.AsX())
	g.VPBROADCASTD(to.AsX(), to)
}

// routineOf begins a function of the parameters.
func (g *generator) routineOf(name, signature, doc string) {
	g.Function(name)
	g.Attributes(attr.NOSPLIT)
	g.SignatureExpr(signature)
	g.Pragma("noescape")
	g.Doc(name + " " + doc)
}

func twist(g *generator) {
	g.routineOf("twistAVX2", "func(words *uint32, far, groups int)", "computes groups of eight next words, each from itself, its follower and the one far words on.")
	words, far := g.Load(g.Param("words"), g.GP64()), g.Load(g.Param("far"), g.GP64())
	upper, lower, matrix := ymm[0], ymm[1], ymm[2]
	g.word(1<<31, upper)
	g.word(1<<31-1, lower)
	g.word(0x9908b0df, matrix)
	g.loop(g.Load(g.Param("groups"), g.GP64()).(reg.GPVirtual), func() {
		y, odd := ymm[3], ymm[4]
		g.VMOVDQU(at(words, 4), odd) // the follower's last bit tells
		g.VPAND(at(words, 0), upper, y)
		g.VPAND(odd, lower, ymm[5])
		g.VPOR(ymm[5], y, y)
		g.VPSRLD(operand.U8(1), y, y)
		g.VPSLLD(operand.U8(31), odd, odd)
		g.VPSRAD(operand.U8(31), odd, odd)
		g.VPAND(matrix, odd, odd)
		g.VPXOR(odd, y, y)
		g.VPXOR(operand.Mem{Base: words, Index: far, Scale: 4}, y, y)
		g.VMOVDQU(y, at(words, 0))
		g.ADDQ(imm(32), words)
	})
	g.VZEROUPPER()
	g.RET()
}

func temper(g *generator) {
	g.routineOf("temperAVX2", "func(dst, words *uint32, groups int)", "turns groups of eight words of the state into those to hand out.")
	dst, words := g.Load(g.Param("dst"), g.GP64()), g.Load(g.Param("words"), g.GP64())
	first, second := ymm[0], ymm[1]
	g.word(0x9d2c5680, first)
	g.word(0xefc60000, second)
	g.loop(g.Load(g.Param("groups"), g.GP64()).(reg.GPVirtual), func() {
		y, t := ymm[2], ymm[3]
		g.VMOVDQU(at(words, 0), y)
		g.VPSRLD(operand.U8(11), y, t)
		g.VPXOR(t, y, y)
		g.VPSLLD(operand.U8(7), y, t)
		g.VPAND(first, t, t)
		g.VPXOR(t, y, y)
		g.VPSLLD(operand.U8(15), y, t)
		g.VPAND(second, t, t)
		g.VPXOR(t, y, y)
		g.VPSRLD(operand.U8(18), y, t)
		g.VPXOR(t, y, y)
		g.VMOVDQU(y, at(dst, 0))
		g.ADDQ(imm(32), words)
		g.ADDQ(imm(32), dst)
	})
	g.VZEROUPPER()
	g.RET()
}
