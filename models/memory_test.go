package models

import (
	"errors"
	"runtime"
	"testing"

	"cellnet/internal/procmem"
)

// TestMemory compares with what steps and predictions leave on the heap.
func TestMemory(t *testing.T) {
	heap := func() float64 {
		runtime.GC()
		var s runtime.MemStats
		runtime.ReadMemStats(&s)
		return float64(s.HeapAlloc)
	}
	const side = 32
	for _, arch := range []string{
		"|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|nor_conv_3x3~0|nor_conv_3x3~1|nor_conv_3x3~2|",
		"|nor_conv_3x3~0|+|none~0|nor_conv_1x1~1|+|skip_connect~0|avg_pool_3x3~1|none~2|",
		"|skip_connect~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|",
		"|none~0|+|none~0|none~1|+|none~0|none~1|none~2|",
	} {
		for _, o := range []Options{
			{Side: side, Capacity: 96, Norm: NormByBatch, Gradients: true},
			{Side: side, Capacity: 96},
		} {
			n := network(t, parse(t, arch), 16, 1, 10)
			before := heap()
			p, err := Initialize(n, 1)
			if err != nil {
				t.Fatal(err)
			}
			net, err := New(p, o)
			if err != nil {
				t.Fatal(err)
			}
			images := make([]float32, o.Capacity*3*side*side)
			if o.Gradients {
				s, err := NewStepper(net, net.Loss)
				if err != nil {
					t.Fatal(err)
				}
				if err := s.Run(images, make([]int, o.Capacity)); err != nil {
					t.Fatal(err)
				}
				defer s.Close()
			} else {
				predictor := NewPredictor(net)
				predict(t, predictor, images)
				defer predictor.Close()
			}
			taken, told := heap()-before, Memory(n, o)
			t.Logf("%s, gradients %v: %.1f MB taken, %.1f MB told", arch, o.Gradients, taken/1e6, told/1e6)
			if told > taken || told < taken/3 {
				t.Errorf("%s, gradients %v: Memory tells %.1f MB of the %.1f MB that are taken", arch, o.Gradients, told/1e6, taken/1e6)
			}
			runtime.KeepAlive(net)
		}
	}
}

// What no machine has is refused before it is taken.
func TestMemoryIsThere(t *testing.T) {
	if _, ok := procmem.Available(); !ok {
		t.Skip("the system doesn't tell how much memory there is")
	}
	c := parse(t, "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|nor_conv_3x3~0|nor_conv_3x3~1|nor_conv_3x3~2|")
	p, err := Initialize(network(t, c, 4, 1, 10), 1)
	if err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{
		"wide":       second(Initialize(network(t, c, 1<<16, 1, 10), 1)),
		"long":       second(Initialize(network(t, c, 1<<12, 1000, 10), 1)),
		"batch":      second(New(p, Options{Side: 32, Capacity: 1 << 40, Norm: NormByBatch, Gradients: true})),
		"evaluation": second(New(p, Options{Side: 32, Capacity: 1 << 60})),
		"networks":   CheckMemory(p.Network(), Options{Side: 32, Capacity: 256, Gradients: true}, 1e9),
	} {
		var short *procmem.ShortError
		if !errors.As(err, &short) {
			t.Errorf("%s: error %v, want a *procmem.ShortError", what, err)
		}
	}
}
