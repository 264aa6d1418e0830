package kernel

import (
	"math"
	"slices"
	"testing"
)

func TestAvgPool(t *testing.T) {
	eachISA(t, func(t *testing.T, k *Kernels) {
		eachPool(func(r source, rows, cols, ch int, add, special bool) {
			src, dst, work := r.slice(rows*cols*ch), r.slice(rows*cols*ch), r.slice(cols*ch)
			if special {
				r.spoil(src)
			}
			before := slices.Clone(dst)
			k.AvgPool(dst, src, work, rows, cols, ch, add)
			checkDense(t, dst)
			checkDense(t, work)
			each(rows, cols, ch, func(y, x, c int) {
				var want sum
				eachNear(rows, cols, y, x, func(y, x int) { want.add(src[(y*cols+x)*ch+c]) })
				want.times(1 / near(rows, cols, y, x))
				i := (y*cols+x)*ch + c
				if add {
					want.add(before[i])
				}
				want.check(t, dst[i], "%dx%dx%d at %d", rows, cols, ch, i)
			})
		})
	})
}

func TestAvgPoolGrad(t *testing.T) {
	eachISA(t, func(t *testing.T, k *Kernels) {
		eachPool(func(r source, rows, cols, ch int, add, special bool) {
			dy, dst, work := r.slice(rows*cols*ch), r.slice(rows*cols*ch), r.slice(cols*ch)
			if special {
				r.spoil(dy)
			}
			before := slices.Clone(dst)
			k.AvgPoolGrad(dst, dy, work, rows, cols, ch, add)
			checkDense(t, dst)
			checkDense(t, work)
			each(rows, cols, ch, func(y, x, c int) {
				i := (y*cols+x)*ch + c
				var want sum
				if add {
					want.add(before[i])
				}
				eachNear(rows, cols, y, x, func(v, u int) {
					want.addValue(float64(dy[(v*cols+u)*ch+c])/near(rows, cols, v, u), 3)
				})
				want.check(t, dst[i], "%dx%dx%d at %d", rows, cols, ch, i)
			})
		})
	})
}

func eachPool(f func(r source, rows, cols, ch int, add, special bool)) {
	r := newSource(8)
	for _, s := range imageShapes {
		for variant := range 4 {
			f(r, s.rows, s.cols, s.ch, variant&1 != 0, variant&2 != 0)
		}
	}
	for rows := 1; rows <= 4; rows++ {
		for cols := 1; cols <= 9; cols++ {
			f(r, rows, cols, 16, rows%2 == 0, false)
			f(r, rows, cols, 48, rows%2 == 1, false)
		}
	}
}

// eachNear calls f for the pixels inside the image of a 3x3 window.
func eachNear(rows, cols, y, x int, f func(y, x int)) {
	for v := max(y-1, 0); v <= min(y+1, rows-1); v++ {
		for u := max(x-1, 0); u <= min(x+1, cols-1); u++ {
			f(v, u)
		}
	}
}

// near is the number of those pixels.
func near(rows, cols, y, x int) float64 {
	n := 0
	eachNear(rows, cols, y, x, func(int, int) { n++ })
	return float64(n)
}

func TestHalfPool(t *testing.T) {
	eachISA(t, func(t *testing.T, k *Kernels) {
		r := newSource(9)
		for _, s := range imageShapes {
			rows, cols, ch := 2*s.rows, 2*s.cols, s.ch
			src, dst := r.slice(rows*cols*ch), r.slice(s.rows*s.cols*ch)
			k.HalfPool(dst, src, rows, cols, ch)
			checkDense(t, dst)
			each(s.rows, s.cols, ch, func(y, x, c int) {
				var want sum
				for _, p := range [][2]int{{0, 0}, {0, 1}, {1, 0}, {1, 1}} {
					want.addValue(float64(src[((2*y+p[0])*cols+2*x+p[1])*ch+c])/4, 1)
				}
				want.check(t, dst[(y*s.cols+x)*ch+c], "%v", s)
			})

			grad := r.slice(len(src))
			before := slices.Clone(grad)
			k.HalfPoolGradAdd(grad, dst, rows, cols, ch)
			checkDense(t, grad)
			each(rows, cols, ch, func(y, x, c int) {
				i := (y*cols+x)*ch + c
				var want sum
				want.add(before[i])
				want.addValue(float64(dst[(y/2*s.cols+x/2)*ch+c])/4, 1)
				want.check(t, grad[i], "%v", s)
			})
		}
	})
}

// TestBordered: the border stays zero whatever is written inside.
func TestBordered(t *testing.T) {
	k, err := For(Generic)
	if err != nil {
		t.Fatal(err)
	}
	const rows, cols, ch = 3, 4, 32
	r := newSource(10)
	src := r.slice(rows * cols * ch)
	b := NewBordered(rows, cols, ch)
	k.ReLUCopy(b.Inside(), src, rows, cols, ch)
	whole := b.Whole()
	each(rows+2, cols+2, ch, func(y, x, c int) {
		want := float32(0)
		if y > 0 && y <= rows && x > 0 && x <= cols {
			want = max(src[((y-1)*cols+x-1)*ch+c], 0)
		}
		if got := *at(whole, y, x, c); math.Float32bits(got) != math.Float32bits(want) {
			t.Fatalf("pixel %d,%d channel %d is %v, want %v", y, x, c, got, want)
		}
	})
}
