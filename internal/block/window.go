package block

import (
	"math"

	"cellnet/internal/kernel"
)

// window is which pixels of a square image an operation reads for each pixel of
// its result.
type window struct {
	side, result int // of the images and of what is computed
	stride       int
	offsets      [][2]int // of the taps: rows and columns from stride times the output pixel
	border       int      // that an image needs for all taps to lie inside
	// gradBorder is what the result's gradient needs for the gradient of the image.
	gradBorder int
}

// newWindow is the window with the given taps.
func newWindow(side, out, stride int, offsets [][2]int) window {
	w := window{side: side, result: out, stride: stride, offsets: offsets}
	for _, o := range offsets {
		for _, d := range o {
			w.border = max(w.border, -d, stride*(out-1)+d-(side-1))
		}
	}
	w.eachResidue(func(row, col int) {
		for _, t := range w.meeting(row, col) {
			for i, first := range []int{row, col} {
				d := (first - w.offsets[t][i]) / stride
				w.gradBorder = max(w.gradBorder, -d, w.count(first)-1+d-(out-1))
			}
		}
	})
	return w
}

// square is a kernel of size x size pixels, of odd size, padded so that stride
// 1 keeps the side.
func square(side, size, stride, dilation int) window {
	var offsets [][2]int
	for y := range size {
		for x := range size {
			offsets = append(offsets, [2]int{(y - size/2) * dilation, (x - size/2) * dilation})
		}
	}
	return newWindow(side, (side-1)/stride+1, stride, offsets)
}

// diagonal reads the pixel at stride times the output pixel and the one below
// it to the right.
func diagonal(side, stride int) window {
	return newWindow(side, side/stride, stride, [][2]int{{0, 0}, {1, 1}})
}

// eachResidue calls f for the rows and columns modulo the stride.
func (w window) eachResidue(f func(row, col int)) {
	for row := range w.stride {
		for col := range w.stride {
			f(row, col)
		}
	}
}

// count is how many rows or columns of the image have a residue.
func (w window) count(residue int) int { return (w.side - residue + w.stride - 1) / w.stride }

// meeting lists the taps that meet the image's pixels of a residue.
func (w window) meeting(row, col int) []int {
	var taps []int
	for t, o := range w.offsets {
		if (row-o[0])%w.stride == 0 && (col-o[1])%w.stride == 0 {
			taps = append(taps, t)
		}
	}
	return taps
}

// forward is the geometry from a bordered image to a dense result.
func (w window) forward(in, inPad, outPad int) kernel.Conv {
	width := w.side + 2*w.border
	g := kernel.Conv{
		Rows: w.result, Cols: w.result, In: in,
		InPixel: w.stride * inPad, InRow: w.stride * width * inPad,
		OutPixel: outPad, OutRow: w.result * outPad,
	}
	for _, o := range w.offsets {
		g.Taps = append(g.Taps, ((o[0]+w.border)*width+o[1]+w.border)*inPad)
	}
	return g
}

// residue is the part of the input gradient for the pixels of one residue of row
// and column: an operation of stride 1 with the taps that meet them.
type residue struct {
	kernel.Conv
	taps     []int // of the window
	row, col int
}

// backward is the geometries from the bordered gradient of the result, in
// channels of it, to that of the image, one a residue that meets taps. Their
// output pitches are set by [residue.into].
func (w window) backward(in, inPad int) []residue {
	var list []residue
	width := w.result + 2*w.gradBorder
	w.eachResidue(func(row, col int) {
		q := residue{taps: w.meeting(row, col), row: row, col: col}
		if len(q.taps) == 0 {
			return
		}
		q.Conv = kernel.Conv{Rows: w.count(row), Cols: w.count(col), In: in, InPixel: inPad, InRow: width * inPad}
		for _, t := range q.taps {
			down, right := (row-w.offsets[t][0])/w.stride, (col-w.offsets[t][1])/w.stride
			q.Taps = append(q.Taps, ((down+w.gradBorder)*width+right+w.gradBorder)*inPad)
		}
		list = append(list, q)
	})
	return list
}

// into returns the geometry that writes the pixels of the residue into a
// gradient, and where it begins.
func (q *residue) into(dst kernel.Plane, stride int) (kernel.Conv, []float32) {
	g := q.Conv
	g.OutPixel, g.OutRow = stride*dst.Pixel, stride*dst.Row
	return g, dst.At(q.row, q.col, 0).Data
}

// clearUnmet sets a gradient of the image to zero if some of its pixels are met
// by no tap.
func (w window) clearUnmet(dst kernel.Plane, residues []residue, channels int) {
	if len(residues) == w.stride*w.stride {
		return
	}
	for r := range w.side {
		for c := range w.side {
			clear(dst.At(r, c, 0).Data[:channels])
		}
	}
}

// pool is a pool of any window, of the pixels inside the image.
type pool struct {
	window
	padded   int
	largest  bool // whether it takes the largest value, not the average
	geometry kernel.Conv
	// Averages are convolutions of equal weights, whose results are multiplied at
	// the upper and left edge, where pixels are missing.
	average *channelConv
	edge    float32 // by what the first row and column are multiplied, 0 if no pixel is missing
}

// newPool3x3 is a pool of 3x3 pixels with padding 1; with stride 2 images have
// an even side.
func newPool3x3(side, stride, channels int, largest bool) *pool {
	p := newPool(square(side, 3, stride, 1), channels, largest)
	p.edge = 3.0 / 2
	return p
}

func newPool(w window, channels int, largest bool) *pool {
	p := &pool{window: w, padded: kernel.Pad(channels), largest: largest}
	p.geometry = w.forward(p.padded, p.padded, p.padded)
	if largest {
		return p
	}
	p.average = newChannelConv(w, p.padded)
	for i := range p.average.weights {
		p.average.weights[i] = 1 / float32(len(w.offsets))
	}
	p.average.packTransposed()
	return p
}

// simple tells whether there are kernels for the pool as it is.
func (p *pool) simple() bool { return !p.largest && p.stride == 1 && p.edge != 0 }

// bordered copies an image into a scratch with a border.
func bordered(s *scratch, use int, x []float32, side, padded, border int, value float32) *kernel.Bordered {
	b := s.frame(use, side, padded, border, value)
	in := b.Inside()
	for r := range side {
		copy(in.Data[r*in.Row:][:side*padded], x[r*side*padded:])
	}
	return b
}

// run computes the pool of one image.
func (p *pool) run(k *kernel.Kernels, s *scratch, dst, x []float32) {
	switch {
	case p.simple():
		k.AvgPool(dst, x, s.densely(usePool, p.side*p.padded), p.side, p.side, p.padded, false)
	case p.largest:
		k.MaxPool(&p.geometry, dst, p.lowered(s, x).Whole().Data)
	default:
		p.average.run(k, dst, bordered(s, usePool, x, p.side, p.padded, p.border, 0).Whole().Data)
		p.scaleEdges(kernel.Dense(dst, p.result, p.padded))
	}
}

// lowered copies an image into a scratch with a border of minus infinity.
func (p *pool) lowered(s *scratch, x []float32) *kernel.Bordered {
	return bordered(s, usePool, x, p.side, p.padded, p.border, float32(math.Inf(-1)))
}

// scaleEdges multiplies the averages in the first row and column, of which a
// third of the pixels is missing.
func (p *pool) scaleEdges(v kernel.Plane) {
	if p.edge == 0 {
		return
	}
	for i := range p.result {
		for c := range p.padded {
			v.Data[i*v.Row+c] *= p.edge
			v.Data[i*v.Pixel+c] *= p.edge
		}
	}
}

// addGrad adds the gradient of an image x to dx.
func (p *pool) addGrad(k *kernel.Kernels, s *scratch, dx, x, dy []float32) {
	switch {
	case p.simple():
		k.AvgPoolGrad(dx, dy, s.densely(usePool, p.side*p.padded), p.side, p.side, p.padded, true)
	case p.largest:
		p.addLargestGrad(k, s, dx, x, dy)
	default:
		dz := bordered(s, useNormGrad, dy, p.result, p.padded, p.gradBorder, 0)
		p.scaleEdges(dz.Inside())
		g := s.densely(useGrad, len(dx))
		p.average.inputGrad(k, kernel.Dense(g, p.side, p.padded), dz.Whole().Data)
		s.sums = append(s.sums[:0], dx, g)
		k.MaskedSum(dx, nil, nil, s.sums, len(dx))
	}
}

func (p *pool) addLargestGrad(k *kernel.Kernels, s *scratch, dx, x, dy []float32) {
	in := p.lowered(s, x).Whole().Data
	y := s.densely(useBetween, p.result*p.result*p.padded)
	k.MaxPool(&p.geometry, y, in)
	din := bordered(s, usePoolGrad, dx, p.side, p.padded, p.border, 0)
	k.MaxPoolGradAdd(&p.geometry, din.Whole().Data, in, y, dy)
	inside := din.Inside()
	for r := range p.side {
		copy(dx[r*p.side*p.padded:][:p.side*p.padded], inside.Data[r*inside.Row:])
	}
}
