package kernel

// PositiveMean is each channel's average over a dense image's pixels of
// max(scale*x + shift, 0): batch norm, ReLU and the global average.
func (k *Kernels) PositiveMean(dst, x, scale, shift []float32, pixels, ch int) {
	_, _, _, _ = dst[ch-1], x[pixels*ch-1], scale[ch-1], shift[ch-1]
	k.positiveMean(&positiveMeanArgs{dst, nil, x, scale, shift, pixels, ch})
}

// PositiveMeanGrad is the gradient of [Kernels.PositiveMean] for what is
// averaged: from g, that of the averages, to dst, that of scale*x + shift.
func (k *Kernels) PositiveMeanGrad(dst, g, x, scale, shift []float32, pixels, ch int) {
	_, _, _, _, _ = dst[pixels*ch-1], g[ch-1], x[pixels*ch-1], scale[ch-1], shift[ch-1]
	k.positiveMeanGrad(&positiveMeanArgs{dst, g, x, scale, shift, pixels, ch})
}

type positiveMeanArgs struct {
	dst, g, x, scale, shift []float32
	pixels, ch              int
}

func (a *positiveMeanArgs) share() float32 { return 1 / float32(a.pixels) }

func positiveMeanGeneric(a *positiveMeanArgs) {
	dst, scale, shift := a.dst[:a.ch], a.scale[:a.ch], a.shift[:a.ch]
	clear(dst)
	for p := range a.pixels {
		for c, v := range a.x[p*a.ch:][:a.ch] {
			dst[c] += max(scale[c]*v+shift[c], 0)
		}
	}
	share := a.share()
	for c := range dst {
		dst[c] *= share
	}
}

func positiveMeanGradGeneric(a *positiveMeanArgs) {
	g, scale, shift := a.g[:a.ch], a.scale[:a.ch], a.shift[:a.ch]
	share := a.share()
	for p := range a.pixels {
		dst := a.dst[p*a.ch:][:a.ch]
		for c, v := range a.x[p*a.ch:][:a.ch] {
			dst[c] = 0
			if scale[c]*v+shift[c] > 0 {
				dst[c] = g[c] * share
			}
		}
	}
}
