package mt19937

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"testing"
)

// The expected numbers are those of Python 3 and of PyTorch 1.13; they are
// pinned, because splits, index order and initial weights follow from them.

func TestPythonWords(t *testing.T) {
	tests := []struct {
		seed   uint64
		first  [4]uint32 // getrandbits(32) four times
		num2k5 uint32    // the 2005th
	}{
		{0, [4]uint32{3626764237, 1654615998, 3255389356, 3823568514}, 3344137717},
		{1, [4]uint32{577090037, 2444712010, 3639700191, 3445702192}, 838852606},
		{88, [4]uint32{1707201716, 4182107318, 813946014, 1429399738}, 642613560},
		{1021, [4]uint32{2281139279, 2181293582, 765710408, 2426439274}, 3622267886},
		{1<<32 - 1, [4]uint32{2728839433, 2661025012, 872737089, 924893097}, 310334080},
		{1 << 32, [4]uint32{485306839, 1508871100, 1794561286, 4014597330}, 609744261},
		{1<<63 + 12345, [4]uint32{1308997459, 1668775168, 912389232, 665509477}, 3310597751},
		{1<<64 - 1, [4]uint32{93740670, 1068495656, 1452108352, 2657516307}, 1473139353},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.seed), func(t *testing.T) {
			s := NewPython(tt.seed)
			for i, want := range tt.first {
				if got := s.Uint32(); got != want {
					t.Errorf("word %d: got %d, want %d", i, got, want)
				}
			}
			for range 2000 {
				s.Uint32()
			}
			if got := s.Uint32(); got != tt.num2k5 {
				t.Errorf("word 2004: got %d, want %d", got, tt.num2k5)
			}
		})
	}
}

func TestPythonRandom(t *testing.T) {
	tests := []struct {
		seed uint64
		want []float64
	}{
		{88, []float64{0x1.970752fca2f24p-2, 0x1.841ea45532e88p-3, 0x1.ce0c86cbd6b9dp-1, 0x1.40466f00ec1fep-1}},
		{1<<40 + 7, []float64{0x1.3a3761afd4291p-1, 0x1.a13cb57c0715ap-1, 0x1.e3d88c68edf49p-1, 0x1.240a3fed28776p-1}},
	}
	for _, tt := range tests {
		s := NewPython(tt.seed)
		for i, want := range tt.want {
			if got := s.Float64(); got != want {
				t.Errorf("seed %d, number %d: got %x, want %x", tt.seed, i, got, want)
			}
		}
	}
}

func TestPythonRandrange(t *testing.T) {
	s := NewPython(88)
	tests := []struct{ n, want int }{
		{1, 0}, {2, 0}, {3, 1}, {10, 2}, {1000, 640}, {15625, 236},
		{1 << 31, 33561369}, {1 << 32, 3661378961}, {1<<32 + 1, 2946468513},
		{1 << 40, 490208268698}, {math.MaxInt64, 8781196486452098550}, {1 << 62, 4074703523921440263},
	}
	for _, tt := range tests {
		if got := s.Intn(tt.n); got != tt.want {
			t.Errorf("Intn(%d) = %d, want %d", tt.n, got, tt.want)
		}
	}
}

func TestPythonShuffle(t *testing.T) {
	permutation := func(seed uint64, n int) []int {
		x := make([]int, n)
		for i := range x {
			x[i] = i
		}
		NewPython(seed).Shuffle(n, func(i, j int) { x[i], x[j] = x[j], x[i] })
		return x
	}
	if got, want := permutation(88, 10), []int{8, 2, 9, 4, 0, 7, 1, 5, 3, 6}; !slices.Equal(got, want) {
		t.Errorf("seed 88: got %v, want %v", got, want)
	}
	got := permutation(1021, 50000)
	if want := []int{49328, 20728, 42029, 15448, 5796, 13308, 2066, 24573}; !slices.Equal(got[:8], want) {
		t.Errorf("seed 1021 begins %v, want %v", got[:8], want)
	}
	if want := []int{26776, 35043, 16519, 16094, 37024, 11683, 33283, 34807}; !slices.Equal(got[50000-8:], want) {
		t.Errorf("seed 1021 ends %v, want %v", got[50000-8:], want)
	}
	for _, n := range []int{0, 1} {
		NewPython(1).Shuffle(n, func(i, j int) { t.Errorf("swap(%d, %d) of %d elements", i, j, n) })
	}
}

func TestTorchRand(t *testing.T) {
	tests := []struct {
		seed  uint32
		first [4]float32 // torch.rand(2000)[:4]
		last  float32    // torch.rand(2000)[-1]
	}{
		{0, [4]float32{0x1.fc2abp-2, 0x1.89545ep-1, 0x1.6a675p-4, 0x1.0e66p-3}, 0x1.c0e16ap-1},
		{777, [4]float32{0x1.4f867p-4, 0x1.f6ecbcp-2, 0x1.9cf8ecp-2, 0x1.8b2e98p-2}, 0x1.bb591cp-1},
		{888, [4]float32{0x1.853fcp-5, 0x1.630f34p-1, 0x1.09cf68p-3, 0x1.a1c9dep-1}, 0x1.ad5ep-4},
		{1<<32 - 1, [4]float32{0x1.fcd346p-1, 0x1.248244p-1, 0x1.23d818p-1, 0x1.9588ep-5}, 0x1.448dap-5},
		{5 /* as 1<<32 + 5 */, [4]float32{0x1.a916c6p-1, 0x1.02467p-3, 0x1.d09fdep-1, 0x1.a3cd7ap-1}, 0x1.012eb8p-1},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.seed), func(t *testing.T) {
			s := New(tt.seed)
			got := make([]float32, 2000)
			for i := range got {
				got[i] = s.Float24()
			}
			if !slices.Equal(got[:4], tt.first[:]) {
				t.Errorf("got %x, want %x", got[:4], tt.first)
			}
			if got[1999] != tt.last {
				t.Errorf("last: got %x, want %x", got[1999], tt.last)
			}
		})
	}
}

func TestIntnPanicsWithoutRange(t *testing.T) {
	for _, n := range []int{0, -1, math.MinInt64} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("Intn(%d) did not panic", n)
				}
			}()
			New(0).Intn(n)
		}()
	}
}

func TestStateRoundTrip(t *testing.T) {
	for _, used := range []int{0, 1, 623, 624, 625, 5000} {
		s := New(777)
		for range used {
			s.Uint32()
		}
		b, err := s.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		r := New(1)
		if err := r.UnmarshalBinary(b); err != nil {
			t.Fatal(err)
		}
		for i := range 1300 {
			if got, want := r.Uint32(), s.Uint32(); got != want {
				t.Fatalf("after %d: word %d: got %d, want %d", used, i, got, want)
			}
		}
	}
}

func TestUnmarshalRefuses(t *testing.T) {
	good, _ := New(1).MarshalBinary()
	late := slices.Clone(good)
	late[encodedLen-1] = 0xff
	zero := make([]byte, encodedLen)
	zero[0] = 1 // no part of the state proper
	for name, b := range map[string][]byte{
		"empty": nil, "short": good[:encodedLen-1], "long": append(slices.Clone(good), 0),
		"position past the end": late, "all zero": zero,
	} {
		s := New(5)
		before, _ := s.MarshalBinary()
		if err := s.UnmarshalBinary(b); err == nil {
			t.Errorf("%s: no error", name)
		}
		if after, _ := s.MarshalBinary(); !bytes.Equal(before, after) {
			t.Errorf("%s: a refused state changed the source", name)
		}
	}
}

func BenchmarkUint32(b *testing.B) {
	s := New(0)
	b.ReportAllocs()
	b.SetBytes(4)
	for b.Loop() {
		s.Uint32()
	}
}

// TestFillDrawsTheSame compares Fill with single draws, over the end of the state.
func TestFillDrawsTheSame(t *testing.T) {
	one, many := New(5), New(5)
	for _, n := range []int{1, 600, 0, 1400, 7} {
		words := make([]uint32, n)
		many.Fill(words)
		for i, w := range words {
			if want := one.Uint32(); w != want {
				t.Fatalf("word %d of %d is %d, want %d", i, n, w, want)
			}
		}
	}
}

// TestVectorsAreTheWords compares what may be done by vectors with single words.
func TestVectorsAreTheWords(t *testing.T) {
	vectors, words := New(5), New(5)
	for range 3 {
		vectors.refill()
		words.twistWords(0, stateLen-shift, shift)
		words.twistWords(stateLen-shift, stateLen, shift-stateLen)
		if vectors.state != words.state {
			t.Fatal("the states differ")
		}
		for n := range stateLen + 1 {
			got, want := make([]uint32, n+1), make([]uint32, n+1)
			temperAll(got[:n], vectors.state[stateLen-n:])
			temperWords(want[:n], words.state[stateLen-n:])
			if !slices.Equal(got, want) {
				t.Fatalf("%d words differ", n)
			}
		}
	}
}

func BenchmarkFill(b *testing.B) {
	s, words := New(0), make([]uint32, 10000)
	b.ReportAllocs()
	b.SetBytes(int64(4 * len(words)))
	for b.Loop() {
		s.Fill(words)
	}
}
