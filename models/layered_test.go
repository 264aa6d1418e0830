package models

import (
	"math"
	"slices"
	"testing"

	"cellnet/internal/mt19937"
)

// uniformImages are n images of numbers in [-2, 2).
func uniformImages(n, side int, seed uint32) []float32 {
	x := make([]float32, n*3*side*side)
	random := mt19937.New(seed)
	for i := range x {
		x[i] = 4*random.Float24() - 2
	}
	return x
}

// TestLayeredComputesWhatTheGraphDoes compares logits, gradients and what Trace
// shows, in memory that another network has used before.
func TestLayeredComputesWhatTheGraphDoes(t *testing.T) {
	const side, images = 16, 5
	var pool Pool
	labels := []int{1, 2, 3, 4, 0}
	x := uniformImages(images, side, 7)
	for i, arch := range []string{
		"|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_3x3~1|skip_connect~2|",
		"|nor_conv_1x1~0|+|nor_conv_3x3~0|none~1|+|avg_pool_3x3~0|none~1|nor_conv_1x1~2|",
	} {
		for _, pooled := range []*Pool{nil, &pool} {
			params, err := Initialize(network(t, parse(t, arch), 5+3*i, 1, 10), 3)
			if err != nil {
				t.Fatal(err)
			}
			var want, got []string
			trace := func(to *[]string) func(Activation) {
				return func(a Activation) { *to = append(*to, a.Module) }
			}
			net := newNet(t, params, images, Options{Side: side, Norm: NormByBatch, Gradients: true, InputGradient: true, Trace: trace(&want)})
			s, err := NewStepper(net, net.Loss)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			lossOf(t, s, x, labels)
			l, err := NewLayered(params, LayeredOptions{Side: side, Capacity: images + 2, Norm: NormByBatch, Trace: trace(&got), Pool: pooled})
			if err != nil {
				t.Fatal(err)
			}
			if err := l.Forward(x); err != nil {
				t.Fatal(err)
			}
			logits, err := s.Logits()
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(logits, l.Logits()) {
				t.Errorf("%s: logits %v, want %v", arch, l.Logits(), logits)
			}
			seed, err := l.LossGradient(labels)
			if err != nil {
				t.Fatal(err)
			}
			if err := l.Backward(seed); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(want, got) {
				t.Errorf("%s: traced %v, want %v", arch, got, want)
			}
			for _, n := range net.Learnables() {
				g, err := n.Grad()
				if err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(g.Data().([]float32), l.Gradient(n.Name())) {
					t.Errorf("%s: the gradient of %s differs", arch, n.Name())
				}
			}
			dx, err := s.InputGradient()
			if err != nil {
				t.Fatal(err)
			}
			of, err := l.ImageGradient(seed)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(dx, of) {
				t.Errorf("%s: the gradient of the images differs", arch)
			}
			g := l.Output(l.Blocks() - 2).Numbers
			for block := l.Blocks() - 2; block >= 0; block-- {
				if g, err = l.Through(block, g); err != nil {
					t.Fatal(err)
				}
			}
			if len(g) != len(x) {
				t.Errorf("%s: %d numbers at the images, want %d", arch, len(g), len(x))
			}
			pool.Reset()
		}
	}
}

// TestSimplifiedCellsShowTheSame compares the results of convolutions, their gradients
// and the inputs of ReLUs of cells with and without nodes that only pass values on.
func TestSimplifiedCellsShowTheSame(t *testing.T) {
	const side, images = 16, 3
	labels := []int{1, 2, 0}
	x := uniformImages(images, side, 7)
	type shown struct {
		module   string
		kind     ActivationKind
		gradient bool
	}
	for _, arch := range []string{
		"|skip_connect~0|+|nor_conv_3x3~0|nor_conv_1x1~1|+|skip_connect~0|nor_conv_3x3~1|skip_connect~2|",
		"|avg_pool_3x3~0|+|skip_connect~0|none~1|+|none~0|skip_connect~1|nor_conv_1x1~2|",
		"|none~0|+|nor_conv_3x3~0|nor_conv_1x1~1|+|skip_connect~0|nor_conv_3x3~1|none~2|",
	} {
		params, err := Initialize(network(t, parse(t, arch), 5, 1, 10), 3)
		if err != nil {
			t.Fatal(err)
		}
		numbers := [2]map[shown][]float32{{}, {}}
		for i, of := range numbers {
			l, err := NewLayered(params.WithOwnStatistics(), LayeredOptions{Side: side, Capacity: images, Norm: NormByBatch, Simplify: i == 1, Trace: func(a Activation) {
				if a.Kind == ConvOutput || a.Kind == ReLUInput {
					of[shown{module: a.Module, kind: a.Kind, gradient: a.Gradient}] = slices.Clone(a.Numbers())
				}
			}})
			if err != nil {
				t.Fatal(err)
			}
			if err := l.Forward(x); err != nil {
				t.Fatal(err)
			}
			seed, err := l.LossGradient(labels)
			if err != nil {
				t.Fatal(err)
			}
			if err := l.Backward(seed); err != nil {
				t.Fatal(err)
			}
		}
		if len(numbers[0]) != len(numbers[1]) || len(numbers[0]) == 0 {
			t.Errorf("%s: %d are shown, want %d", arch, len(numbers[1]), len(numbers[0]))
		}
		for what, want := range numbers[0] {
			got := numbers[1][what]
			if len(got) != len(want) {
				t.Errorf("%s: %v: %d numbers, want %d", arch, what, len(got), len(want))
				continue
			}
			var far, size float64
			for j, v := range want {
				far, size = max(far, math.Abs(float64(got[j]-v))), max(size, math.Abs(float64(v)))
			}
			if far > 1e-5*size {
				t.Errorf("%s: %v differs by %g of %g", arch, what, far, size)
			}
		}
	}
}

func TestWithOwnStatistics(t *testing.T) {
	params, err := Initialize(network(t, parse(t, "|nor_conv_3x3~0|+|none~0|none~1|+|none~0|skip_connect~1|none~2|"), 4, 1, 10), 3)
	if err != nil {
		t.Fatal(err)
	}
	own := params.WithOwnStatistics()
	own.Statistic("stem.1.running_mean")[0] = 7
	*own.batches["stem.1.num_batches_tracked"] = 7
	own.floats("stem.0.weight")[0] = 7
	if params.Statistic("stem.1.running_mean")[0] != 0 || *params.batches["stem.1.num_batches_tracked"] != 0 {
		t.Error("the statistics are shared")
	}
	if params.floats("stem.0.weight")[0] != 7 {
		t.Error("the weights are not shared")
	}
	copied := params.Clone()
	copied.floats("stem.0.weight")[0] = 8
	if params.floats("stem.0.weight")[0] != 7 {
		t.Error("the weights of a copy are shared")
	}
}

func BenchmarkLayered(b *testing.B) {
	c := parse(b, "|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_3x3~1|skip_connect~2|")
	params, err := Initialize(network(b, c, 16, 5, 10), 3)
	if err != nil {
		b.Fatal(err)
	}
	const images = 64
	l, err := NewLayered(params, LayeredOptions{Side: 32, Capacity: images, Norm: NormByBatch, Pool: new(Pool)})
	if err != nil {
		b.Fatal(err)
	}
	x, labels := uniformImages(images, 32, 1), make([]int, images)
	b.Run("forward", func(b *testing.B) {
		for b.Loop() {
			if err := l.Forward(x); err != nil {
				b.Fatal(err)
			}
		}
	})
	seed, err := l.LossGradient(labels)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("backward", func(b *testing.B) {
		for b.Loop() {
			if err := l.Backward(seed); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("images", func(b *testing.B) {
		for b.Loop() {
			if _, err := l.ImageGradient(seed); err != nil {
				b.Fatal(err)
			}
		}
	})
}
