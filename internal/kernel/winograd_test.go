package kernel

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

// winogradShape is a convolution as a test asks for it.
type winogradShape struct {
	images, rows, cols int
	in, blocks         int
	relu, add          bool
}

func (s winogradShape) String() string {
	return fmt.Sprintf("%dx%dx%d_%dto%d_relu=%t_add=%t", s.images, s.rows, s.cols, s.in, s.blocks*Lane, s.relu, s.add)
}

var winogradShapes = []winogradShape{
	{1, 8, 8, 64, 4, true, false},
	{3, 8, 8, 16, 1, true, true},
	{1, 16, 16, 32, 6, false, false},
	{1, 32, 32, 16, 3, true, false},
	{2, 4, 4, 16, 2, false, false},
	{1, 1, 1, 1, 1, false, false},
	{2, 5, 7, 3, 2, true, true},
	{5, 3, 3, 17, 1, false, true},
	{1, 6, 13, 70, 5, true, false},
	{2, 9, 2, 33, 7, false, false},
	{4, 2, 10, 48, 8, false, true},
}

// winogradTest is a geometry with its images.
type winogradTest struct {
	winogradShape
	g       Winograd
	in      []float32
	out     []float32 // or its gradient
	outSize Plane     // shape of one image of out
	w       []float32 // [9][in][out]
}

func newWinogradTest(s winogradShape, r source) *winogradTest {
	in, out := r.plane(s.rows, s.cols, Pad(s.in)), r.plane(s.rows, s.cols, s.blocks*Lane)
	c := &winogradTest{winogradShape: s, outSize: out, g: Winograd{
		Images: s.images, Rows: s.rows, Cols: s.cols, In: s.in, ReLU: s.relu,
		InPixel: in.Pixel, InRow: in.Row, InImage: len(in.Data) + Lane,
		OutPixel: out.Pixel, OutRow: out.Row, OutImage: len(out.Data) + Lane,
	}}
	c.in, c.out = r.guards(s.images*c.g.InImage), r.guards(s.images*c.g.OutImage)
	c.eachIn(func(i, y, x, ch int, v *float32) { *v = r.float() })
	c.eachOut(func(_, _, _, _ int, v *float32) { *v = r.float() })
	c.w = r.slice(9 * s.in * s.blocks * Lane)
	return c
}

func (c *winogradTest) eachIn(f func(image, y, x, ch int, v *float32)) {
	for i := range c.images {
		each(c.rows, c.cols, Pad(c.g.In), func(y, x, ch int) {
			f(i, y, x, ch, &c.in[i*c.g.InImage+y*c.g.InRow+x*c.g.InPixel+ch])
		})
	}
}

func (c *winogradTest) eachOut(f func(image, y, x, ch int, v *float32)) {
	for i := range c.images {
		each(c.rows, c.cols, c.blocks*Lane, func(y, x, ch int) {
			f(i, y, x, ch, &c.out[i*c.g.OutImage+y*c.g.OutRow+x*c.g.OutPixel+ch])
		})
	}
}

// value is a number of the input, zero outside, after the ReLU.
func (c *winogradTest) value(image, y, x, ch int) float64 {
	if y < 0 || y >= c.rows || x < 0 || x >= c.cols {
		return 0
	}
	v := float64(c.in[image*c.g.InImage+y*c.g.InRow+x*c.g.InPixel+ch])
	if c.relu && v < 0 {
		return 0
	}
	return v
}

// blockSlices are out's blocks of channels.
func (c *winogradTest) blockSlices() [][]float32 {
	var blocks [][]float32
	for b := range c.blocks {
		blocks = append(blocks, c.out[b*Lane:])
	}
	return blocks
}

// guardsIntact fails if anything but the pixels of out was written.
func (c *winogradTest) guardsIntact(t *testing.T) {
	t.Helper()
	all := c.out[:cap(c.out)]
	inside := make([]bool, len(all))
	for i := range c.images {
		each(c.rows, c.cols, c.blocks*Lane, func(y, x, ch int) { inside[i*c.g.OutImage+y*c.g.OutRow+x*c.g.OutPixel+ch] = true })
	}
	for i, v := range all {
		if !inside[i] && math.Float32bits(v) != guard {
			t.Fatalf("%v: wrote outside the images, at %d", c.winogradShape, i)
		}
	}
}

// distance compares numbers with what they should be: the norm of the
// difference relative to the norm.
type distance struct{ difference, norm float64 }

func (d *distance) add(got float32, want float64) {
	d.difference += (float64(got) - want) * (float64(got) - want)
	d.norm += want * want
}

func (d *distance) relative() float64 {
	if d.difference == 0 {
		return 0 // also where all numbers are to be zero
	}
	return math.Sqrt(d.difference / d.norm)
}

// winogradError bounds the relative error: a random walk of roundings over in
// products, which the transforms magnify. (Direct sums of 64 channels are at
// 3e-7.)
const winogradError = 1.5e-6

func TestWinogradConv(t *testing.T) {
	eachISA(t, func(t *testing.T, k *Kernels) {
		var work WinogradWork
		for i, s := range winogradShapes {
			t.Run(s.String(), func(t *testing.T) { testWinogradConv(t, k, &work, s, uint64(i)) })
		}
		for in := 1; in <= 70; in += 3 {
			testWinogradConv(t, k, &work, winogradShape{2, 4, 6, in, 1 + in%4, in%2 == 0, in%3 == 0}, uint64(in))
		}
		for size := 1; size <= 18; size++ {
			testWinogradConv(t, k, &work, winogradShape{1 + size%5, size, 19 - size, 5, 1 + size%4, true, size%2 == 0}, 1)
		}
	})
}

func testWinogradConv(t *testing.T, k *Kernels, work *WinogradWork, s winogradShape, seed uint64) {
	t.Helper()
	c := newWinogradTest(s, newSource(seed))
	out := s.blocks * Lane
	before := slices.Clone(c.out)
	u := make([]float32, c.g.TransformedLen(out))
	k.WinogradWeights(&c.g, u, c.w, out)

	k.WinogradConv(&c.g, work, c.blockSlices(), c.in, u, s.add)

	c.guardsIntact(t)
	var d distance
	c.eachOut(func(image, y, x, o int, v *float32) {
		var want float64
		for tap := range 9 {
			for i := range s.in {
				want += c.value(image, y+tap/3-1, x+tap%3-1, i) * float64(c.w[(tap*s.in+i)*out+o])
			}
		}
		if s.add {
			want += float64(before[image*c.g.OutImage+y*c.g.OutRow+x*c.g.OutPixel+o])
		}
		d.add(*v, want)
	})
	if e := d.relative(); !(e < winogradError) {
		t.Errorf("%v: relative error %.3g", s, e)
	}
}

func TestWinogradWeightGrad(t *testing.T) {
	eachISA(t, func(t *testing.T, k *Kernels) {
		var work WinogradWork
		for i, s := range winogradShapes {
			t.Run(s.String(), func(t *testing.T) { testWinogradWeightGrad(t, k, &work, s, uint64(i)) })
		}
		for in := 1; in <= 70; in += 3 {
			testWinogradWeightGrad(t, k, &work, winogradShape{2, 4, 6, in, 1 + in%4, in%2 == 0, false}, uint64(in))
		}
		for size := 1; size <= 18; size++ {
			testWinogradWeightGrad(t, k, &work, winogradShape{1 + size%5, size, 19 - size, 5, 1 + size%4, true, false}, 1)
		}
	})
}

func testWinogradWeightGrad(t *testing.T, k *Kernels, work *WinogradWork, s winogradShape, seed uint64) {
	t.Helper()
	c := newWinogradTest(s, newSource(seed))
	out := s.blocks * Lane
	before := slices.Clone(c.w)
	du := make([]float32, c.g.TransformedLen(out))

	// Twice, as for two sets of images: the sums and the end must both add.
	k.WinogradWeightGrad(&c.g, work, du, c.in, c.out, out)
	k.WinogradWeightGrad(&c.g, work, du, c.in, c.out, out)
	k.WinogradWeightGradEnd(&c.g, c.w, du, out)

	for i, v := range du {
		if v != 0 {
			t.Fatalf("%v: du is %v at %d after the end", s, v, i)
		}
	}
	checkWinogradWeightGrad(t, c, before)

	copy(c.w, before)
	k.WinogradWeightGradAtOnce(&c.g, work, c.w, c.in, c.out, out)
	k.WinogradWeightGradAtOnce(&c.g, work, c.w, c.in, c.out, out)
	checkWinogradWeightGrad(t, c, before)
}

// checkWinogradWeightGrad compares the weights with what they were before and
// twice their gradient.
func checkWinogradWeightGrad(t *testing.T, c *winogradTest, before []float32) {
	t.Helper()
	s, out := c.winogradShape, c.blocks*Lane
	checkDense(t, c.w)
	var d distance
	for tap := range 9 {
		for i := range s.in {
			for o := range out {
				index := (tap*s.in+i)*out + o
				want := float64(before[index])
				for image := range s.images {
					each(s.rows, s.cols, 1, func(y, x, _ int) {
						want += 2 * c.value(image, y+tap/3-1, x+tap%3-1, i) * float64(c.out[image*c.g.OutImage+y*c.g.OutRow+x*c.g.OutPixel+o])
					})
				}
				d.add(c.w[index], want)
			}
		}
	}
	if e := d.relative(); !(e < winogradError) {
		t.Errorf("%v: relative error %.3g", s, e)
	}
}

// TestWinogradWeightsInParts: the parts are the whole, bit for bit.
func TestWinogradWeightsInParts(t *testing.T) {
	eachISA(t, func(t *testing.T, k *Kernels) {
		for _, in := range []int{1, 16, 33, 70} {
			for blocks := 1; blocks <= 5; blocks++ {
				out := blocks * Lane
				g := Winograd{In: in}
				r := newSource(uint64(in))
				w := r.slice(9 * in * out)
				whole, parts := r.slice(g.TransformedLen(out)), r.slice(g.TransformedLen(out))
				k.WinogradWeights(&g, whole, w, out)
				for first := 0; first < in; first += 7 {
					k.WinogradWeightsOf(&g, parts, w, out, first, min(7, in-first))
				}
				if !slices.Equal(whole, parts) {
					t.Errorf("%d to %d channels: the parts differ from the whole", in, out)
				}
			}
		}
	})
}

// TestWinogradSpecials: a NaN or infinity reaches all that depends on it, and
// nothing outside the tiles that it touches.
func TestWinogradSpecials(t *testing.T) {
	eachISA(t, func(t *testing.T, k *Kernels) {
		var work WinogradWork
		for _, special := range []float64{math.NaN(), math.Inf(1)} {
			s := winogradShape{1, 13, 18, 16, 1, true, false}
			c := newWinogradTest(s, newSource(1))
			c.in[6*c.g.InRow+7*c.g.InPixel+3] = float32(special)
			u := make([]float32, c.g.TransformedLen(Lane))
			k.WinogradWeights(&c.g, u, c.w, Lane)
			k.WinogradConv(&c.g, &work, c.blockSlices(), c.in, u, false)
			c.eachOut(func(_, y, x, o int, v *float32) {
				finite := !math.IsNaN(float64(*v)) && !math.IsInf(float64(*v), 0)
				near := max(y-6, 6-y, x-7, 7-x)
				if near <= 1 && finite || near > 4 && !finite {
					t.Fatalf("%v at pixel 6,7: pixel %d,%d is %v", special, y, x, *v)
				}
			})
		}
	})
}
