package kernel

// Conv is the geometry of a convolution of one image: output pixel (r, c) sums
// over taps t and input channels i
//
//	In[r*InRow + c*InPixel + Taps[t] + i] * w[t][i][o]
//
// A stride is a matter of the pitches, a kernel size of the taps, so that the
// same primitive computes 3x3 and 1x1 convolutions, strided ones and their
// input gradients.
type Conv struct {
	Rows, Cols     int   // output pixels
	In             int   // input channels that are read
	InPixel, InRow int   // input pitch from one output pixel or row to the next
	Taps           []int // offset of each tap
	OutPixel       int   // output pitches
	OutRow         int
}

// convArgs is what a primitive gets.
type convArgs struct {
	*Conv
	in, w []float32
	out   [][]float32
	pitch int  // of w, from one input channel to the next
	wRow  int  // of w, from one row of the output to the next
	add   bool // to what is in out
}

// Conv computes the convolution of one image. out has one slice for every Lane
// output channels, each beginning at that block's first pixel; w is
// [len(Taps)][In][len(out)*Lane]. With add, the result is added to out.
func (k *Kernels) Conv(g *Conv, out [][]float32, in, w []float32, add bool) {
	pitch := len(out) * Lane
	last := 0
	for _, t := range g.Taps {
		last = max(last, t)
	}
	Plane{in[last:], g.InPixel, g.InRow}.need(g.Rows, g.Cols, g.In)
	_ = w[len(g.Taps)*g.In*pitch-1]
	for _, o := range out {
		Plane{o, g.OutPixel, g.OutRow}.need(g.Rows, g.Cols, Lane)
	}
	k.conv(&convArgs{Conv: g, in: in, w: w, out: out, pitch: pitch, add: add})
}

// groupSize divides blocks into threes, whose tiles of eight pixels fill the
// registers best, and twos.
func groupSize(left int) int {
	switch left {
	case 1, 2, 3:
		return left
	case 4:
		return 2
	default:
		return 3
	}
}

func convGeneric(a *convArgs) {
	for b, out := range a.out {
		for o := 0; o < Lane; o += 4 {
			for r := range a.Rows {
				w := a.w[r*a.wRow+b*Lane+o:]
				in, row := a.in[r*a.InRow:], out[r*a.OutRow+o:]
				c := 0
				for ; c+2 <= a.Cols; c += 2 {
					convTile(a, row[c*a.OutPixel:], in[c*a.InPixel:], w)
				}
				if c < a.Cols {
					convPixel(a, row[c*a.OutPixel:], in[c*a.InPixel:], w)
				}
			}
		}
	}
}

// convTile computes two pixels of four channels in registers.
func convTile(a *convArgs, out, in, w []float32) {
	var p0, p1, p2, p3, q0, q1, q2, q3 float32
	second := (*[4]float32)(out[a.OutPixel:])
	first := (*[4]float32)(out)
	if a.add {
		p0, p1, p2, p3 = first[0], first[1], first[2], first[3]
		q0, q1, q2, q3 = second[0], second[1], second[2], second[3]
	}
	n, pitch, at := a.In, a.pitch, 0
	for _, t := range a.Taps {
		x := in[t:][:n]
		y := in[t+a.InPixel:][:n]
		for i, u := range x {
			v := y[i]
			ww := (*[4]float32)(w[at:])
			p0 += u * ww[0]
			p1 += u * ww[1]
			p2 += u * ww[2]
			p3 += u * ww[3]
			q0 += v * ww[0]
			q1 += v * ww[1]
			q2 += v * ww[2]
			q3 += v * ww[3]
			at += pitch
		}
	}
	first[0], first[1], first[2], first[3] = p0, p1, p2, p3
	second[0], second[1], second[2], second[3] = q0, q1, q2, q3
}

func convPixel(a *convArgs, out, in, w []float32) {
	var p [4]float32
	dst := (*[4]float32)(out)
	if a.add {
		p = *dst
	}
	at := 0
	for _, t := range a.Taps {
		for _, u := range in[t:][:a.In] {
			ww := (*[4]float32)(w[at:])
			for k := range p {
				p[k] += u * ww[k]
			}
			at += a.pitch
		}
	}
	*dst = p
}
