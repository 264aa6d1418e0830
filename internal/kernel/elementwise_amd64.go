//go:build amd64 && !purego

package kernel

import (
	"math"
	"unsafe"
)

// The assembly goes through images by groups of channels, which it counts in
// vectors of its own width.
func (k *Kernels) vectors(ch int) int {
	if k.isa == AVX512 {
		return ch / 16
	}
	return ch / 8
}

// maxTerms and maxMasked are the most summands of one routine.
const (
	maxTerms  = 4
	maxMasked = 3
)

func (k *Kernels) affineSum(a *affineArgs) {
	rest := a.terms
	if k.isa == Generic || len(rest) == 0 || aliased(a.dst, rest, maxTerms) {
		affineSumGeneric(a)
		return
	}
	c := newAffineCall(k, a.rows, a.cols, a.ch)
	c.dst = pointerTo(a.dst)
	if a.shift != nil {
		c.shift = pointerTo(a.shift)
	}
	for first := true; first || len(rest) > 0; first = false {
		terms := [maxTerms]Term{}
		n := 0
		if !first {
			terms[0].X, c.shift = a.dst, nil
			n = 1
		}
		taken := copy(terms[n:], rest)
		rest, n = rest[taken:], n+taken
		for i, t := range terms[:n] {
			c = c.withTerm(i, t)
		}
		call := c
		call.variant = 2 * (n - 1)
		if len(rest) == 0 && a.relu.Data != nil {
			call.variant++
			call = call.withPlane(a.relu, a.rows, a.cols)
		}
		k.affineRoutine(&call)
	}
}

// aliased tells whether a term from number first on is dst itself, which the
// sum of the terms before would overwrite.
func aliased(dst []float32, terms []Term, first int) bool {
	for i := first; i < len(terms); i++ {
		if &terms[i].X[0] == &dst[0] {
			return true
		}
	}
	return false
}

// newAffineCall describes dense images, as one row of pixels.
func newAffineCall(k *Kernels, rows, cols, ch int) affineCall {
	return affineCall{one: int(math.Float32bits(1)), pixel: ch * wordSize, vectors: k.vectors(ch), rows: 1, cols: rows * cols}
}

// withTerm is the call with a summand. (Methods that changed it in place would
// make the compiler believe that the caller's slices outlive the call.)
func (c affineCall) withTerm(i int, t Term) affineCall {
	var scale unsafe.Pointer
	if t.Scale != nil {
		scale = pointerTo(t.Scale)
	}
	switch i {
	case 0:
		c.x0, c.scale0 = pointerTo(t.X), scale
	case 1:
		c.x1, c.scale1 = pointerTo(t.X), scale
	case 2:
		c.x2, c.scale2 = pointerTo(t.X), scale
	case 3:
		c.x3, c.scale3 = pointerTo(t.X), scale
	}
	return c
}

// withPlane is the call with a view.
func (c affineCall) withPlane(p Plane, rows, cols int) affineCall {
	c.plane = pointerTo(p.Data)
	c.planePixel = p.Pixel * wordSize
	c.planeSkip = (p.Row - cols*p.Pixel) * wordSize
	c.rows, c.cols = rows, cols
	return c
}

func (k *Kernels) affineRoutine(c *affineCall) {
	if k.isa == AVX512 {
		affineSumAVX512(c)
	} else {
		affineSumAVX2(c)
	}
}

func (k *Kernels) reluCopy(dst Plane, src []float32, rows, cols, ch int) {
	c := newAffineCall(k, rows, cols, ch)
	c.x0 = pointerTo(src)
	c = c.withPlane(dst, rows, cols)
	switch k.isa {
	case AVX512:
		reluCopyAVX512(&c)
	case AVX2:
		reluCopyAVX2(&c)
	default:
		reluCopyGeneric(dst, src, rows, cols, ch)
	}
}

func (k *Kernels) moments(sum, squares, x, pivot []float32, pixels, ch int) {
	c := sumsCall{
		first: pointerTo(sum), second: pointerTo(squares), x: pointerTo(x), center: pointerTo(pivot),
		pixels: pixels, pixel: ch * wordSize, vectors: k.vectors(ch),
	}
	switch k.isa {
	case AVX512:
		momentsAVX512(&c)
	case AVX2:
		momentsAVX2(&c)
	default:
		momentsGeneric(sum, squares, x, pivot, pixels, ch)
	}
}

func (k *Kernels) gradSums(sum, dot, dy, z, mean []float32, pixels, ch int) {
	c := sumsCall{
		first: pointerTo(sum), second: pointerTo(dot), x: pointerTo(z), dy: pointerTo(dy), center: pointerTo(mean),
		pixels: pixels, pixel: ch * wordSize, vectors: k.vectors(ch),
	}
	switch k.isa {
	case AVX512:
		gradSumsAVX512(&c)
	case AVX2:
		gradSumsAVX2(&c)
	default:
		gradSumsGeneric(sum, dot, dy, z, mean, pixels, ch)
	}
}

func (k *Kernels) normGrad(a *normGradArgs) {
	c := newAffineCall(k, a.rows, a.cols, a.ch)
	c = c.withTerm(0, Term{a.dy, a.a}).withTerm(1, Term{a.z, a.b})
	c.shift = pointerTo(a.c)
	c = c.withPlane(a.dst, a.rows, a.cols)
	switch k.isa {
	case AVX512:
		normGradAVX512(&c)
	case AVX2:
		normGradAVX2(&c)
	default:
		normGradGeneric(a)
	}
}

func (k *Kernels) maskedSum(a *maskedSumArgs) {
	overwritten := false
	for i := maxMasked; i < len(a.terms); i++ {
		overwritten = overwritten || &a.terms[i][0] == &a.dst[0]
	}
	if k.isa == Generic || overwritten {
		maskedSumGeneric(a)
		return
	}
	c := maskedSumCall{dst: pointerTo(a.dst), bytes: len(a.dst) * wordSize}
	masked := 0
	if a.g != nil {
		c.g, c.y, masked = pointerTo(a.g), pointerTo(a.y), 1
	}
	rest := a.terms
	for first := true; first || len(rest) > 0; first = false {
		terms := [maxMasked][]float32{}
		n := 0
		if !first {
			terms[0], masked = a.dst, 0
			n = 1
		}
		taken := copy(terms[n:], rest)
		rest, n = rest[taken:], n+taken
		c.x0, c.x1, c.x2 = pointerTo(terms[0]), pointerTo(terms[1]), pointerTo(terms[2])
		c.variant = 2*n + masked
		k.maskedRoutine(&c)
	}
}

func (k *Kernels) maskedRoutine(c *maskedSumCall) {
	if k.isa == AVX512 {
		maskedSumAVX512(c)
	} else {
		maskedSumAVX2(c)
	}
}

func (k *Kernels) positiveMean(a *positiveMeanArgs) {
	c := newAffineCall(k, 1, a.pixels, a.ch).withTerm(0, Term{a.x, a.scale})
	c.dst, c.shift, c.share = pointerTo(a.dst), pointerTo(a.shift), floatBits(a.share())
	switch k.isa {
	case AVX512:
		positiveMeanAVX512(&c)
	case AVX2:
		positiveMeanAVX2(&c)
	default:
		positiveMeanGeneric(a)
	}
}

func (k *Kernels) positiveMeanGrad(a *positiveMeanArgs) {
	c := newAffineCall(k, 1, a.pixels, a.ch).withTerm(0, Term{a.x, a.scale}).withTerm(1, Term{X: a.g})
	c.dst, c.shift, c.share = pointerTo(a.dst), pointerTo(a.shift), floatBits(a.share())
	switch k.isa {
	case AVX512:
		positiveMeanGradAVX512(&c)
	case AVX2:
		positiveMeanGradAVX2(&c)
	default:
		positiveMeanGradGeneric(a)
	}
}
