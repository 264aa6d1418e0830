package main

import (
	"github.com/mmcloughlin/avo/reg"
)

// isa is an instruction set as far as the elementwise routines see it.
type isa struct {
	name   string
	width  int               // bytes of a vector
	regs   []reg.VecPhysical // vector registers
	groups []int             // numbers of vectors that are worked on together
}

var avx512 = &isa{name: "AVX512", width: 64, regs: zmm, groups: []int{4, 2, 1}}

var avx2 = &isa{name: "AVX2", width: 32, regs: ymm, groups: []int{2}}

// zmm and ymm are the vector registers.
var (
	zmm = []reg.VecPhysical{
		reg.Z0, reg.Z1, reg.Z2, reg.Z3, reg.Z4, reg.Z5, reg.Z6, reg.Z7,
		reg.Z8, reg.Z9, reg.Z10, reg.Z11, reg.Z12, reg.Z13, reg.Z14, reg.Z15,
		reg.Z16, reg.Z17, reg.Z18, reg.Z19, reg.Z20, reg.Z21, reg.Z22, reg.Z23,
		reg.Z24, reg.Z25, reg.Z26, reg.Z27, reg.Z28, reg.Z29, reg.Z30, reg.Z31,
	}
	ymm = []reg.VecPhysical{
		reg.Y0, reg.Y1, reg.Y2, reg.Y3, reg.Y4, reg.Y5, reg.Y6, reg.Y7,
		reg.Y8, reg.Y9, reg.Y10, reg.Y11, reg.Y12, reg.Y13, reg.Y14, reg.Y15,
	}
)

// vectors hands out registers of an instruction set, in order.
type vectors struct {
	isa  *isa
	used int
}

func (v *vectors) take(n int) []reg.VecPhysical {
	r := v.isa.regs[v.used:][:n]
	v.used += n
	return r
}

// zero sets vector registers to zero.
func (g *generator) zero(regs ...reg.VecPhysical) {
	for _, r := range regs {
		if r.Size() == 64 {
			g.VPXORD(r, r, r)
		} else {
			g.VXORPS(r, r, r)
		}
	}
}
