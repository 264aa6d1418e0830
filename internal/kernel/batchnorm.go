package kernel

// Moments adds up a dense image's x-pivot and its square, channel by channel:
// sum[c] = sum over pixels of (x-pivot), squares[c] of (x-pivot)^2. A pivot
// near the mean (one pixel will do) keeps the variance free of cancellation.
func (k *Kernels) Moments(sum, squares, x, pivot []float32, pixels, ch int) {
	_, _, _, _ = sum[ch-1], squares[ch-1], pivot[ch-1], x[pixels*ch-1]
	k.moments(sum, squares, x, pivot, pixels, ch)
}

func momentsGeneric(sum, squares, x, pivot []float32, pixels, ch int) {
	clear(sum[:ch])
	clear(squares[:ch])
	for p := range pixels {
		for c, v := range x[p*ch:][:ch] {
			d := v - pivot[c]
			sum[c] += d
			squares[c] += d * d
		}
	}
}

// GradSums computes batch norm's two sums over a dense image's pixels: sum[c]
// of dy and dot[c] of dy*(z-mean).
func (k *Kernels) GradSums(sum, dot, dy, z, mean []float32, pixels, ch int) {
	_, _, _, _, _ = sum[ch-1], dot[ch-1], mean[ch-1], dy[pixels*ch-1], z[pixels*ch-1]
	k.gradSums(sum, dot, dy, z, mean, pixels, ch)
}

func gradSumsGeneric(sum, dot, dy, z, mean []float32, pixels, ch int) {
	clear(sum[:ch])
	clear(dot[:ch])
	for p := range pixels {
		zs := z[p*ch:][:ch]
		for c, g := range dy[p*ch:][:ch] {
			sum[c] += g
			dot[c] += g * (zs[c] - mean[c])
		}
	}
}

type normGradArgs struct {
	dst            Plane
	dy, z          []float32
	a, b, c        []float32
	rows, cols, ch int
}

// NormGrad stores batch norm's input gradient a*dy + b*z + c (a number each a
// channel, from the sums of [Kernels.GradSums]) of a dense image into dst.
func (k *Kernels) NormGrad(dst Plane, dy, z, a, b, c []float32, rows, cols, ch int) {
	n := rows * cols * ch
	_, _, _, _, _ = dy[n-1], z[n-1], a[ch-1], b[ch-1], c[ch-1]
	dst.need(rows, cols, ch)
	k.normGrad(&normGradArgs{dst, dy, z, a, b, c, rows, cols, ch})
}

func normGradGeneric(g *normGradArgs) {
	a, b, shift := g.a[:g.ch], g.b[:g.ch], g.c[:g.ch]
	for r := range g.rows {
		for c := range g.cols {
			at := (r*g.cols + c) * g.ch
			out := g.dst.Data[r*g.dst.Row+c*g.dst.Pixel:][:g.ch]
			dy, z := g.dy[at:][:g.ch], g.z[at:][:g.ch]
			for i := range out {
				out[i] = a[i]*dy[i] + b[i]*z[i] + shift[i]
			}
		}
	}
}

type maskedSumArgs struct {
	dst, g, y []float32
	terms     [][]float32
}

// MaskedSum computes dst = (y > 0 ? g : 0) + sum of terms over dense images of
// n numbers (a multiple of Lane): the gradient of a node whose value y goes
// through a ReLU to convolutions, and unchanged elsewhere. A nil g is zero. dst
// may be one of the operands.
func (k *Kernels) MaskedSum(dst, g, y []float32, terms [][]float32, n int) {
	a := maskedSumArgs{dst: dst[:n], terms: terms}
	if g != nil {
		a.g, a.y = g[:n], y[:n]
	}
	for _, t := range terms {
		_ = t[n-1]
	}
	k.maskedSum(&a)
}

func maskedSumGeneric(a *maskedSumArgs) {
	terms := a.terms
	var x, y []float32
	switch len(terms) {
	case 1:
		x, terms = terms[0][:len(a.dst)], nil
	case 2:
		x, y, terms = terms[0][:len(a.dst)], terms[1][:len(a.dst)], nil
	}
	for i := range a.dst {
		var sum float32
		if a.g != nil && a.y[i] > 0 {
			sum = a.g[i]
		}
		if x != nil {
			sum += x[i]
		}
		if y != nil {
			sum += y[i]
		}
		for _, t := range terms {
			sum += t[i]
		}
		a.dst[i] = sum
	}
}
