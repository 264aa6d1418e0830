package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// positiveMean generates the average over pixels of the positive part of
// scale0*x0 + shift, and its gradient.
func positiveMean(g *generator, s *isa) {
	m := newImage(g, s, "positiveMean", "sums the positive part of scale0*x0+shift over pixels and stores share times the sums in dst.", &affineCall, "x0")
	m.eachGroup(func(n int) {
		regs := &vectors{isa: s}
		sum, scale, shift, x := regs.take(n), regs.take(n), regs.take(n), regs.take(n)
		zero := regs.take(1)[0]
		m.perChannel("scale0", scale, true)
		m.perChannel("shift", shift, false)
		g.zero(sum...)
		g.zero(zero)
		m.eachPixel(false, func(reg.GPVirtual) {
			for v := range n {
				m.normalized(x[v], scale[v], shift[v], v)
				g.VMAXPS(x[v], zero, x[v])
				g.VADDPS(x[v], sum[v], sum[v])
			}
		})
		g.VBROADCASTSS(m.field("share"), zero)
		for _, r := range sum {
			g.VMULPS(zero, r, r)
		}
		m.storeChannels("dst", sum)
	})

	m = newImage(g, s, "positiveMeanGrad", "stores share times x1, a number a channel, where scale0*x0+shift is positive, and zero elsewhere.", &affineCall, "dst", "x0")
	m.eachGroup(func(n int) {
		regs := &vectors{isa: s}
		grad, scale, shift, x := regs.take(n), regs.take(n), regs.take(n), regs.take(n)
		zero := regs.take(1)[0]
		m.perChannel("scale0", scale, true)
		m.perChannel("shift", shift, false)
		m.perChannel("x1", grad, false)
		g.VBROADCASTSS(m.field("share"), zero)
		for _, r := range grad {
			g.VMULPS(zero, r, r)
		}
		g.zero(zero)
		m.eachPixel(false, func(reg.GPVirtual) {
			for v := range n {
				m.normalized(x[v], scale[v], shift[v], v)
				g.keepPositive(x[v], grad[v], zero)
				g.VMOVUPS(x[v], m.at("dst", v))
			}
		})
	})
}

// normalized computes scale0*x0 + shift of the current pixel.
func (m *image) normalized(x, scale, shift reg.VecPhysical, v int) {
	m.g.VMOVUPS(m.at("x0", v), x)
	m.g.VFMADD213PS(shift, scale, x)
}

// keepPositive sets x to y where x is positive and to zero elsewhere.
func (g *generator) keepPositive(x, y, zero reg.VecPhysical) {
	if x.Size() == 64 {
		g.VCMPPS(imm(lessThan), x, zero, reg.K1)
		g.VMOVAPS_Z(y, reg.K1, x)
		return
	}
	g.VCMPPS(imm(lessThan), x, zero, x)
	g.VANDPS(y, x, x)
}

// halfPools generates the average of 2x2 pixels, a quarter of an image, and the
// sum of its gradient with another. Rows and cols are those of the quarter.
func halfPools(g *generator, s *isa) {
	h := &halfPool{image: newImage(g, s, "halfPool", "averages 2x2 pixels of x0 into dst.", &affineCall, "dst", "x0")}
	x := s.regs[0]
	quarter := s.regs[1]
	g.VBROADCASTSS(h.field("share"), quarter)
	h.each(func(small operand.Mem, large [4]operand.Mem) {
		g.VMOVUPS(large[0], x)
		for _, m := range large[1:] {
			g.VADDPS(m, x, x)
		}
		g.VMULPS(quarter, x, x)
		g.VMOVUPS(x, small)
	}, "dst", "x0")

	h = &halfPool{image: newImage(g, s, "halfPoolGradAdd", "adds a quarter of each pixel of x0 to 2x2 pixels of dst.", &affineCall, "dst", "x0")}
	g.VBROADCASTSS(h.field("share"), quarter)
	h.each(func(small operand.Mem, large [4]operand.Mem) {
		g.VMULPS(small, quarter, x)
		for i, m := range large {
			sum := s.regs[2+i]
			g.VADDPS(m, x, sum)
			g.VMOVUPS(sum, m)
		}
	}, "x0", "dst")
}

// halfPool walks over an image and one of a quarter of its pixels.
type halfPool struct{ *image }

func (h *halfPool) each(body func(small operand.Mem, large [4]operand.Mem), smallName, largeName string) {
	g := h.g
	small, large := h.dense[smallName], h.dense[largeName]
	below, right := g.GP64(), h.pixel
	row, pixel := g.label("row"), g.label("pixel")
	rowBytes := h.load("cols")
	g.IMULQ(right, rowBytes)
	g.ADDQ(rowBytes, rowBytes)
	g.Label(row)
	g.LEAQ(operand.Mem{Base: large, Index: rowBytes, Scale: 1}, below)
	left := h.load("cols")
	g.Label(pixel)
	g.loop(h.load("vectors"), func() {
		body(at(small, 0), [4]operand.Mem{
			at(large, 0), {Base: large, Index: right, Scale: 1},
			at(below, 0), {Base: below, Index: right, Scale: 1},
		})
		for _, r := range []reg.GPVirtual{small, large, below} {
			g.ADDQ(imm(h.isa.width), r)
		}
	})
	// The pixel on the right is done as well.
	g.ADDQ(right, large)
	g.ADDQ(right, below)
	g.DECQ(left)
	g.JNE(operand.LabelRef(pixel))
	g.MOVQ(below, large)
	g.DECQ(h.field("rows"))
	g.JNE(operand.LabelRef(row))
	g.VZEROUPPER()
	g.RET()
}
