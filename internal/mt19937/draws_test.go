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

// PyTorch 1.13's manual_seed(777), exponential_() and uniform_(-0.1, 0.1).
func TestTorchExponentialsAndUniforms(t *testing.T) {
	got := make([]float32, 6)
	New(777).Exponentials(got)
	if want := []float32{0x1.10ad7cp+0, 0x1.06ca5ap-2, 0x1.a93028p-5, 0x1.946c5ep+0, 0x1.d3c874p-1, 0x1.58b346p-1}; !slices.Equal(got, want) {
		t.Errorf("exponential_ %x, want %x", got, want)
	}
	New(777).Uniforms(got, 0.1)
	if want := []float32{-0x1.567eb6p-4, -0x1.d0a734p-10, -0x1.3ce374p-6, -0x1.75d14ep-6, 0x1.386116p-4, 0x1.383236p-4}; !slices.Equal(got, want) {
		t.Errorf("uniform_ %x, want %x", got, want)
	}
}

// Python 3's random.seed(777), random.sample and then getrandbits(32).
func TestPythonSample(t *testing.T) {
	for _, tt := range []struct {
		n, k int
		want []int
		next uint32
	}{
		{5, 5, []int{1, 3, 4, 2, 0}, 3570701584},
		{21, 3, []int{7, 14, 19}, 4260128254},
		{22, 3, []int{7, 14, 11}, 2471791504},
		{100, 7, []int{29, 57, 47, 73, 34, 43, 68}, 3231174163},
		{85, 10, []int{29, 57, 83, 47, 73, 34, 43, 68, 5, 82}, 3918098039},
		{86, 6, []int{29, 57, 47, 73, 34, 43}, 2309337560},
		{15625, 8, []int{3757, 7304, 7300, 6039, 9429, 4420, 13621, 5507}, 2309337560},
	} {
		s := NewPython(777)
		if got := s.Sample(tt.n, tt.k); !slices.Equal(got, tt.want) {
			t.Errorf("sample of %d from %d: %v, want %v", tt.k, tt.n, got, tt.want)
		}
		if got := s.Uint32(); got != tt.next {
			t.Errorf("sample of %d from %d: then %d, want %d", tt.k, tt.n, got, tt.next)
		}
	}
}

// PyTorch 1.13's manual_seed(777) and randn(10): few numbers come in another way.
func TestTorchFewNormals(t *testing.T) {
	got := make([]float32, 10)
	New(777).Normals(got)
	for i, want := range map[int]float64{
		0: -0.401486873626709, 1: -0.5933555960655212, 2: 1.6885074377059937, 3: 0.5554274320602417, 4: -0.9432996511459351, 9: 2.3270833492279053,
	} {
		if math.Abs(float64(got[i])-want) > 1e-6*math.Abs(want) {
			t.Errorf("randn(10)[%d] = %v, want %v", i, got[i], want)
		}
	}
	odd := make([]float32, 3)
	New(777).Normals(odd)
	if !slices.Equal(odd, got[:3]) {
		t.Errorf("randn(3) = %v, want %v", odd, got[:3])
	}
}
