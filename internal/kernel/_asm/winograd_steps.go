package main

import "github.com/mmcloughlin/avo/reg"

// What follows computes one dimension of the transforms in registers.

// times returns x times a constant.
func (t *transform) times(x reg.VecPhysical, constant float64) reg.VecPhysical {
	r := t.take()
	t.g.VMULPS(t.constants[constant], x, r)
	return r
}

// minus returns y - x*constant, by a multiplication and a subtraction, which
// keep two pairs of units busy and need no copy, as an FMA would.
func (t *transform) minus(y, x reg.VecPhysical, constant float64) reg.VecPhysical {
	r := t.times(x, constant)
	t.g.VSUBPS(r, y, r)
	return r
}

// plus returns y + x*constant in the same way.
func (t *transform) plus(y, x reg.VecPhysical, constant float64) reg.VecPhysical {
	r := t.times(x, constant)
	t.g.VADDPS(r, y, r)
	return r
}

// plusMinus returns even + x*constant and even - x*constant, and consumes even
// and x.
func (t *transform) plusMinus(even, x reg.VecPhysical, constant float64) (plus, minus reg.VecPhysical) {
	t.g.VMULPS(t.constants[constant], x, x)
	plus = t.take()
	t.g.VADDPS(x, even, plus)
	t.g.VSUBPS(x, even, even)
	t.give(x)
	return plus, even
}

// output is A^T m; it consumes m.
func (t *transform) output(m []reg.VecPhysical) []reg.VecPhysical {
	g := t.g
	sumA, sumB := t.take(), t.take()
	g.VADDPS(m[2], m[1], sumA)
	g.VSUBPS(m[2], m[1], m[1])
	g.VADDPS(m[4], m[3], sumB)
	g.VSUBPS(m[4], m[3], m[3])
	g.VMULPS(t.constants[pointA], m[1], m[1])
	g.VMULPS(t.constants[pointB], m[3], m[3])
	y0, y1, y2, y3 := m[0], m[2], sumB, m[5]
	g.VADDPS(m[3], m[1], y1)
	t.fma(y3, m[1], squareA)
	t.fma(y3, m[3], squareB)
	g.VADDPS(sumB, sumA, m[4])
	g.VADDPS(m[4], y0, y0)
	g.VMULPS(t.constants[squareB], sumB, y2)
	t.fma(y2, sumA, squareA)
	t.give(m[1], m[3], m[4], sumA)
	return []reg.VecPhysical{y0, y1, y2, y3}
}

// grad is A y; it consumes y.
func (t *transform) grad(y []reg.VecPhysical) []reg.VecPhysical {
	w1, w2 := t.plusMinus(t.plus(y[0], y[2], squareA), t.plus(y[1], y[3], squareA), pointA)
	even, odd := t.plus(y[0], y[2], squareB), t.plus(y[1], y[3], squareB)
	t.give(y[1], y[2])
	w3, w4 := t.plusMinus(even, odd, pointB)
	return []reg.VecPhysical{y[0], w1, w2, w3, w4, y[3]}
}

// weight is G w; it consumes w.
func (t *transform) weight(w []reg.VecPhysical) []reg.VecPhysical {
	g := t.g
	half := func(scale, scale1, scale2 float64) (plus, minus reg.VecPhysical) {
		even, odd := t.take(), t.take()
		g.VMULPS(t.constants[scale], w[0], even)
		t.fma(even, w[2], scale2)
		g.VMULPS(t.constants[scale1], w[1], odd)
		plus = t.take()
		g.VADDPS(odd, even, plus)
		g.VSUBPS(odd, even, even)
		t.give(odd)
		return plus, even
	}
	u1, u2 := half(weightA, weightA1, weightA2)
	u3, u4 := half(weightB, weightB1, weightB2)
	g.VMULPS(t.constants[weight0], w[0], w[0])
	t.give(w[1])
	return []reg.VecPhysical{w[0], u1, u2, u3, u4, w[2]}
}

// weightGrad is G^T u; it consumes u.
func (t *transform) weightGrad(u []reg.VecPhysical) []reg.VecPhysical {
	g := t.g
	sum := t.take()
	g.VADDPS(u[2], u[1], sum) // sumA
	g.VSUBPS(u[2], u[1], u[1])
	g.VADDPS(u[4], u[3], u[2]) // sumB
	g.VSUBPS(u[4], u[3], u[3])
	g.VMULPS(t.constants[weight0], u[0], u[0])
	t.fma(u[0], sum, weightA)
	t.fma(u[0], u[2], weightB)
	g.VMULPS(t.constants[weightA1], u[1], u[1])
	t.fma(u[1], u[3], weightB1)
	t.fma(u[5], sum, weightA2)
	t.fma(u[5], u[2], weightB2)
	t.give(sum, u[2], u[3], u[4])
	return []reg.VecPhysical{u[0], u[1], u[5]}
}
