package kernel

import "testing"

func TestMoments(t *testing.T) {
	eachISA(t, func(t *testing.T, k *Kernels) {
		r := newSource(5)
		for _, pixels := range []int{1, 2, 3, 4, 5, 7, 8, 9, 64, 1023} {
			for _, ch := range []int{16, 32, 48, 64, 80, 96, 128, 144} {
				testMoments(t, k, r, pixels, ch, false)
				testMoments(t, k, r, pixels, ch, true)
			}
		}
	})
}

func testMoments(t *testing.T, k *Kernels, r source, pixels, ch int, special bool) {
	t.Helper()
	x, pivot := r.slice(pixels*ch), r.slice(ch)
	if special {
		r.spoil(x)
	}
	total, squares := r.slice(ch), r.slice(ch)
	k.Moments(total, squares, x, pivot, pixels, ch)
	checkDense(t, total)
	checkDense(t, squares)
	for c := range ch {
		var s, q sum
		for p := range pixels {
			d := float64(x[p*ch+c]) - float64(pivot[c])
			s.addValue(d, 2)
			q.addValue(d*d, 4)
		}
		s.check(t, total[c], "sum of channel %d of %d, %d pixels", c, ch, pixels)
		q.check(t, squares[c], "squares of channel %d of %d, %d pixels", c, ch, pixels)
	}
}

func TestGradSums(t *testing.T) {
	eachISA(t, func(t *testing.T, k *Kernels) {
		r := newSource(6)
		for _, pixels := range []int{1, 2, 3, 4, 5, 7, 8, 9, 64, 1023} {
			for _, ch := range []int{16, 32, 48, 64, 80, 96, 128, 144} {
				testGradSums(t, k, r, pixels, ch, false)
				testGradSums(t, k, r, pixels, ch, true)
			}
		}
	})
}

func testGradSums(t *testing.T, k *Kernels, r source, pixels, ch int, special bool) {
	t.Helper()
	dy, z, mean := r.slice(pixels*ch), r.slice(pixels*ch), r.slice(ch)
	if special {
		r.spoil(dy)
		r.spoil(z)
	}
	total, dot := r.slice(ch), r.slice(ch)
	k.GradSums(total, dot, dy, z, mean, pixels, ch)
	checkDense(t, total)
	checkDense(t, dot)
	for c := range ch {
		var s, d sum
		for p := range pixels {
			g := float64(dy[p*ch+c])
			s.addValue(g, 1)
			d.addValue(g*(float64(z[p*ch+c])-float64(mean[c])), 4)
		}
		s.check(t, total[c], "sum of channel %d of %d, %d pixels", c, ch, pixels)
		d.check(t, dot[c], "dot of channel %d of %d, %d pixels", c, ch, pixels)
	}
}

func TestNormGrad(t *testing.T) {
	eachISA(t, func(t *testing.T, k *Kernels) {
		r := newSource(7)
		for _, s := range imageShapes {
			for _, special := range []bool{false, true} {
				n := s.rows * s.cols * s.ch
				dy, z := r.slice(n), r.slice(n)
				if special {
					r.spoil(dy)
					r.spoil(z)
				}
				a, b, c := r.slice(s.ch), r.slice(s.ch), r.slice(s.ch)
				dst := r.plane(s.rows, s.cols, s.ch)
				k.NormGrad(dst, dy, z, a, b, c, s.rows, s.cols, s.ch)
				checkGuards(t, dst, s.rows, s.cols, s.ch)
				each(s.rows, s.cols, s.ch, func(y, x, i int) {
					at0 := (y*s.cols+x)*s.ch + i
					var want sum
					want.add(a[i], dy[at0])
					want.add(b[i], z[at0])
					want.add(c[i])
					want.check(t, *at(dst, y, x, i), "%v at %d", s, at0)
				})
			}
		}
	})
}
