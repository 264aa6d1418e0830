package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// convAVX512 generates routines that keep a tile of pixels x blocks of output
// channels in registers.
func convAVX512(g *generator) {
	for _, r := range []struct {
		blocks int
		pixels []int
	}{
		{1, []int{16, 8, 4, 2, 1}},
		{2, []int{8, 4, 2, 1}},
		{3, []int{8, 4, 2, 1}},
	} {
		c := &conv{g: g, isa: avx512, vectors: r.blocks}
		c.routine(fmt.Sprintf("conv%d", r.blocks),
			fmt.Sprintf("computes %d blocks of output channels.", r.blocks), r.pixels, c.sum)
	}
	c := &conv{g: g, isa: avx512, vectors: 1, triple: true}
	c.routine("convTriple",
		"computes one block of output channels; the taps are threes of neighbouring pixels, which share every number of the input.",
		[]int{16, 8, 4, 2, 1}, c.sumTriple)
}

// convAVX2 generates the same for one block, which is two vectors.
func convAVX2(g *generator) {
	c := &conv{g: g, isa: avx2, vectors: 2}
	c.routine("conv1", "computes one block of output channels.", []int{6, 4, 2, 1}, c.sum)
}

// conv generates one routine.
type conv struct {
	g       *generator
	isa     *isa
	vectors int // of a pixel of the output
	triple  bool

	a               reg.GPVirtual // the call
	x               *strides      // pixels of the input
	outPixel, pitch reg.GPVirtual
}

// acc is the accumulator of a pixel and vector.
func (c *conv) acc(pixel, vector int) reg.VecPhysical {
	return c.isa.regs[pixel*c.vectors+vector]
}

// others are the registers behind the accumulators of so many pixels.
func (c *conv) others(pixels int) []reg.VecPhysical { return c.isa.regs[pixels*c.vectors:] }

// blocks is the number of blocks of 16 channels.
func (c *conv) blocks() int { return c.vectors * c.isa.width / 64 }

// routine walks over rows and, in each, over tiles of as many pixels as are
// left, whose sums the function sum adds to the accumulators.
func (c *conv) routine(name, doc string, pixels []int, sum func(pixels int)) {
	g := c.g
	c.a = g.routine(name+c.isa.name, doc, &convCall)
	c.pitch = c.load("pitch")
	c.outPixel = c.load("outPixel")
	reach := pixels[0]
	if c.triple {
		reach += 2
	}
	c.x = g.newStrides(c.load("inPixel"), reach)

	g.MOVQ(c.load("in"), c.field("rowIn"))
	row := g.label("row")
	g.Label(row)
	g.MOVQ(c.load("rowIn"), c.field("tileIn"))
	g.MOVQ(c.load("rowOut"), c.field("tileOut"))
	g.MOVQ(c.load("cols"), c.field("left"))
	for _, n := range pixels {
		again, smaller := g.label("tile"), g.label("smaller")
		g.Label(again)
		g.CMPQ(c.field("left"), imm(n))
		g.JLT(operand.LabelRef(smaller))
		if n == 6 {
			// Eight pixels are better divided into fours than into six and two.
			g.CMPQ(c.field("left"), imm(8))
			g.JEQ(operand.LabelRef(smaller))
		}
		c.start(n)
		sum(n)
		c.store(n)
		g.SUBQ(imm(n), c.field("left"))
		g.JMP(operand.LabelRef(again))
		g.Label(smaller)
	}
	g.ADDQ(c.load("wRow"), c.field("rowW"))
	g.ADDQ(c.load("inRow"), c.field("rowIn"))
	g.ADDQ(c.load("outRow"), c.field("rowOut"))
	g.DECQ(c.field("rows"))
	g.JNE(operand.LabelRef(row))
	g.VZEROUPPER()
	g.RET()
}

func (c *conv) field(name string) operand.Mem { return arg(c.a, &convCall, name) }

func (c *conv) load(name string) reg.GPVirtual { return c.g.load(c.a, &convCall, name) }

// weights is a new register with the address of the row's weights.
func (c *conv) weights() reg.GPVirtual {
	w := c.load("w")
	c.g.ADDQ(c.field("rowW"), w)
	return w
}

// start sets the accumulators to zero or, with add, to what is in out.
func (c *conv) start(pixels int) {
	g := c.g
	zero, done := g.label("zero"), g.label("started")
	g.CMPQ(c.field("add"), imm(0))
	g.JEQ(operand.LabelRef(zero))
	c.eachPlace(pixels, func(m operand.Mem, acc reg.VecPhysical) { g.VMOVUPS(m, acc) })
	g.JMP(operand.LabelRef(done))
	g.Label(zero)
	g.zero(c.isa.regs[:pixels*c.vectors]...)
	g.Label(done)
}

// out is a new register with the address of a block's current pixel.
func (c *conv) out(block int) reg.GPVirtual {
	r := c.load(fmt.Sprintf("out%d", block))
	c.g.ADDQ(c.field("tileOut"), r)
	return r
}

// eachPlace calls f for each accumulator and its place in the output.
func (c *conv) eachPlace(pixels int, f func(m operand.Mem, acc reg.VecPhysical)) {
	perBlock := c.vectors / c.blocks()
	for b := range c.blocks() {
		out := c.out(b)
		for p := range pixels {
			for v := range perBlock {
				f(at(out, v*c.isa.width), c.acc(p, b*perBlock+v))
			}
			if p < pixels-1 {
				c.g.ADDQ(c.outPixel, out)
			}
		}
	}
}

// store writes the accumulators and moves on to the next tile.
func (c *conv) store(pixels int) {
	g := c.g
	c.eachPlace(pixels, func(m operand.Mem, acc reg.VecPhysical) { g.VMOVUPS(acc, m) })
	step := g.GP64()
	g.IMUL3Q(imm(pixels), c.outPixel, step)
	g.ADDQ(step, c.field("tileOut"))
	step = g.GP64()
	g.IMUL3Q(imm(pixels), c.x.pitch[0], step)
	g.ADDQ(step, c.field("tileIn"))
}

// eachTap loops over every step-th tap with x at its first pixel.
func (c *conv) eachTap(step, reach int, body func()) {
	g := c.g
	tap, left := c.load("taps"), c.load("ntaps")
	loop := g.label("tap")
	g.Label(loop)
	x := c.x.bases[0]
	g.MOVQ(at(tap, 0), x)
	g.SHLQ(imm(2), x)
	g.ADDQ(c.field("tileIn"), x)
	g.spread(c.x, reach)
	body()
	g.ADDQ(imm(8*step), tap)
	g.SUBQ(imm(step), left)
	g.JNE(operand.LabelRef(loop))
}

// eachIn loops over the input channels, moving x.
func (c *conv) eachIn(reach int, body func()) {
	g := c.g
	left := c.load("nin")
	loop := g.label("in")
	g.Label(loop)
	body()
	g.advance(c.x, reach, 4)
	g.DECQ(left)
	g.JNE(operand.LabelRef(loop))
}

// sum adds every tap: each weight vector is loaded once for all pixels, each
// number of the input is broadcast once for all blocks. (An FMA that broadcasts
// its operand would keep the load units busy for every block.)
func (c *conv) sum(pixels int) {
	g := c.g
	w := c.weights()
	weights, inputs := c.others(pixels)[:c.vectors], c.others(pixels)[c.vectors:]
	c.eachTap(1, pixels, func() {
		c.eachIn(pixels, func() {
			for v, r := range weights {
				g.VMOVUPS(at(w, v*c.isa.width), r)
			}
			g.ADDQ(c.pitch, w)
			for p := range pixels {
				x := inputs[p%len(inputs)]
				g.VBROADCASTSS(c.x.place(p), x)
				for v, r := range weights {
					g.VFMADD231PS(x, r, c.acc(p, v))
				}
			}
		})
	})
}

// sumTriple adds three neighbouring taps at a time: pixel p of the input is
// needed by output pixels p, p-1 and p-2.
func (c *conv) sumTriple(pixels int) {
	g := c.g
	w, tapPitch := c.weights(), c.load("nin")
	g.IMULQ(c.pitch, tapPitch)
	weights, inputs := zmm[24:27], zmm[27:32]
	c.eachTap(3, pixels+2, func() {
		c.eachIn(pixels+2, func() {
			g.VMOVUPS(at(w, 0), weights[0])
			g.VMOVUPS(operand.Mem{Base: w, Index: tapPitch, Scale: 1}, weights[1])
			g.VMOVUPS(operand.Mem{Base: w, Index: tapPitch, Scale: 2}, weights[2])
			g.ADDQ(c.pitch, w)
			for p := range pixels + 2 {
				v := inputs[p%len(inputs)]
				g.VBROADCASTSS(c.x.place(p), v)
				for t, weight := range weights {
					if o := p - t; o >= 0 && o < pixels {
						g.VFMADD231PS(v, weight, c.acc(o, 0))
					}
				}
			}
		})
		g.LEAQ(operand.Mem{Base: w, Index: tapPitch, Scale: 2}, w)
	})
}
