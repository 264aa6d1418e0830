package block

import "cellnet/internal/kernel"

// convs is a set of convolutions of stride 1 and one kernel size that read the
// same image: side by side they are one convolution with more outputs, and
// their input gradient is one with more inputs.
type convs struct {
	rows, cols, taps  int
	in, out, count    int // channels of each convolution; how many there are
	inPad, outPad     int
	forward, backward kernel.Conv
	weights           []float32 // [tap][in][count*outPad]
	transposed        []float32 // [tap][count*outPad][inPad]
}

// newConvs prepares count convolutions of taps (1 or 9) taps.
func newConvs(rows, cols, in, out, taps, count int) *convs {
	c := &convs{rows: rows, cols: cols, taps: taps, in: in, out: out, count: count, inPad: kernel.Pad(in), outPad: kernel.Pad(out)}
	c.forward = kernel.Conv{
		Rows: rows, Cols: cols, In: in,
		InPixel: c.inPad, InRow: (cols + 2) * c.inPad, Taps: borderTaps(cols, c.inPad, taps),
		OutPixel: c.outPad, OutRow: cols * c.outPad,
	}
	wide := c.wide()
	c.backward = kernel.Conv{
		Rows: rows, Cols: cols, In: wide,
		InPixel: wide, InRow: (cols + 2) * wide, Taps: borderTaps(cols, wide, taps),
		OutPixel: c.inPad, OutRow: cols * c.inPad,
	}
	return c
}

// borderTaps lists the offsets of a 3x3 or 1x1 kernel in a bordered image.
func borderTaps(cols, channels, taps int) []int {
	if taps == 1 {
		return []int{(cols + 2 + 1) * channels}
	}
	offsets := make([]int, 0, taps)
	for y := range 3 {
		for x := range 3 {
			offsets = append(offsets, (y*(cols+2)+x)*channels)
		}
	}
	return offsets
}

// wide is the number of channels of all outputs.
func (c *convs) wide() int { return c.count * c.outPad }

// pack takes the weights of convolution i, times a scale for each output.
func (c *convs) pack(i int, w, scale []float32) {
	if c.weights == nil {
		c.weights = make([]float32, c.taps*c.in*c.wide())
	}
	kernel.PackWeights(c.weights, w, c.out, c.in, c.taps, c.wide(), i*c.outPad, scale)
}

// packTransposed takes the weights of convolution i for the input gradient.
func (c *convs) packTransposed(i int, w []float32) {
	if c.transposed == nil {
		c.transposed = make([]float32, c.taps*c.wide()*c.inPad)
	}
	kernel.PackTransposed(c.transposed, w, c.out, c.in, c.taps, c.wide(), c.inPad, i*c.outPad)
}

// blocks appends one image's outputs, split in blocks of Lane channels.
func blocks(list [][]float32, image []float32, channels int) [][]float32 {
	for c := 0; c < channels; c += kernel.Lane {
		list = append(list, image[c:])
	}
	return list
}

// run computes all convolutions of one image; out has their blocks in order.
func (c *convs) run(k *kernel.Kernels, out [][]float32, in *kernel.Bordered, add bool) {
	k.Conv(&c.forward, out, in.Whole().Data, c.weights, add)
}

// inputGrad computes the gradient of the image that the convolutions read from
// those of their outputs, side by side in dz.
func (c *convs) inputGrad(k *kernel.Kernels, s *scratch, dst []float32, dz *kernel.Bordered, add bool) {
	s.blocks = blocks(s.blocks[:0], dst, c.inPad)
	k.Conv(&c.backward, s.blocks, dz.Whole().Data, c.transposed, add)
}

// gradSize is the length of the sums that weightGrad adds to.
func (c *convs) gradSize() int { return c.taps * c.in * c.wide() }

func (c *convs) weightGrad(k *kernel.Kernels, sums []float32, in, dz *kernel.Bordered) {
	k.WeightGrad(&c.forward, sums, in.Whole().Data, dz.Inside(), c.wide())
}

// collect adds up the chunks' sums and hands out the gradient of convolution i.
func (c *convs) collect(i int, dst, sums []float32) {
	kernel.UnpackWeights(dst, sums, c.out, c.in, c.taps, c.wide(), i*c.outPad)
}

// addChunks adds the sums of all chunks, each of size numbers, into the first.
func addChunks(w *Workspace, sums []float32, size int) {
	const piece = 4096
	w.images((size+piece-1)/piece, func(_ *scratch, p int) {
		from, to := p*piece, min((p+1)*piece, size)
		total := sums[from:to]
		for chunk := 1; chunk < gradChunks; chunk++ {
			for i, v := range sums[chunk*size+from : chunk*size+to] {
				total[i] += v
			}
		}
	})
}
