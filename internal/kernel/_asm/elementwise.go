package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// image generates routines that go through dense images of the same shape, a
// few channel vectors at a time: the numbers that belong to these channels stay
// in registers over all pixels.
type image struct {
	g    *generator
	isa  *isa
	call *call
	a    reg.GPVirtual

	dense map[string]reg.GPVirtual // addresses of the images
	off   reg.GPVirtual            // of the current pixel in them
	pixel reg.GPVirtual            // bytes of a pixel
}

// newImage begins a routine; the call has the fields of imageFields.
func newImage(g *generator, s *isa, name, doc string, c *call, dense ...string) *image {
	m := &image{g: g, isa: s, call: c, a: g.routine(name+s.name, doc, c), dense: map[string]reg.GPVirtual{}}
	for _, d := range dense {
		m.dense[d] = m.load(d)
	}
	m.off, m.pixel = g.GP64(), m.load("pixel")
	return m
}

// imageFields are the fields of a call that goes through images by groups of
// channels.
var imageFields = []field{
	{"pixel", "int", "bytes of a pixel of the dense images"},
	{"group", "int", "offset of the first channel: 0"},
	{"vectors", "int", "vectors in a pixel, changed by the routine"},
}

func (m *image) field(name string) operand.Mem { return arg(m.a, m.call, name) }

func (m *image) load(name string) reg.GPVirtual { return m.g.load(m.a, m.call, name) }

// at is vector v of the current pixel of a dense image.
func (m *image) at(name string, v int) operand.Mem {
	return operand.Mem{Base: m.dense[name], Index: m.off, Scale: 1, Disp: v * m.isa.width}
}

// perChannel loads the numbers of the group's channels; a field that is nil
// stands for zeros, or for ones.
func (m *image) perChannel(name string, regs []reg.VecPhysical, orOnes bool) {
	g := m.g
	p := m.load(name)
	null, loaded := g.label("none"), g.label("loaded")
	g.TESTQ(p, p)
	g.JEQ(operand.LabelRef(null))
	g.ADDQ(m.field("group"), p)
	for v, r := range regs {
		g.VMOVUPS(at(p, v*m.isa.width), r)
	}
	g.JMP(operand.LabelRef(loaded))
	g.Label(null)
	for _, r := range regs {
		if orOnes {
			g.VBROADCASTSS(m.field("one"), r)
		} else {
			g.zero(r)
		}
	}
	g.Label(loaded)
}

// storeChannels stores the numbers of the group's channels.
func (m *image) storeChannels(name string, regs []reg.VecPhysical) {
	p := m.load(name)
	m.g.ADDQ(m.field("group"), p)
	for v, r := range regs {
		m.g.VMOVUPS(r, at(p, v*m.isa.width))
	}
}

// eachGroup calls body for each size of a group of vectors, in a loop over the
// groups of that size.
func (m *image) eachGroup(body func(n int)) {
	g := m.g
	for _, n := range m.isa.groups {
		again, smaller := g.label("group"), g.label("smaller")
		g.Label(again)
		g.CMPQ(m.field("vectors"), imm(n))
		g.JLT(operand.LabelRef(smaller))
		body(n)
		g.ADDQ(imm(n*m.isa.width), m.field("group"))
		g.SUBQ(imm(n), m.field("vectors"))
		g.JMP(operand.LabelRef(again))
		g.Label(smaller)
	}
	g.VZEROUPPER()
	g.RET()
}

// planeFields are the fields of a call that also writes a view with pitches.
var planeFields = append([]field{
	{"plane", pointer, "a view with pitches of its own"},
	{"planePixel", "int", "bytes from one of its pixels to the next"},
	{"planeSkip", "int", "bytes from behind the last pixel of a row to the next row"},
	{"rows", "int", "pixels"},
	{"cols", "int", ""},
	{"row", "int", "rows that are left"},
}, imageFields...)

// eachPixel loops over the pixels of all rows; body gets the current pixel of
// the view, if the routine has one.
func (m *image) eachPixel(withPlane bool, body func(plane reg.GPVirtual)) {
	g := m.g
	var plane, planePixel reg.GPVirtual
	if withPlane {
		plane, planePixel = m.load("plane"), m.load("planePixel")
		g.ADDQ(m.field("group"), plane)
	}
	g.MOVQ(m.field("group"), m.off)
	g.MOVQ(m.load("rows"), m.field("row"))
	row, pixel := g.label("row"), g.label("pixel")
	g.Label(row)
	left := m.load("cols")
	g.Label(pixel)
	body(plane)
	g.ADDQ(m.pixel, m.off)
	if withPlane {
		g.ADDQ(planePixel, plane)
	}
	g.DECQ(left)
	g.JNE(operand.LabelRef(pixel))
	if withPlane {
		g.ADDQ(m.field("planeSkip"), plane)
	}
	g.DECQ(m.field("row"))
	g.JNE(operand.LabelRef(row))
}
