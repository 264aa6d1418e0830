package main

import (
	"math"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

var depthwiseCall = call{"depthwiseCall", "depthwiseCall is one vector of channels of an operation on each channel by itself; pitches are in bytes.", []field{
	{"in", pointer, "first tap's pixel of the first output pixel"},
	{"w", pointer, "weights [tap][...]"},
	{"out", pointer, "first pixel of the output, or of its gradient"},
	{"taps", pointer, "offset of each tap, in numbers"},
	{"ntaps", "int", ""},
	{"tapPitch", "int", "of w, from one tap to the next"},
	{"inPixel", "int", ""},
	{"inRow", "int", ""},
	{"outPixel", "int", ""},
	{"outRow", "int", ""},
	{"cols", "int", ""},
	{"rows", "int", "changed by the routine, as is all that follows"},
	{"left", "int", "columns that are left in the row"},
	{"tileIn", "int", "address of the tile in the input"},
	{"variant", "int", "of the weight gradient: taps less one"},
}}

// depthwises generates the operations on each channel by itself.
func depthwises(g *generator, s *isa) {
	d := &depthwise{g: g, isa: s}
	d.routine("depthwise", "convolves.", d.convolve)
	d.routine("maxPool", "stores the largest value, a NaN if there is one.", d.largest)
	depthwiseWeightGrad(g, s)
}

// depthwise generates a routine that goes through output pixels, a few at a
// time.
type depthwise struct {
	g   *generator
	isa *isa
	a   reg.GPVirtual
	x   *strides
}

func (d *depthwise) field(name string) operand.Mem { return arg(d.a, &depthwiseCall, name) }

func (d *depthwise) load(name string) reg.GPVirtual { return d.g.load(d.a, &depthwiseCall, name) }

// depthwisePixels are the numbers of pixels that are worked on together.
var depthwisePixels = []int{8, 4, 1}

// routine generates a routine whose results the function leaves in the first
// registers.
func (d *depthwise) routine(name, doc string, compute func(pixels int)) {
	g := d.g
	d.a = g.routine(name+d.isa.name, doc, &depthwiseCall)
	d.x = g.newStrides(d.load("inPixel"), depthwisePixels[0])
	rowIn, rowOut, out := d.load("in"), d.load("out"), g.GP64()
	outPixel := d.load("outPixel")
	row := g.label("row")
	g.Label(row)
	g.MOVQ(rowIn, d.field("tileIn"))
	g.MOVQ(rowOut, out)
	g.MOVQ(d.load("cols"), d.field("left"))
	for _, n := range depthwisePixels {
		again, smaller := g.label("tile"), g.label("smaller")
		g.Label(again)
		g.CMPQ(d.field("left"), imm(n))
		g.JLT(operand.LabelRef(smaller))
		compute(n)
		for p := range n {
			g.VMOVUPS(d.isa.regs[p], at(out, 0))
			g.ADDQ(outPixel, out)
		}
		step := g.GP64()
		g.IMUL3Q(imm(n), d.x.pitch[0], step)
		g.ADDQ(step, d.field("tileIn"))
		g.SUBQ(imm(n), d.field("left"))
		g.JMP(operand.LabelRef(again))
		g.Label(smaller)
	}
	g.ADDQ(d.field("inRow"), rowIn)
	g.ADDQ(d.field("outRow"), rowOut)
	g.DECQ(d.field("rows"))
	g.JNE(operand.LabelRef(row))
	g.VZEROUPPER()
	g.RET()
}

// eachTap loops over the taps with x at the first pixel.
func (d *depthwise) eachTap(body func()) {
	g := d.g
	tap, left := d.load("taps"), d.load("ntaps")
	loop := g.label("tap")
	g.Label(loop)
	x := d.x.bases[0]
	g.MOVQ(at(tap, 0), x)
	g.SHLQ(imm(2), x)
	g.ADDQ(d.field("tileIn"), x)
	body()
	g.ADDQ(imm(8), tap)
	g.DECQ(left)
	g.JNE(operand.LabelRef(loop))
}

func (d *depthwise) convolve(pixels int) {
	g := d.g
	sums, weight := d.isa.regs[:pixels], d.isa.regs[pixels]
	g.zero(sums...)
	w := d.load("w")
	d.eachTap(func() {
		g.VMOVUPS(at(w, 0), weight)
		g.ADDQ(d.field("tapPitch"), w)
		for p, sum := range sums {
			g.VFMADD231PS(d.x.place(p), weight, sum)
		}
	})
}

// unordered is the predicate of a comparison that holds for NaNs, quiet.
const unordered = 0x03

// largest takes NaNs from the input. VMAXPS returns its second source, here the
// input, if there is a NaN, so a NaN among the results is kept apart from it.
func (d *depthwise) largest(pixels int) {
	g := d.g
	best, x, nan := d.isa.regs[:pixels], d.isa.regs[pixels], d.isa.regs[pixels+1]
	lowest := g.vector(math.Inf(-1), d.isa.width)
	for _, b := range best {
		g.VMOVUPS(lowest, b)
	}
	d.eachTap(func() {
		for p, b := range best {
			g.VMOVUPS(d.x.place(p), x)
			if d.isa.width == 64 {
				g.VCMPPS(imm(unordered), x, x, reg.K1)
				g.VMAXPS(b, x, b)
				g.VMOVAPS(x, reg.K1, b)
			} else {
				g.VCMPPS(imm(unordered), x, x, nan)
				g.VMAXPS(b, x, b)
				g.VBLENDVPS(nan, x, b, b)
			}
		}
	})
}

// weightGradTaps is the most taps whose sums are kept in registers.
const weightGradTaps = 5

// depthwiseWeightGrad generates a routine for up to weightGradTaps taps.
func depthwiseWeightGrad(g *generator, s *isa) {
	a := g.routine("depthwiseWeightGrad"+s.name, "adds the gradient of variant+1 taps' weights; w is the gradient, out that of the output.", &depthwiseCall)
	load := func(name string) reg.GPVirtual { return g.load(a, &depthwiseCall, name) }
	field := func(name string) operand.Mem { return arg(a, &depthwiseCall, name) }
	g.variants(field("variant"), weightGradTaps, func(i int) {
		n := i + 1
		sums, dz := s.regs[:n], s.regs[n]
		eachSum := func(move func(m operand.Mem, sum reg.VecPhysical)) {
			w := load("w")
			for _, sum := range sums {
				move(at(w, 0), sum)
				g.ADDQ(field("tapPitch"), w)
			}
		}
		eachSum(func(m operand.Mem, sum reg.VecPhysical) { g.VMOVUPS(m, sum) })
		offsets := make([]reg.GPVirtual, n)
		taps := load("taps")
		for t := range offsets {
			offsets[t] = g.GP64()
			g.MOVQ(at(taps, 8*t), offsets[t])
		}
		inPixel, outPixel := load("inPixel"), load("outPixel")
		x, z, left := g.GP64(), g.GP64(), g.GP64()
		row, pixel := g.label("row"), g.label("pixel")
		g.Label(row)
		g.MOVQ(field("in"), x)
		g.MOVQ(field("out"), z)
		g.MOVQ(field("cols"), left)
		g.Label(pixel)
		g.VMOVUPS(at(z, 0), dz)
		for t, sum := range sums {
			g.VFMADD231PS(operand.Mem{Base: x, Index: offsets[t], Scale: 4}, dz, sum)
		}
		g.ADDQ(inPixel, x)
		g.ADDQ(outPixel, z)
		g.DECQ(left)
		g.JNE(operand.LabelRef(pixel))
		for _, step := range []struct{ by, to string }{{"inRow", "in"}, {"outRow", "out"}} {
			by := load(step.by)
			g.ADDQ(by, field(step.to))
		}
		g.DECQ(field("rows"))
		g.JNE(operand.LabelRef(row))
		eachSum(func(m operand.Mem, sum reg.VecPhysical) { g.VMOVUPS(sum, m) })
		g.VZEROUPPER()
		g.RET()
	})
}
