package mt19937

import (
	"math"
	"slices"
	"testing"
)

// NumPy 1.24's RandomState(777).
func TestNumPyDraws(t *testing.T) {
	s := New(777)
	var got []int
	for _, n := range []int{5, 8, 1, 7, 100, 5, 2, 3} {
		got = append(got, s.MaskedIntn(n))
	}
	if want := []int{3, 6, 0, 1, 71, 4, 1, 1}; !slices.Equal(got, want) {
		t.Errorf("randint %v, want %v", got, want)
	}
	if got, want := s.Float64(), 0.7269889843190701; got != want {
		t.Errorf("rand %v, want %v", got, want)
	}
}

// PyTorch 1.13's manual_seed(777), randn of 30 and then of 40 numbers.
func TestTorchNormals(t *testing.T) {
	s := New(777)
	for _, draw := range []struct {
		n    int
		want map[int]float64
	}{
		{30, map[int]float64{
			0: 0.18738971650600433, 1: -0.09800377488136292, 8: -0.3685327470302582, 13: -1.4250175952911377,
			14: -0.9167771935462952, 15: -0.9495559930801392, 16: 1.121860146522522, 29: 0.2265273630619049,
		}},
		{40, map[int]float64{
			0: 0.3275374174118042, 31: 0.9812428951263428, 32: -0.007267320062965155, 39: 2.471778631210327,
		}},
	} {
		x := make([]float32, draw.n)
		s.Normals(x)
		for i, want := range draw.want {
			if math.Abs(float64(x[i])-want) > 1e-6 {
				t.Errorf("randn(%d)[%d] = %v, want %v", draw.n, i, x[i], want)
			}
		}
	}
}

// PyTorch 1.13's rand(3, dtype=float64) after manual_seed(5).
func TestTorchFloat53(t *testing.T) {
	s := New(5)
	for i, want := range []float64{0.6420150066280941, 0.2597579151763153, 0.36082761942715424} {
		if got := s.Float53(); got != want {
			t.Errorf("number %d: %v, want %v", i, got, want)
		}
	}
}
