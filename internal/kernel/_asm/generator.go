package main

import (
	"fmt"
	"math"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// generator adds to an avo context what the routines have in common.
type generator struct {
	*build.Context
	labels    int
	constants map[constant]operand.Mem // vectors in memory
	typed     []string                 // signatures to replace, and by what
}

// routine begins func name(a *args) and returns the register that holds a.
func (g *generator) routine(name, doc string, args *call) reg.GPVirtual {
	g.Function(name)
	g.Attributes(attr.NOSPLIT)
	g.Pragma("noescape")
	// avo can't know the package's types; main puts the name in.
	g.SignatureExpr("func(a *byte)")
	g.typed = append(g.typed, name+"(a *byte)", name+"(a *"+args.name+")")
	g.Doc(name + " " + doc)
	a := g.GP64()
	g.Load(g.Param("a"), a)
	return a
}

// label returns a new label that begins with name.
func (g *generator) label(name string) string {
	g.labels++
	return fmt.Sprintf("%s%d", name, g.labels)
}

// at is the memory at a base register and a displacement.
func at(base reg.Register, disp int) operand.Mem { return operand.Mem{Base: base, Disp: disp} }

// arg is a field of the call at base.
func arg(base reg.Register, c *call, name string) operand.Mem { return at(base, c.offset(name)) }

// load loads a field of the call into a new register.
func (g *generator) load(base reg.Register, c *call, name string) reg.GPVirtual {
	r := g.GP64()
	g.MOVQ(arg(base, c, name), r)
	return r
}

// strides addresses things at multiples of a pitch without arithmetic.
type strides struct {
	bases []reg.GPVirtual // at pitches 0, 8, 16
	pitch [4]reg.GPVirtual
}

// newStrides computes 1, 3, 5 and 7 times the pitch, and allots the bases for n
// places.
func (g *generator) newStrides(pitch reg.GPVirtual, n int) *strides {
	s := &strides{}
	s.pitch[0] = pitch
	if n > 3 {
		s.pitch[1] = g.GP64()
		g.LEAQ(operand.Mem{Base: pitch, Index: pitch, Scale: 2}, s.pitch[1])
	}
	if n > 5 {
		s.pitch[2] = g.GP64()
		g.LEAQ(operand.Mem{Base: pitch, Index: pitch, Scale: 4}, s.pitch[2])
	}
	if n > 7 {
		s.pitch[3] = g.GP64()
		g.LEAQ(operand.Mem{Base: s.pitch[1], Index: pitch, Scale: 4}, s.pitch[3])
	}
	for i := 0; i < n; i += 8 {
		s.bases = append(s.bases, g.GP64())
	}
	return s
}

// spread sets the further bases from the first.
func (g *generator) spread(s *strides, n int) {
	for i := 1; 8*i < n; i++ {
		g.LEAQ(operand.Mem{Base: s.bases[i-1], Index: s.pitch[0], Scale: 8}, s.bases[i])
	}
}

// advance moves the bases for n places by so many bytes.
func (g *generator) advance(s *strides, n, bytes int) {
	for i := 0; 8*i < n; i++ {
		g.ADDQ(imm(bytes), s.bases[i])
	}
}

// place is the memory at i pitches.
func (s *strides) place(i int) operand.Mem {
	m := operand.Mem{Base: s.bases[i/8]}
	switch k := i % 8; k {
	case 0:
	case 1, 2, 4:
		m.Index, m.Scale = s.pitch[0], uint8(k)
	case 3, 6:
		m.Index, m.Scale = s.pitch[1], uint8(k/3)
	case 5, 7:
		m.Index, m.Scale = s.pitch[k/2], 1
	}
	return m
}

// variants generates n bodies, of which the field picks one; each returns.
func (g *generator) variants(field operand.Mem, n int, body func(i int)) {
	labels := make([]string, n)
	for i := range n {
		labels[i] = g.label("variant")
		g.CMPQ(field, imm(i))
		g.JEQ(operand.LabelRef(labels[i]))
	}
	g.RET()
	for i := range n {
		g.Label(labels[i])
		body(i)
	}
}

// imm is an operand of the least width that every instruction takes.
func imm(n int) operand.Op {
	if n < 128 {
		return operand.I8(n)
	}
	return operand.I32(n)
}

// constant is a vector of equal numbers.
type constant struct {
	bits  uint32
	width int
}

// vector is a vector in memory of equal numbers.
func (g *generator) vector(v float64, width int) operand.Mem {
	bits := math.Float32bits(float32(v))
	key := constant{bits, width}
	m, ok := g.constants[key]
	if !ok {
		m = g.StaticGlobal(g.label("vector"))
		g.DataAttributes(attr.RODATA | attr.NOPTR)
		for i := 0; i < width; i += 4 {
			g.AddDatum(i, operand.U32(bits))
		}
		if g.constants == nil {
			g.constants = map[constant]operand.Mem{}
		}
		g.constants[key] = m
	}
	return m
}
