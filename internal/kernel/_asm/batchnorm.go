package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// batchNorm generates the passes of batch norm.
func batchNorm(g *generator, s *isa) {
	moments(g, s)
	gradSums(g, s)
	normGrad(g, s)
	maskedSum(g, s)
}

// pixelSums generates a reduction over pixels to two sums a channel, several
// pixels at a time so that additions don't wait for each other. setup loads
// what the channels need; add adds vector v of the current pixel to a and b.
func pixelSums(m *image, first, second string, setup func(n int, regs *vectors), add func(v int, a, b reg.VecPhysical)) {
	g := m.g
	m.eachGroup(func(n int) {
		pixels := max(1, len(m.isa.regs)/4/n)
		regs := &vectors{isa: m.isa}
		a, b := regs.take(n*pixels), regs.take(n*pixels)
		setup(n, regs)
		g.zero(a...)
		g.zero(b...)
		g.MOVQ(m.field("group"), m.off)
		left := m.load("pixels")
		many, one, single, done := g.label("many"), g.label("one"), g.label("single"), g.label("done")
		step := func(count int) {
			for p := range count {
				for v := range n {
					add(v, a[p*n+v], b[p*n+v])
				}
				g.ADDQ(m.pixel, m.off)
			}
		}
		g.Label(many)
		g.CMPQ(left, imm(pixels))
		g.JLT(operand.LabelRef(one))
		step(pixels)
		g.SUBQ(imm(pixels), left)
		g.JMP(operand.LabelRef(many))
		g.Label(one)
		g.TESTQ(left, left)
		g.JEQ(operand.LabelRef(done))
		g.Label(single)
		step(1)
		g.DECQ(left)
		g.JNE(operand.LabelRef(single))
		g.Label(done)
		for ; pixels > 1; pixels /= 2 {
			for i := range n * pixels / 2 {
				g.VADDPS(a[n*pixels/2+i], a[i], a[i])
				g.VADDPS(b[n*pixels/2+i], b[i], b[i])
			}
		}
		m.storeChannels(first, a[:n])
		m.storeChannels(second, b[:n])
	})
}

func moments(g *generator, s *isa) {
	m := newImage(g, s, "moments", "sums x-pivot and its square.", &sumsCall, "x")
	var pivot []reg.VecPhysical
	var d reg.VecPhysical
	pixelSums(m, "first", "second", func(n int, regs *vectors) {
		pivot, d = regs.take(n), regs.take(1)[0]
		m.perChannel("center", pivot, false)
	}, func(v int, a, b reg.VecPhysical) {
		g.VMOVUPS(m.at("x", v), d)
		g.VSUBPS(pivot[v], d, d)
		g.VADDPS(d, a, a)
		g.VFMADD231PS(d, d, b)
	})
}

func gradSums(g *generator, s *isa) {
	m := newImage(g, s, "gradSums", "sums dy and dy*(x-center).", &sumsCall, "x", "dy")
	var center []reg.VecPhysical
	var d, dy reg.VecPhysical
	pixelSums(m, "first", "second", func(n int, regs *vectors) {
		center, d, dy = regs.take(n), regs.take(1)[0], regs.take(1)[0]
		m.perChannel("center", center, false)
	}, func(v int, a, b reg.VecPhysical) {
		g.VMOVUPS(m.at("x", v), d)
		g.VMOVUPS(m.at("dy", v), dy)
		g.VSUBPS(center[v], d, d)
		g.VADDPS(dy, a, a)
		g.VFMADD231PS(d, dy, b)
	})
}

func normGrad(g *generator, s *isa) {
	m := newImage(g, s, "normGrad", "stores scale0*x0 + scale1*x1 + shift in the view.", &affineCall, "x0", "x1")
	m.eachGroup(func(n int) {
		regs := &vectors{isa: s}
		a, b, shift, sum := regs.take(n), regs.take(n), regs.take(n), regs.take(n)
		m.perChannel("scale0", a, true)
		m.perChannel("scale1", b, true)
		m.perChannel("shift", shift, false)
		m.eachPixel(true, func(plane reg.GPVirtual) {
			for v := range n {
				g.VMOVUPS(m.at("x0", v), sum[v])
				g.VFMADD213PS(shift[v], a[v], sum[v])
				g.VFMADD231PS(m.at("x1", v), b[v], sum[v])
				g.VMOVUPS(sum[v], at(plane, v*s.width))
			}
		})
	})
}

// maskedSum generates MaskedSum of up to three terms.
func maskedSum(g *generator, s *isa) {
	a := g.routine("maskedSum"+s.name, "adds variant/2 images and, in odd variants, g where y is positive.", &maskedSumCall)
	m := &masked{g: g, isa: s, off: g.GP64()}
	load := func(name string) reg.GPVirtual { return g.load(a, &maskedSumCall, name) }
	m.dst, m.end, m.grad, m.y = load("dst"), load("bytes"), load("g"), load("y")
	for t := range m.x {
		m.x[t] = load(fmt.Sprintf("x%d", t))
	}
	g.variants(arg(a, &maskedSumCall, "variant"), 2*(len(m.x)+1), func(i int) { m.sum(m.x[:i/2], i%2 == 1) })
}

type masked struct {
	g                      *generator
	isa                    *isa
	dst, grad, y, off, end reg.GPVirtual
	x                      [3]reg.GPVirtual
}

func (m *masked) here(base reg.GPVirtual) operand.Mem {
	return operand.Mem{Base: base, Index: m.off, Scale: 1}
}

func (m *masked) sum(x []reg.GPVirtual, withGrad bool) {
	g := m.g
	regs := &vectors{isa: m.isa}
	zero, sum := regs.take(1)[0], regs.take(1)[0]
	g.zero(zero)
	g.XORQ(m.off, m.off)
	loop := g.label("vector")
	g.Label(loop)
	switch {
	case withGrad:
		g.maskPositive(m.here(m.y), m.here(m.grad), zero, sum)
	case len(x) > 0:
		g.VMOVUPS(m.here(x[0]), sum)
		x = x[1:]
	default:
		g.zero(sum)
	}
	for _, t := range x {
		g.VADDPS(m.here(t), sum, sum)
	}
	g.VMOVUPS(sum, m.here(m.dst))
	g.ADDQ(imm(m.isa.width), m.off)
	g.CMPQ(m.off, m.end)
	g.JLT(operand.LabelRef(loop))
	g.VZEROUPPER()
	g.RET()
}

// lessThan is the predicate of a comparison, ordered and quiet.
const lessThan = 0x11

// maskPositive loads x where y is positive, and zero elsewhere.
func (g *generator) maskPositive(y, x operand.Mem, zero, dst reg.VecPhysical) {
	if dst.Size() == 64 {
		g.VCMPPS(imm(lessThan), y, zero, reg.K1)
		g.VMOVUPS_Z(x, reg.K1, dst)
		return
	}
	g.VCMPPS(imm(lessThan), y, zero, dst)
	g.VANDPS(x, dst, dst)
}
