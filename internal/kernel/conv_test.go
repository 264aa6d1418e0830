package kernel

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

// convShape is a convolution as a test asks for it.
type convShape struct {
	rows, cols int
	in, blocks int
	kernel     int // 1 or 3
	stride     int
	add        bool
}

func (s convShape) String() string {
	return fmt.Sprintf("%dx%d_%dto%d_k%d_s%d_add=%t", s.rows, s.cols, s.in, s.blocks*Lane, s.kernel, s.stride, s.add)
}

// taps are those of a kernel x kernel convolution of an image with pitches.
func taps(kernel int, p Plane) []int {
	var t []int
	for y := range kernel {
		for x := range kernel {
			t = append(t, y*p.Row+x*p.Pixel)
		}
	}
	return t
}

// source makes the input image and the geometry, without output pitches.
func (s convShape) source(r source) (*Conv, Plane) {
	rows, cols := (s.rows-1)*s.stride+s.kernel, (s.cols-1)*s.stride+s.kernel
	in := r.plane(rows, cols, s.in)
	r.fill(in, rows, cols, s.in)
	return &Conv{Rows: s.rows, Cols: s.cols, In: s.in, InPixel: s.stride * in.Pixel, InRow: s.stride * in.Row, Taps: taps(s.kernel, in)}, in
}

var convShapes = []convShape{
	{1, 1, 1, 1, 1, 1, false},
	{1, 1, 1, 1, 3, 1, true},
	{8, 8, 16, 1, 3, 1, false},
	{8, 8, 64, 4, 3, 1, true},
	{4, 32, 16, 3, 3, 1, false},
	{3, 16, 32, 2, 1, 1, false},
	{3, 5, 3, 1, 3, 1, false},
	{2, 33, 7, 5, 3, 1, true},
	{5, 7, 70, 2, 3, 1, false},
	{4, 4, 16, 4, 3, 2, false},
	{3, 31, 17, 3, 1, 2, true},
	{2, 17, 33, 1, 3, 2, true},
	{1, 47, 5, 6, 3, 1, false},
	{3, 13, 64, 7, 1, 1, true},
	{2, 15, 2, 8, 3, 1, false},
	{6, 6, 16, 9, 3, 1, true},
	{2, 2, 48, 12, 3, 1, false},
}

func TestConv(t *testing.T) {
	eachISA(t, func(t *testing.T, k *Kernels) {
		for i, s := range convShapes {
			t.Run(s.String(), func(t *testing.T) { testConv(t, k, s, uint64(i), nil) })
		}
		// Every width, so that all remainders of a pixel block come up.
		for cols := 1; cols <= 36; cols++ {
			for blocks := 1; blocks <= 4; blocks++ {
				testConv(t, k, convShape{2, cols, 3, blocks, 3, 1, cols%2 == 0}, 1, nil)
				testConv(t, k, convShape{2, cols, 5, blocks, 1, 1, cols%2 == 1}, 2, nil)
			}
		}
		for in := 1; in <= 70; in++ {
			testConv(t, k, convShape{1, 9, in, 1 + in%4, 3, 1 + in/4%2, in%3 == 0}, uint64(in), nil)
		}
	})
}

// TestConvSpecials: one NaN or infinity reaches what depends on it, and
// nothing else.
func TestConvSpecials(t *testing.T) {
	eachISA(t, func(t *testing.T, k *Kernels) {
		for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e-42} {
			for _, s := range convShapes {
				testConv(t, k, s, 3, func(in []float32) { in[len(in)/2] = float32(v) })
			}
		}
	})
}

// testConv compares one convolution with its definition.
func testConv(t *testing.T, k *Kernels, s convShape, seed uint64, change func(in []float32)) {
	t.Helper()
	r := newSource(seed)
	g, in := s.source(r)
	if change != nil {
		change(in.Data)
	}
	pitch := s.blocks * Lane
	w := r.slice(len(g.Taps) * s.in * pitch)
	out := make([]Plane, s.blocks)
	for b := range out {
		if b == 0 {
			out[b] = r.plane(s.rows, s.cols, Lane)
			g.OutPixel, g.OutRow = out[b].Pixel, out[b].Row
		} else {
			out[b] = Plane{r.guards(len(out[0].Data)), g.OutPixel, g.OutRow}
		}
		r.fill(out[b], s.rows, s.cols, Lane)
	}
	before := make([][]float32, s.blocks)
	data := make([][]float32, s.blocks)
	for b := range out {
		before[b] = slices.Clone(out[b].Data)
		data[b] = out[b].Data
	}
	input := slices.Clone(in.Data)

	k.Conv(g, data, in.Data, w, s.add)

	for i, v := range in.Data {
		if math.Float32bits(v) != math.Float32bits(input[i]) {
			t.Fatalf("%v: changed the input at %d", s, i)
		}
	}
	for b := range out {
		checkGuards(t, out[b], s.rows, s.cols, Lane)
		each(s.rows, s.cols, Lane, func(y, x, c int) {
			var want sum
			if s.add {
				want.add(before[b][y*g.OutRow+x*g.OutPixel+c])
			}
			for tap, offset := range g.Taps {
				for i := range s.in {
					want.add(in.Data[y*g.InRow+x*g.InPixel+offset+i], w[(tap*s.in+i)*pitch+b*Lane+c])
				}
			}
			want.check(t, *at(out[b], y, x, c), "%v block %d pixel %d,%d channel %d", s, b, y, x, c)
		})
	}
}

func TestWeightGrad(t *testing.T) {
	eachISA(t, func(t *testing.T, k *Kernels) {
		for i, s := range convShapes {
			t.Run(s.String(), func(t *testing.T) { testWeightGrad(t, k, s, uint64(i), nil) })
		}
		for cols := 1; cols <= 20; cols++ {
			testWeightGrad(t, k, convShape{3, cols, 3, 1 + cols%5, 3, 1, false}, 1, nil)
		}
		for in := 1; in <= 70; in++ {
			testWeightGrad(t, k, convShape{2, 5, in, 1 + in%4, 1 + 2*(in/2%2), 1 + in/4%2, false}, uint64(in), nil)
		}
	})
}

func TestWeightGradSpecials(t *testing.T) {
	eachISA(t, func(t *testing.T, k *Kernels) {
		for _, v := range []float64{math.NaN(), math.Inf(1), 1e-42} {
			for _, s := range convShapes {
				testWeightGrad(t, k, s, 3, func(in []float32) { in[len(in)/2] = float32(v) })
			}
		}
	})
}

func testWeightGrad(t *testing.T, k *Kernels, s convShape, seed uint64, change func(in []float32)) {
	t.Helper()
	r := newSource(seed)
	g, in := s.source(r)
	if change != nil {
		change(in.Data)
	}
	pitch := s.blocks * Lane
	dz := r.plane(s.rows, s.cols, pitch)
	r.fill(dz, s.rows, s.cols, pitch)
	dw := r.slice(len(g.Taps) * s.in * pitch)
	before := slices.Clone(dw)

	k.WeightGrad(g, dw, in.Data, dz, pitch)

	checkDense(t, dw)
	for tap, offset := range g.Taps {
		for i := range s.in {
			for o := range pitch {
				index := (tap*s.in+i)*pitch + o
				var want sum
				want.add(before[index])
				each(s.rows, s.cols, 1, func(y, x, _ int) {
					want.add(in.Data[y*g.InRow+x*g.InPixel+offset+i], *at(dz, y, x, o))
				})
				want.check(t, dw[index], "%v tap %d input %d output %d", s, tap, i, o)
			}
		}
	}
}
