package kernel

import "testing"

func TestPositiveMean(t *testing.T) {
	eachISA(t, func(t *testing.T, k *Kernels) {
		r := newSource(11)
		for _, s := range imageShapes {
			for _, special := range []bool{false, true} {
				pixels := s.rows * s.cols
				x, scale, shift, dst := r.slice(pixels*s.ch), r.slice(s.ch), r.slice(s.ch), r.slice(s.ch)
				if special {
					r.spoil(x)
				}
				k.PositiveMean(dst, x, scale, shift, pixels, s.ch)
				checkDense(t, dst)
				for c := range s.ch {
					var want sum
					for p := range pixels {
						v := normalized(x[p*s.ch+c], scale[c], shift[c])
						want.addValue(max(v.value, 0), 2)
						want.magnitude += v.magnitude
					}
					want.times(1 / float64(pixels))
					want.check(t, dst[c], "%v channel %d", s, c)
				}
			}
		}
	})
}

func TestPositiveMeanGrad(t *testing.T) {
	eachISA(t, func(t *testing.T, k *Kernels) {
		r := newSource(12)
		for _, s := range imageShapes {
			pixels := s.rows * s.cols
			x, scale, shift, g := r.slice(pixels*s.ch), r.slice(s.ch), r.slice(s.ch), r.slice(s.ch)
			dst := r.slice(len(x))
			k.PositiveMeanGrad(dst, g, x, scale, shift, pixels, s.ch)
			checkDense(t, dst)
			for i, v := range dst {
				c := i % s.ch
				at := normalized(x[i], scale[c], shift[c])
				if at.value < unit*at.magnitude*at.n && at.value > -unit*at.magnitude*at.n {
					continue // rounding decides
				}
				var want sum
				if at.value > 0 {
					want.addValue(float64(g[c]), 1)
					want.times(1 / float64(pixels))
				}
				want.check(t, v, "%v at %d", s, i)
			}
		}
	})
}

// normalized is scale*x + shift.
func normalized(x, scale, shift float32) (s sum) {
	s.add(x, scale)
	s.add(shift)
	return s
}
