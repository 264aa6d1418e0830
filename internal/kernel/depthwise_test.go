package kernel

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

// depthwiseCase is an operation on each channel by itself.
type depthwiseCase struct {
	*Conv
	in   []float32
	name string
}

// eachDepthwise calls f for sides around the sizes of a tile, kernel sizes,
// strides and dilations.
func eachDepthwise(r source, f func(c depthwiseCase)) {
	for _, rows := range []int{1, 2, 5} {
		for _, cols := range []int{1, 3, 4, 7, 8, 9, 13, 16} {
			for _, kernel := range []struct{ size, stride, dilation int }{{1, 1, 1}, {3, 1, 1}, {3, 2, 1}, {3, 1, 2}, {5, 1, 1}, {5, 2, 2}, {5, 3, 1}} {
				ch := Lane * (1 + r.IntN(3))
				reach := kernel.dilation*(kernel.size-1) + 1
				width := (cols-1)*kernel.stride + reach
				height := (rows-1)*kernel.stride + reach
				in := r.slice(height * width * ch)
				g := &Conv{Rows: rows, Cols: cols, In: ch, InPixel: kernel.stride * ch, InRow: kernel.stride * width * ch}
				for y := range kernel.size {
					for x := range kernel.size {
						g.Taps = append(g.Taps, kernel.dilation*(y*width+x)*ch)
					}
				}
				f(depthwiseCase{g, in, fmt.Sprintf("%dx%dx%d, kernel %v", rows, cols, ch, kernel)})
			}
		}
	}
}

// at is the input of output pixel (y, x) at a tap.
func (c depthwiseCase) at(y, x, tap, channel int) float32 {
	return c.in[y*c.InRow+x*c.InPixel+c.Taps[tap]+channel]
}

// out returns a plane of guards for the output, and sets its pitches.
func (c depthwiseCase) out(r source) Plane {
	p := r.plane(c.Rows, c.Cols, c.In)
	c.OutPixel, c.OutRow = p.Pixel, p.Row
	return p
}

func TestDepthwise(t *testing.T) {
	eachISA(t, func(t *testing.T, k *Kernels) {
		r := newSource(20)
		eachDepthwise(r, func(c depthwiseCase) {
			w, out := r.slice(len(c.Taps)*c.In), c.out(r)
			k.Depthwise(c.Conv, out.Data, c.in, w)
			checkGuards(t, out, c.Rows, c.Cols, c.In)
			each(c.Rows, c.Cols, c.In, func(y, x, o int) {
				var want sum
				for tap := range c.Taps {
					want.add(c.at(y, x, tap, o), w[tap*c.In+o])
				}
				want.check(t, *at(out, y, x, o), "%s at %d,%d,%d", c.name, y, x, o)
			})
		})
	})
}

func TestDepthwiseWeightGrad(t *testing.T) {
	eachISA(t, func(t *testing.T, k *Kernels) {
		r := newSource(21)
		eachDepthwise(r, func(c depthwiseCase) {
			dz, dw := c.out(r), r.slice(len(c.Taps)*c.In)
			r.fill(dz, c.Rows, c.Cols, c.In)
			before := slices.Clone(dw)
			k.DepthwiseWeightGrad(c.Conv, dw, c.in, dz)
			checkDense(t, dw)
			for tap := range c.Taps {
				for o := range c.In {
					var want sum
					want.add(before[tap*c.In+o])
					each(c.Rows, c.Cols, 1, func(y, x, _ int) { want.add(c.at(y, x, tap, o), *at(dz, y, x, o)) })
					want.check(t, dw[tap*c.In+o], "%s, tap %d, channel %d", c.name, tap, o)
				}
			}
		})
	})
}

func TestMaxPool(t *testing.T) {
	eachISA(t, func(t *testing.T, k *Kernels) {
		r := newSource(22)
		eachDepthwise(r, func(c depthwiseCase) {
			r.spoil(c.in)
			out := c.out(r)
			k.MaxPool(c.Conv, out.Data, c.in)
			checkGuards(t, out, c.Rows, c.Cols, c.In)
			each(c.Rows, c.Cols, c.In, func(y, x, o int) {
				want := c.at(y, x, 0, o)
				for tap := range c.Taps {
					want = max(want, c.at(y, x, tap, o))
				}
				if got := *at(out, y, x, o); got != want && !(got != got && want != want) {
					t.Fatalf("%s at %d,%d,%d: %v, want %v", c.name, y, x, o, got, want)
				}
			})
		})
	})
}

// Of equal values the first has the gradient.
func TestMaxPoolGradAdd(t *testing.T) {
	eachISA(t, func(t *testing.T, k *Kernels) {
		r := newSource(23)
		eachDepthwise(r, func(c depthwiseCase) {
			for i := range c.in {
				c.in[i] = float32(r.IntN(3)) // many are equal
			}
			c.OutPixel, c.OutRow = c.In, c.Cols*c.In
			size := c.Rows * c.OutRow
			y, dy, din := r.slice(size), r.slice(size), r.slice(len(c.in))
			want := make([]sum, len(din))
			for i, v := range din {
				want[i].add(v)
			}
			k.MaxPool(c.Conv, y, c.in)
			each(c.Rows, c.Cols, c.In, func(py, px, o int) {
				best := 0
				for tap := range c.Taps {
					if c.at(py, px, tap, o) > c.at(py, px, best, o) {
						best = tap
					}
				}
				want[py*c.InRow+px*c.InPixel+c.Taps[best]+o].add(dy[py*c.OutRow+px*c.OutPixel+o])
			})
			k.MaxPoolGradAdd(c.Conv, din, c.in, y, dy)
			checkDense(t, din)
			for i := range want {
				want[i].check(t, din[i], "%s at %d", c.name, i)
			}
		})
	})
}

func TestPackDepthwise(t *testing.T) {
	const channels, taps, pitch = 5, 9, Lane
	w := newSource(24).slice(channels * taps)
	packed, back := make([]float32, taps*pitch), make([]float32, len(w))
	PackDepthwise(packed, w, channels, taps, pitch)
	for c := range channels {
		for tap := range taps {
			if got := packed[tap*pitch+c]; got != w[c*taps+tap] {
				t.Errorf("packed[%d][%d] = %v, want %v", tap, c, got, w[c*taps+tap])
			}
		}
	}
	if UnpackDepthwise(back, packed, channels, taps, pitch); !slices.Equal(back, w) {
		t.Errorf("unpacked %v, want %v", back, w)
	}
}

// TestFramed: the frame keeps its value.
func TestFramed(t *testing.T) {
	k, err := For(Generic)
	if err != nil {
		t.Fatal(err)
	}
	const rows, cols, ch, border = 3, 4, Lane, 2
	low := float32(math.Inf(-1))
	b := NewFramed(rows, cols, ch, border, low)
	k.ReLUCopy(b.Inside(), newSource(25).slice(rows*cols*ch), rows, cols, ch)
	each(rows+2*border, cols+2*border, ch, func(y, x, c int) {
		inside := y >= border && y < rows+border && x >= border && x < cols+border
		if got := *at(b.Whole(), y, x, c); (got == low) == inside {
			t.Fatalf("pixel %d,%d is %v", y, x, got)
		}
	})
}

// benchDepthwise times f on the shapes of a two-cell network.
func benchDepthwise(b *testing.B, f func(k *Kernels, g *Conv, in, w []float32, out Plane)) {
	eachBenchISA(b, func(b *testing.B, k *Kernels) {
		for _, s := range []struct{ side, ch int }{{32, 16}, {32, 48}, {16, 32}, {8, 64}} {
			for _, size := range []int{3, 5} {
				b.Run(fmt.Sprintf("%dx%d/%dx%dx%d", size, size, s.side, s.side, s.ch), func(b *testing.B) {
					in := NewFramed(s.side, s.side, s.ch, size/2, 0).Whole()
					g := &Conv{Rows: s.side, Cols: s.side, In: s.ch, InPixel: in.Pixel, InRow: in.Row, Taps: taps(size, in), OutPixel: s.ch, OutRow: s.side * s.ch}
					out, w := Dense(make([]float32, s.side*s.side*s.ch), s.side, s.ch), make([]float32, size*size*s.ch)
					b.ReportAllocs()
					for b.Loop() {
						f(k, g, in.Data, w, out)
					}
					flops := 2 * float64(s.side*s.side*s.ch*size*size)
					b.ReportMetric(flops*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GFLOP/s")
				})
			}
		}
	})
}

func BenchmarkDepthwise(b *testing.B) {
	benchDepthwise(b, func(k *Kernels, g *Conv, in, w []float32, out Plane) { k.Depthwise(g, out.Data, in, w) })
}

func BenchmarkDepthwiseWeightGrad(b *testing.B) {
	benchDepthwise(b, func(k *Kernels, g *Conv, in, w []float32, out Plane) { k.DepthwiseWeightGrad(g, w, in, out) })
}

func BenchmarkMaxPool(b *testing.B) {
	benchDepthwise(b, func(k *Kernels, g *Conv, in, _ []float32, out Plane) { k.MaxPool(g, out.Data, in) })
}

func BenchmarkMaxPoolGradAdd(b *testing.B) {
	benchDepthwise(b, func(k *Kernels, g *Conv, in, _ []float32, out Plane) {
		k.MaxPoolGradAdd(g, in, in, out.Data, out.Data)
	})
}
