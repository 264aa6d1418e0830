package block

// PerImage multiplies each image of a batch by a factor of its own: drop path.
type PerImage struct {
	work    *Workspace
	size    int       // numbers of an image
	Factors []float32 // nil: the images stay as they are
	y, dx   []float32
}

// NewPerImage prepares factors for batches of images of size numbers.
func NewPerImage(w *Workspace, size int) *PerImage { return &PerImage{work: w, size: size} }

// Forward returns the products of n images x, valid until the next call.
func (b *PerImage) Forward(x []float32, n int) []float32 { return b.times(&b.y, x, n) }

// Backward returns the gradient of the images from that of the products, valid until
// the next call.
func (b *PerImage) Backward(dy []float32, n int) []float32 { return b.times(&b.dx, dy, n) }

func (b *PerImage) times(dst *[]float32, x []float32, n int) []float32 {
	if b.Factors == nil {
		return x
	}
	reserve(dst, len(x))
	b.work.images(n, func(_ *scratch, i int) {
		out := (*dst)[i*b.size:][:b.size]
		for j, v := range x[i*b.size:][:b.size] {
			out[j] = b.Factors[i] * v
		}
	})
	return *dst
}

// Stretch gives c channels of the first From of an image: channel j is the mean of
// channels floor(j*From/c) to ceil((j+1)*From/c)-1, times Factor.
type Stretch struct {
	From   int
	Factor float32
}

// Narrow makes do with fewer channels of a batch of images: it multiplies each by a
// number, or adds up stretches of the first few.
type Narrow struct {
	work             *Workspace
	pixels, channels int
	padded           int

	Channels  []float32 // what the channels are multiplied by
	Stretches []Stretch // in their place, if there are any
	To        int       // channels that stretches give; all further ones are zero

	x, y, dx []float32
	partial  [][]float64 // of each image: gradients of the factors
}

// NewNarrow prepares images of so many pixels and channels.
func NewNarrow(w *Workspace, pixels, channels, padded int) *Narrow {
	return &Narrow{work: w, pixels: pixels, channels: channels, padded: padded}
}

// span is the channels whose mean a channel of a stretch is.
func (s Stretch) span(channel, to int) (from, end int) {
	return channel * s.From / to, ((channel+1)*s.From + to - 1) / to
}

// Forward returns n images x narrowed, valid until the next call.
func (b *Narrow) Forward(x []float32, n int) []float32 {
	b.x = x
	reserve(&b.y, len(x))
	b.work.images(n, func(_ *scratch, i int) {
		for p := range b.pixels {
			at := (i*b.pixels + p) * b.padded
			in, out := x[at:][:b.padded], b.y[at:][:b.padded]
			if len(b.Stretches) == 0 {
				for c, f := range b.Channels {
					out[c] = f * in[c]
				}
				continue
			}
			clear(out)
			for _, s := range b.Stretches {
				for c := range b.To {
					from, end := s.span(c, b.To)
					var sum float32
					for _, v := range in[from:end] {
						sum += v
					}
					out[c] += s.Factor * (sum / float32(end-from))
				}
			}
		}
	})
	return b.y
}

// Backward returns the gradient of the images from that of what Forward returned,
// valid until the next call.
func (b *Narrow) Backward(dy []float32, n int) []float32 {
	reserve(&b.dx, len(dy))
	for len(b.partial) < n {
		b.partial = append(b.partial, nil)
	}
	factors := b.channels
	if len(b.Stretches) > 0 {
		factors = len(b.Stretches)
	}
	b.work.images(n, func(_ *scratch, i int) {
		if len(b.partial[i]) < factors {
			b.partial[i] = make([]float64, max(factors, b.channels))
		}
		clear(b.partial[i])
		for p := range b.pixels {
			at := (i*b.pixels + p) * b.padded
			b.pixelGrad(b.dx[at:][:b.padded], b.x[at:][:b.padded], dy[at:][:b.padded], b.partial[i])
		}
	})
	return b.dx
}

func (b *Narrow) pixelGrad(dx, x, dy []float32, ofFactors []float64) {
	clear(dx)
	if len(b.Stretches) == 0 {
		for c, f := range b.Channels {
			dx[c] = f * dy[c]
			ofFactors[c] += float64(dy[c]) * float64(x[c])
		}
		return
	}
	for k, s := range b.Stretches {
		for c := range b.To {
			from, end := s.span(c, b.To)
			share := dy[c] / float32(end-from)
			for j := from; j < end; j++ {
				dx[j] += s.Factor * share
				ofFactors[k] += float64(share) * float64(x[j])
			}
		}
	}
}

// OfFactors are the gradients of the factors, of the channels or the stretches, by
// the last Backward of n images.
func (b *Narrow) OfFactors(n int) []float64 {
	count := b.channels
	if len(b.Stretches) > 0 {
		count = len(b.Stretches)
	}
	total := make([]float64, count)
	for _, one := range b.partial[:n] {
		for k := range total {
			total[k] += one[k]
		}
	}
	return total
}
