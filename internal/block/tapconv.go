package block

import "cellnet/internal/kernel"

// tapConv is a convolution with any window, from bordered images to dense ones,
// one image at a time.
type tapConv struct {
	window
	in, out       int
	inPad, outPad int
	parts         []part
	geometry      kernel.Conv
	residues      []residue
	weights       []float32   // [tap][in][outPad]
	transposed    [][]float32 // of each residue, [tap][out][inPad]
}

// part is the output channels and the taps of one tensor of weights.
type part struct{ first, channels, firstTap, taps int }

// newTapConv is a convolution whose weights are one tensor.
func newTapConv(w window, in, out int) *tapConv {
	return newTapConvOf(w, in, out, part{0, out, 0, len(w.offsets)})
}

// newTapConvOf is a convolution whose weights are several tensors.
func newTapConvOf(w window, in, out int, parts ...part) *tapConv {
	c := &tapConv{window: w, in: in, out: out, inPad: kernel.Pad(in), outPad: kernel.Pad(out), parts: parts}
	c.geometry = w.forward(in, c.inPad, c.outPad)
	c.residues = w.backward(out, c.outPad)
	c.transposed = make([][]float32, len(c.residues))
	return c
}

// pack takes the weights of all parts, times a scale for each output channel
// (nil: one).
func (c *tapConv) pack(weights [][]float32, scale []float32) {
	reserve(&c.weights, len(c.offsets)*c.in*c.outPad)
	for i, p := range c.parts {
		var s []float32
		if scale != nil {
			s = scale[p.first:]
		}
		kernel.PackWeights(c.weights[p.firstTap*c.in*c.outPad:], weights[i], p.channels, c.in, p.taps, c.outPad, p.first, s)
	}
}

// packTransposed takes the weights for the input gradient.
func (c *tapConv) packTransposed(weights [][]float32) {
	for r, q := range c.residues {
		reserve(&c.transposed[r], len(q.taps)*c.out*c.inPad)
		for j, t := range q.taps {
			for i, p := range c.parts {
				if tap := t - p.firstTap; tap >= 0 && tap < p.taps {
					c.transposeTap(c.transposed[r][(j*c.out+p.first)*c.inPad:], weights[i], p, tap)
				}
			}
		}
	}
}

func (c *tapConv) transposeTap(dst, w []float32, p part, tap int) {
	for o := range p.channels {
		row := dst[o*c.inPad:][:c.in]
		for i := range row {
			row[i] = w[(o*c.in+i)*p.taps+tap]
		}
	}
}

// run computes one image from a bordered one.
func (c *tapConv) run(k *kernel.Kernels, s *scratch, dst, bordered []float32, add bool) {
	s.blocks = blocks(s.blocks[:0], dst, c.outPad)
	k.Conv(&c.geometry, s.blocks, bordered, c.weights, add)
}

// inputGrad computes the gradient of an image from the bordered one of its
// result.
func (c *tapConv) inputGrad(k *kernel.Kernels, s *scratch, dst kernel.Plane, dz []float32) {
	c.clearUnmet(dst, c.residues, c.inPad)
	for r := range c.residues {
		g, data := c.residues[r].into(dst, c.stride)
		s.blocks = blocks(s.blocks[:0], data, c.inPad)
		k.Conv(&g, s.blocks, dz, c.transposed[r], false)
	}
}

func (c *tapConv) gradSize() int { return len(c.offsets) * c.in * c.outPad }

// weightGrad adds the gradient of the weights by one image to sums.
func (c *tapConv) weightGrad(k *kernel.Kernels, sums, bordered []float32, dz kernel.Plane) {
	k.WeightGrad(&c.geometry, sums, bordered, dz, c.outPad)
}

// collect hands out the gradients of all parts.
func (c *tapConv) collect(dst [][]float32, sums []float32) {
	for i, p := range c.parts {
		kernel.UnpackWeights(dst[i], sums[p.firstTap*c.in*c.outPad:], p.channels, c.in, p.taps, c.outPad, p.first)
	}
}

// channelConv is a convolution of each channel by itself.
type channelConv struct {
	window
	channels, padded int
	geometry         kernel.Conv
	residues         []residue
	weights          []float32   // [tap][padded]
	transposed       [][]float32 // of each residue, the same
}

func newChannelConv(w window, channels int) *channelConv {
	c := &channelConv{window: w, channels: channels, padded: kernel.Pad(channels)}
	c.geometry = w.forward(c.padded, c.padded, c.padded)
	c.residues = w.backward(c.padded, c.padded)
	c.weights = make([]float32, len(w.offsets)*c.padded)
	c.transposed = make([][]float32, len(c.residues))
	return c
}

func (c *channelConv) pack(weights []float32) {
	kernel.PackDepthwise(c.weights, weights, c.channels, len(c.offsets), c.padded)
}

// packTransposed takes the packed weights for the input gradient.
func (c *channelConv) packTransposed() {
	for r, q := range c.residues {
		reserve(&c.transposed[r], len(q.taps)*c.padded)
		for j, t := range q.taps {
			copy(c.transposed[r][j*c.padded:][:c.padded], c.weights[t*c.padded:])
		}
	}
}

func (c *channelConv) run(k *kernel.Kernels, dst, bordered []float32) {
	k.Depthwise(&c.geometry, dst, bordered, c.weights)
}

func (c *channelConv) inputGrad(k *kernel.Kernels, dst kernel.Plane, dz []float32) {
	c.clearUnmet(dst, c.residues, c.padded)
	for r := range c.residues {
		g, data := c.residues[r].into(dst, c.stride)
		k.Depthwise(&g, data, dz, c.transposed[r])
	}
}

func (c *channelConv) gradSize() int { return len(c.weights) }

func (c *channelConv) weightGrad(k *kernel.Kernels, sums, bordered []float32, dz kernel.Plane) {
	k.DepthwiseWeightGrad(&c.geometry, sums, bordered, dz)
}

func (c *channelConv) collect(dst, sums []float32) {
	kernel.UnpackDepthwise(dst, sums, c.channels, len(c.offsets), c.padded)
}
