package models

import (
	"errors"
	"fmt"
	"runtime"
	"testing"

	"cellnet/cell/supernet"
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

// TestSupernetMemory compares with what a step leaves on the heap.
func TestSupernetMemory(t *testing.T) {
	heap := func() float64 {
		runtime.GC() // twice, for what has finalizers
		runtime.GC()
		var s runtime.MemStats
		runtime.ReadMemStats(&s)
		return float64(s.HeapAlloc)
	}
	const side, images = 16, 64
	topology := supernet.Topology{C: 16, N: 1, Nodes: 4, Classes: 10}
	for _, training := range []bool{true, false} {
		t.Run(fmt.Sprintf("training %v", training), func(t *testing.T) {
			o := SupernetOptions{Side: side, Capacity: images, Training: training}
			before := heap()
			p, _, err := InitializeSupernet(topology, 1)
			if err != nil {
				t.Fatal(err)
			}
			n, err := NewSupernet(p, o)
			if err != nil {
				t.Fatal(err)
			}
			factors := make([][]float32, 6)
			for i := range factors {
				factors[i] = []float32{.2, .2, .2, .2, .2}
			}
			w := Wanted{Weights: training, Factors: training}
			if _, err := n.Run(make([]float32, images*3*side*side), make([]int, images), Mixture{Factors: factors}, w); err != nil {
				t.Fatal(err)
			}
			told := floatSize * besideSuper(&p.tensorSet, topology.Blocks(), 2*6+4, o)
			taken := heap() - before
			t.Logf("%.1f MB taken, %.1f MB told", taken/1e6, told/1e6)
			if told > taken || told < taken/4 {
				t.Errorf("%.1f MB are told of the %.1f MB that are taken", told/1e6, taken/1e6)
			}
			runtime.KeepAlive(n)
		})
	}
}

// TestSupernetsThatNoMachineHolds asks for more memory than there is, of which none
// is to be taken.
func TestSupernetsThatNoMachineHolds(t *testing.T) {
	if _, ok := procmem.Available(); !ok {
		t.Skip("the system doesn't tell how much memory there is")
	}
	topology := supernet.Topology{C: 4, N: 1, Nodes: 4, Classes: 10}
	size := supernet.Size{Candidates: []int{2, 4}, Widths: 5, Classes: 10}
	p, _, err := InitializeSupernet(topology, 1)
	if err != nil {
		t.Fatal(err)
	}
	s, _, err := InitializeSizeSupernet(size, 1)
	if err != nil {
		t.Fatal(err)
	}
	const huge = 1 << 30
	for name, f := range map[string]func() error{
		"channels": func() error { topology.C = 1 << 16; _, _, err := InitializeSupernet(topology, 1); return err },
		"widths": func() error {
			size.Candidates = []int{8, 1 << 18}
			_, _, err := InitializeSizeSupernet(size, 1)
			return err
		},
		"capacity": func() error {
			_, err := NewSupernet(p, SupernetOptions{Side: 32, Capacity: huge, Training: true})
			return err
		},
		"of widths": func() error { _, err := NewSizeSupernet(s, SupernetOptions{Side: 32, Capacity: huge}); return err },
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err := f()
		runtime.ReadMemStats(&after)
		var short *procmem.ShortError
		if !errors.As(err, &short) {
			t.Errorf("%s: %v", name, err)
		}
		if taken := after.TotalAlloc - before.TotalAlloc; taken > 16<<20 {
			t.Errorf("%s: %d bytes were taken before", name, taken)
		}
	}
}
