package kernel

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

// imageShapes are those that the elementwise primitives are tested with.
var imageShapes = []struct{ rows, cols, ch int }{
	{1, 1, 16}, {1, 1, 80}, {3, 5, 16}, {8, 8, 64}, {2, 7, 48}, {5, 1, 32}, {1, 9, 96}, {32, 32, 16}, {4, 3, 128}, {2, 3, 80},
}

// specials are written over some of a test's numbers.
var specials = []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), 0, float32(math.Copysign(0, -1)), 1e-42, -1e-42}

// spoil writes specials over about a tenth of s.
func (r source) spoil(s []float32) {
	for i := range s {
		if r.IntN(10) == 0 {
			s[i] = specials[r.IntN(len(specials))]
		}
	}
}

// sameReLU fails unless got is max(v, 0), a NaN where v is.
func sameReLU(t *testing.T, got, v float32) {
	t.Helper()
	if want := max(v, 0); got != want && !(math.IsNaN(float64(got)) && math.IsNaN(float64(v))) {
		t.Fatalf("ReLU of %v is %v", v, got)
	}
}

func TestAffineSum(t *testing.T) {
	eachISA(t, func(t *testing.T, k *Kernels) {
		r := newSource(1)
		for _, s := range imageShapes {
			for n := 0; n <= 6; n++ {
				if s.rows*s.cols > 100 && n != 3 {
					continue // the small images have every case
				}
				for variant := range 16 {
					testAffineSum(t, k, r, s.rows, s.cols, s.ch, n, variant)
				}
			}
		}
	})
}

// testAffineSum: the variant's bits choose the shift, the ReLU, specials and
// whether dst is a term; each term has a scale or not by chance.
func testAffineSum(t *testing.T, k *Kernels, r source, rows, cols, ch, n, variant int) {
	t.Helper()
	hasShift, hasReLU, special, inPlace := variant&1 != 0, variant&2 != 0, variant&4 != 0, variant&8 != 0
	name := fmt.Sprintf("%dx%dx%d, %d terms, variant %b", rows, cols, ch, n, variant)
	dst := r.slice(rows * cols * ch)
	var terms []Term
	for i := range n {
		term := Term{X: r.slice(len(dst))}
		if special {
			r.spoil(term.X)
		}
		if r.IntN(2) == 0 {
			term.Scale = r.slice(ch)
		}
		if inPlace && i == n/2 {
			dst = term.X
		}
		terms = append(terms, term)
	}
	var shift []float32
	if hasShift {
		shift = r.slice(ch)
	}
	var relu Plane
	if hasReLU {
		relu = r.plane(rows, cols, ch)
	}
	want := make([]sum, len(dst))
	for i := range want {
		if shift != nil {
			want[i].add(shift[i%ch])
		}
		for _, term := range terms {
			if term.Scale != nil {
				want[i].add(term.X[i], term.Scale[i%ch])
			} else {
				want[i].add(term.X[i])
			}
		}
	}

	k.AffineSum(dst, shift, terms, relu, rows, cols, ch)

	checkDense(t, dst)
	for i := range want {
		want[i].check(t, dst[i], "%s at %d", name, i)
	}
	if hasReLU {
		checkGuards(t, relu, rows, cols, ch)
		each(rows, cols, ch, func(y, x, c int) { sameReLU(t, *at(relu, y, x, c), dst[(y*cols+x)*ch+c]) })
	}
}

func TestReLUCopy(t *testing.T) {
	eachISA(t, func(t *testing.T, k *Kernels) {
		r := newSource(2)
		for _, s := range imageShapes {
			src := r.slice(s.rows * s.cols * s.ch)
			r.spoil(src)
			dst := r.plane(s.rows, s.cols, s.ch)
			k.ReLUCopy(dst, src, s.rows, s.cols, s.ch)
			checkGuards(t, dst, s.rows, s.cols, s.ch)
			each(s.rows, s.cols, s.ch, func(y, x, c int) { sameReLU(t, *at(dst, y, x, c), src[(y*s.cols+x)*s.ch+c]) })
		}
	})
}

func TestMaskedSum(t *testing.T) {
	eachISA(t, func(t *testing.T, k *Kernels) {
		r := newSource(3)
		for _, pixels := range []int{1, 2, 3, 5, 64, 257} {
			for n := 0; n <= 5; n++ {
				for variant := range 8 {
					testMaskedSum(t, k, r, pixels*Lane, n, variant)
				}
			}
		}
	})
}

// testMaskedSum: the variant's bits choose a gradient g, specials and whether
// dst is an operand.
func testMaskedSum(t *testing.T, k *Kernels, r source, size, n, variant int) {
	t.Helper()
	hasGrad, special, inPlace := variant&1 != 0, variant&2 != 0, variant&4 != 0
	dst := r.slice(size)
	var g, y []float32
	if hasGrad {
		g, y = r.slice(size), r.slice(size)
		if special {
			r.spoil(g)
			r.spoil(y)
		}
	}
	var terms [][]float32
	for range n {
		terms = append(terms, r.slice(size))
	}
	switch {
	case inPlace && hasGrad:
		dst = g
	case inPlace && n > 0:
		dst = terms[0]
	}
	want := make([]sum, size)
	for i := range want {
		if hasGrad && y[i] > 0 {
			want[i].add(g[i])
		}
		for _, term := range terms {
			want[i].add(term[i])
		}
	}

	k.MaskedSum(dst, g, y, terms, size)

	checkDense(t, dst)
	for i := range want {
		want[i].check(t, dst[i], "%d numbers, %d terms, variant %b, at %d", size, n, variant, i)
	}
}

func TestPack(t *testing.T) {
	const out, in, kernel, pitch, first = 5, 3, 9, 32, 16
	r := newSource(4)
	w, scale := r.slice(out*in*kernel), r.slice(out)
	packed := make([]float32, kernel*in*pitch)
	PackWeights(packed, w, out, in, kernel, pitch, first, scale)
	transposed := make([]float32, kernel*pitch*Lane)
	PackTransposed(transposed, w, out, in, kernel, pitch, Lane, first)
	for o := range out {
		for i := range in {
			for tap := range kernel {
				v := w[(o*in+i)*kernel+tap]
				if got := packed[(tap*in+i)*pitch+first+o]; got != v*scale[o] {
					t.Errorf("packed[%d][%d][%d] = %v, want %v", tap, i, o, got, v*scale[o])
				}
				if got := transposed[((kernel-1-tap)*pitch+first+o)*Lane+i]; got != v {
					t.Errorf("transposed[%d][%d][%d] = %v, want %v", tap, o, i, got, v)
				}
			}
		}
	}
	PackWeights(packed, w, out, in, kernel, pitch, first, nil)
	back := make([]float32, len(w))
	UnpackWeights(back, packed, out, in, kernel, pitch, first)
	if !slices.Equal(back, w) {
		t.Errorf("unpacked %v, want %v", back, w)
	}
}
