package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/reg"
)

// affine generates AffineSum of one to four terms, without and with a ReLU.
func affine(g *generator, s *isa) {
	m := newImage(g, s, "affineSum", "adds variant/2+1 scaled images and a shift; odd variants store the positive part as well.",
		&affineCall, "dst", "x0", "x1", "x2", "x3")
	g.variants(m.field("variant"), 8, func(i int) { affineSum(m, i/2+1, i%2 == 1) })
	reluCopy(g, s)
}

func affineSum(m *image, terms int, relu bool) {
	g, s := m.g, m.isa
	m.eachGroup(func(n int) {
		regs := &vectors{isa: s}
		sum, shift, zero := regs.take(n), regs.take(n), regs.take(1)[0]
		m.perChannel("shift", shift, false)
		scale := make([][]reg.VecPhysical, terms)
		for t := range scale {
			scale[t] = regs.take(n)
			m.perChannel(fmt.Sprintf("scale%d", t), scale[t], true)
		}
		if relu {
			g.zero(zero)
		}
		m.eachPixel(relu, func(plane reg.GPVirtual) {
			for v := range n {
				g.VMOVUPS(m.at("x0", v), sum[v])
				g.VFMADD213PS(shift[v], scale[0][v], sum[v])
			}
			for t := 1; t < terms; t++ {
				for v := range n {
					g.VFMADD231PS(m.at(fmt.Sprintf("x%d", t), v), scale[t][v], sum[v])
				}
			}
			for v := range n {
				g.VMOVUPS(sum[v], m.at("dst", v))
				if relu {
					g.VMAXPS(sum[v], zero, sum[v])
					g.VMOVUPS(sum[v], at(plane, v*s.width))
				}
			}
		})
	})
}

// reluCopy generates ReLUCopy. The maximum's second operand, here as in
// affineSum, is the one that it returns when either is a NaN.
func reluCopy(g *generator, s *isa) {
	m := newImage(g, s, "reluCopy", "stores the positive part of an image.", &affineCall, "x0")
	m.eachGroup(func(n int) {
		regs := &vectors{isa: s}
		x, zero := regs.take(n), regs.take(1)[0]
		g.zero(zero)
		m.eachPixel(true, func(plane reg.GPVirtual) {
			for v := range n {
				g.VMAXPS(m.at("x0", v), zero, x[v])
				g.VMOVUPS(x[v], at(plane, v*s.width))
			}
		})
	})
}
