package kernel

// weightGradArgs is what a primitive gets.
type weightGradArgs struct {
	*Conv
	dw  []float32 // [tap][In][out]
	in  []float32
	dz  Plane
	out int // output channels
}

// WeightGrad adds one image's gradient of the weights of the convolution g:
//
//	dw[t][i][o] += sum over pixels of in[pixel + Taps[t] + i] * dz[pixel][o]
//
// for out output channels (a multiple of Lane); dw is packed as w is in
// [Kernels.Conv]. g's output pitches are not used.
func (k *Kernels) WeightGrad(g *Conv, dw, in []float32, dz Plane, out int) {
	last := 0
	for _, t := range g.Taps {
		last = max(last, t)
	}
	Plane{in[last:], g.InPixel, g.InRow}.need(g.Rows, g.Cols, g.In)
	dz.need(g.Rows, g.Cols, out)
	_ = dw[len(g.Taps)*g.In*out-1]
	k.weightGrad(&weightGradArgs{g, dw, in, dz, out})
}

func weightGradGeneric(a *weightGradArgs) {
	for t, tap := range a.Taps {
		for i := 0; i < a.In; i += 2 {
			if i+1 == a.In {
				weightGradRow(a, a.dw[(t*a.In+i)*a.out:], a.in[tap+i:])
				break
			}
			weightGradPair(a, a.dw[(t*a.In+i)*a.out:], a.in[tap+i:])
		}
	}
}

// weightGradPair sums two input channels and four output channels in registers.
func weightGradPair(a *weightGradArgs, dw, in []float32) {
	for o := 0; o < a.out; o += 4 {
		first := (*[4]float32)(dw[o:])
		second := (*[4]float32)(dw[a.out+o:])
		p0, p1, p2, p3 := first[0], first[1], first[2], first[3]
		q0, q1, q2, q3 := second[0], second[1], second[2], second[3]
		for r := range a.Rows {
			x, z := in[r*a.InRow:], a.dz.Data[r*a.dz.Row+o:]
			xi, zi := 0, 0
			for range a.Cols {
				xx := (*[2]float32)(x[xi:])
				zz := (*[4]float32)(z[zi:])
				u, v := xx[0], xx[1]
				p0 += u * zz[0]
				p1 += u * zz[1]
				p2 += u * zz[2]
				p3 += u * zz[3]
				q0 += v * zz[0]
				q1 += v * zz[1]
				q2 += v * zz[2]
				q3 += v * zz[3]
				xi += a.InPixel
				zi += a.dz.Pixel
			}
		}
		first[0], first[1], first[2], first[3] = p0, p1, p2, p3
		second[0], second[1], second[2], second[3] = q0, q1, q2, q3
	}
}

func weightGradRow(a *weightGradArgs, dw, in []float32) {
	for r := range a.Rows {
		for c := range a.Cols {
			u := in[r*a.InRow+c*a.InPixel]
			z := a.dz.Data[r*a.dz.Row+c*a.dz.Pixel:][:a.out]
			for o, v := range z {
				dw[o] += u * v
			}
		}
	}
}
