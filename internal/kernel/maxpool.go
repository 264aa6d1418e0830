package kernel

// MaxPool is the largest value at the taps of an image, channel by channel, a
// NaN if there is one: g.In channels, a multiple of Lane; output pixels are g's.
// What lies outside the image must be minus infinity.
func (k *Kernels) MaxPool(g *Conv, out, in []float32) {
	g.needInput(in)
	p := Plane{out, g.OutPixel, g.OutRow}
	p.need(g.Rows, g.Cols, g.In)
	k.maxPool(&depthwiseArgs{g, p, in, nil})
}

// MaxPoolGradAdd adds the gradient of [Kernels.MaxPool]'s input to din, which
// has in's shape: dy, of y, goes to the first tap with the value y. Outputs are
// dense images, whose pitches g has.
func (k *Kernels) MaxPoolGradAdd(g *Conv, din, in, y, dy []float32) {
	g.needInput(in)
	g.needInput(din)
	Plane{y, g.OutPixel, g.OutRow}.need(g.Rows, g.Cols, g.In)
	Plane{dy, g.OutPixel, g.OutRow}.need(g.Rows, g.Cols, g.In)
	maxPoolGradAdd(g, din, in, y, dy)
}

func maxPoolGeneric(a *depthwiseArgs) {
	for r := range a.Rows {
		for c := range a.Cols {
			in, out := a.in[r*a.InRow+c*a.InPixel:], a.out.Data[r*a.OutRow+c*a.OutPixel:]
			for o := 0; o < a.In; o += 4 {
				x := (*[4]float32)(in[a.Taps[0]+o:])
				p0, p1, p2, p3 := x[0], x[1], x[2], x[3]
				for _, t := range a.Taps[1:] {
					x := (*[4]float32)(in[t+o:])
					p0, p1, p2, p3 = max(p0, x[0]), max(p1, x[1]), max(p2, x[2]), max(p3, x[3])
				}
				*(*[4]float32)(out[o:]) = [4]float32{p0, p1, p2, p3}
			}
		}
	}
}

func maxPoolGradAdd(g *Conv, din, in, y, dy []float32) {
	for r := range g.Rows {
		for c := range g.Cols {
			first, at := r*g.InRow+c*g.InPixel, r*g.OutRow+c*g.OutPixel
			grads := dy[at:][:g.In]
			for i, v := range y[at:][:g.In] {
				for _, t := range g.Taps {
					if in[first+t+i] == v {
						din[first+t+i] += grads[i]
						break
					}
				}
			}
		}
	}
}
