package plots

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestFront(t *testing.T) {
	got := Front([]Point{{3, 70}, {1, 50}, {2, 60}, {2, 65}, {2.5, 64}, {3, 70}, {4, 69}})
	want := []Point{{1, 50}, {2, 65}, {3, 70}}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestTauCountsPairs(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		n := 2 + r.IntN(30)
		a, b := r.Perm(n), r.Perm(n)
		sum := 0
		for i := range n {
			for j := range i {
				if (a[i] < a[j]) == (b[i] < b[j]) {
					sum++
				} else {
					sum--
				}
			}
		}
		want := float64(sum) / float64(n*(n-1)/2)
		if got := Tau(a, b); math.Abs(got-want) > 1e-12 {
			t.Fatalf("tau of %v and %v: got %g, want %g", a, b, got, want)
		}
	}
	if got := Tau([]int{1}, []int{1}); got != 1 {
		t.Errorf("one: %g", got)
	}
}

func TestRankOfEqualScores(t *testing.T) {
	got := rank(Scores{Of: map[int]float64{2: 50, 5: 70, 7: 50}}, []int{2, 5, 7})
	if want := []int{2, 1, 3}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestPicturesAreWellFormed(t *testing.T) {
	scores := []Scores{
		{"a & b", map[int]float64{0: 1, 1: 2, 2: 3, 3: math.NaN()}},
		{"c", map[int]float64{0: 3, 1: 2, 2: 1, 3: 5, 9: 9}},
	}
	for name, draw := range map[string]func(io.Writer, Format) error{
		"scatter": func(w io.Writer, f Format) error {
			return Scatter(w, f, "title <", "cost", "accuracy", []Point{{1, 2}, {math.Inf(1), 3}, {2, 5}})
		},
		"one point": func(w io.Writer, f Format) error { return Scatter(w, f, "", "cost", "accuracy", []Point{{1, 2}}) },
		"curves": func(w io.Writer, f Format) error {
			return Curves(w, f, "title", Panel{Unit: "loss", Falling: true, Curves: []Curve{
				{"train", 777, []int{0, 1, 2}, []float64{3, math.NaN(), 1}}, {"test", 777, []int{11}, []float64{2}}, {"none", 1, nil, nil}}})
		},
		"grid": func(w io.Writer, f Format) error {
			curves := []Curve{{"none", 777, []int{0, 1}, []float64{0.2, 0.3}}}
			return CurveGrid(w, f, 2, Panel{Unit: "1<-0", Curves: curves}, Panel{Unit: "2<-0", Curves: curves}, Panel{Unit: "2<-1", Curves: curves})
		},
		"ranks": func(w io.Writer, f Format) error { return Ranks(w, f, "title", scores) },
	} {
		var svg, pixels bytes.Buffer
		if err := errors.Join(draw(&svg, SVG), draw(&pixels, PNG)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := xml.Unmarshal(svg.Bytes(), new(struct{})); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := png.Decode(&pixels); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := Scatter(io.Discard, SVG, "", "", "", nil); !errors.Is(err, ErrNothing) {
		t.Errorf("nothing: %v", err)
	}
	if err := CurveGrid(io.Discard, SVG, 3); !errors.Is(err, ErrNothing) {
		t.Errorf("nothing: %v", err)
	}
	if err := Ranks(io.Discard, SVG, "", nil); !errors.Is(err, ErrNothing) {
		t.Errorf("nothing: %v", err)
	}
}
