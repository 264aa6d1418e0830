package kernel

// depthwiseArgs is what a primitive gets.
type depthwiseArgs struct {
	*Conv
	out   Plane
	in, w []float32
}

// Depthwise convolves each channel of an image by itself, as PyTorch's Conv2d
// with as many groups as channels: g.In channels, a multiple of Lane, w packed
// as [len(g.Taps)][g.In] ([PackDepthwise]). Output pixels are g's.
func (k *Kernels) Depthwise(g *Conv, out, in, w []float32) {
	g.needInput(in)
	p := Plane{out, g.OutPixel, g.OutRow}
	p.need(g.Rows, g.Cols, g.In)
	_ = w[len(g.Taps)*g.In-1]
	k.depthwise(&depthwiseArgs{g, p, in, w})
}

// DepthwiseWeightGrad adds one image's gradient of the weights of
// [Kernels.Depthwise] to dw: for each tap and channel the sum over pixels of
// the input at the tap times dz. g's output pitches are not used.
func (k *Kernels) DepthwiseWeightGrad(g *Conv, dw, in []float32, dz Plane) {
	g.needInput(in)
	dz.need(g.Rows, g.Cols, g.In)
	_ = dw[len(g.Taps)*g.In-1]
	k.depthwiseWeightGrad(&depthwiseArgs{g, dz, in, dw})
}

// needInput panics unless in holds what all taps read.
func (g *Conv) needInput(in []float32) {
	last := 0
	for _, t := range g.Taps {
		last = max(last, t)
	}
	Plane{in[last:], g.InPixel, g.InRow}.need(g.Rows, g.Cols, g.In)
}

// PackDepthwise packs PyTorch's weights w [channels][1][taps] into
// packed[tap][pitch].
func PackDepthwise(packed, w []float32, channels, taps, pitch int) {
	for c := range channels {
		for t, v := range w[c*taps:][:taps] {
			packed[t*pitch+c] = v
		}
	}
}

// UnpackDepthwise is the inverse of [PackDepthwise].
func UnpackDepthwise(w, packed []float32, channels, taps, pitch int) {
	for c := range channels {
		for t := range taps {
			w[c*taps+t] = packed[t*pitch+c]
		}
	}
}

func depthwiseGeneric(a *depthwiseArgs) {
	for o := 0; o < a.In; o += 4 {
		for r := range a.Rows {
			in, out := a.in[r*a.InRow+o:], a.out.Data[r*a.OutRow+o:]
			c := 0
			for ; c+2 <= a.Cols; c += 2 {
				depthwisePair(a, out[c*a.OutPixel:], in[c*a.InPixel:], a.w[o:])
			}
			if c < a.Cols {
				depthwisePixel(a, out[c*a.OutPixel:], in[c*a.InPixel:], a.w[o:])
			}
		}
	}
}

// depthwisePair computes two pixels of four channels in registers.
func depthwisePair(a *depthwiseArgs, out, in, w []float32) {
	var p0, p1, p2, p3, q0, q1, q2, q3 float32
	at := 0
	for _, t := range a.Taps {
		x, y := (*[4]float32)(in[t:]), (*[4]float32)(in[t+a.InPixel:])
		ww := (*[4]float32)(w[at:])
		p0 += x[0] * ww[0]
		p1 += x[1] * ww[1]
		p2 += x[2] * ww[2]
		p3 += x[3] * ww[3]
		q0 += y[0] * ww[0]
		q1 += y[1] * ww[1]
		q2 += y[2] * ww[2]
		q3 += y[3] * ww[3]
		at += a.In
	}
	first, second := (*[4]float32)(out), (*[4]float32)(out[a.OutPixel:])
	first[0], first[1], first[2], first[3] = p0, p1, p2, p3
	second[0], second[1], second[2], second[3] = q0, q1, q2, q3
}

func depthwisePixel(a *depthwiseArgs, out, in, w []float32) {
	var p [4]float32
	at := 0
	for _, t := range a.Taps {
		x, ww := (*[4]float32)(in[t:]), (*[4]float32)(w[at:])
		for i := range p {
			p[i] += x[i] * ww[i]
		}
		at += a.In
	}
	*(*[4]float32)(out) = p
}

func depthwiseWeightGradGeneric(a *depthwiseArgs) {
	for t, tap := range a.Taps {
		for o := 0; o < a.In; o += 4 {
			dw := (*[4]float32)(a.w[t*a.In+o:])
			p0, p1, p2, p3 := dw[0], dw[1], dw[2], dw[3]
			for r := range a.Rows {
				x, z := a.in[r*a.InRow+tap+o:], a.out.Data[r*a.out.Row+o:]
				xi, zi := 0, 0
				for range a.Cols {
					xx, zz := (*[4]float32)(x[xi:]), (*[4]float32)(z[zi:])
					p0 += xx[0] * zz[0]
					p1 += xx[1] * zz[1]
					p2 += xx[2] * zz[2]
					p3 += xx[3] * zz[3]
					xi += a.InPixel
					zi += a.out.Pixel
				}
			}
			dw[0], dw[1], dw[2], dw[3] = p0, p1, p2, p3
		}
	}
}
