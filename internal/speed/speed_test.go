package speed

import (
	"context"
	"errors"
	"math"
	"runtime"
	"testing"
	"time"

	"cellnet/cell"
	"cellnet/cell/spec"
	"cellnet/internal/procmem"
)

// classes of the networks.
const classes = 10

func resolve(t testing.TB, arch string) cell.Arch {
	t.Helper()
	c, err := cell.Topology.Resolve(arch)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestArchsAreTwelveCellsOfTheSpace(t *testing.T) {
	seen := map[int]string{}
	for _, arch := range Archs() {
		index, ok := resolve(t, arch).Index()
		if !ok {
			t.Errorf("%s is not in the benchmark", arch)
		}
		if other, ok := seen[index]; ok {
			t.Errorf("%s is the same cell as %s", arch, other)
		}
		seen[index] = arch
	}
	if len(seen) != 12 {
		t.Errorf("%d cells", len(seen))
	}
}

// TestMeasure checks what can't depend on the machine's speed.
func TestMeasure(t *testing.T) {
	m := Machine{Threads: 1, Peak: 100}
	c := resolve(t, "all_idnt")
	for name, tt := range map[string]struct{ train, eval bool }{
		"both": {true, true}, "training": {true, false}, "evaluation": {false, true},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := m.Measure(t.Context(), c.Network(classes), Options{Train: tt.train, Eval: tt.eval, Batch: 4})
			if err != nil {
				t.Fatal(err)
			}
			if r.Arch != c.String() || r.Peak != m.Peak {
				t.Errorf("got %+v", r)
			}
			// The stem, the reductions and the classifier of the benchmark's
			// network have 7.78 million multiply-accumulates.
			checkRates(t, "training", tt.train, r.Train, r.TrainFLOPs, 3*2*7.78e-3)
			checkRates(t, "evaluation", tt.eval, r.Eval, r.EvalFLOPs, 2*7.78e-3)
			if runtime.GOOS == "linux" && (r.Memory < 1 || r.Memory > 1000) {
				t.Errorf("%v MB", r.Memory)
			}
		})
	}
}

func checkRates(t *testing.T, what string, want bool, images, flops *float64, gflop float64) {
	t.Helper()
	if (images != nil) != want || (flops != nil) != want {
		t.Errorf("%s: measured %v, want %v", what, images != nil, want)
		return
	}
	if !want {
		return
	}
	if got := *flops / *images; !(*images > 0) || got < 0.999*gflop || got > 1.001*gflop {
		t.Errorf("%s: %v images/s with %v GFLOP an image, want %v", what, *images, got, gflop)
	}
}

func TestMemoryOfEvaluationIsItsOwn(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the peak can only be begun anew on Linux")
	}
	const size = 256 << 20
	big := make([]byte, size)
	for i := 0; i < size; i += 4096 {
		big[i] = 1
	}
	runtime.KeepAlive(big)
	if procmem.Peak() < size {
		t.Fatalf("the peak is %d after %d bytes were touched", procmem.Peak(), size)
	}
	r, err := Machine{}.Measure(t.Context(), resolve(t, "all_idnt").Network(classes), Options{Eval: true, Batch: 2})
	if err != nil {
		t.Fatal(err)
	}
	if r.Memory > 200 {
		t.Errorf("%v MB, with what was in use before", r.Memory)
	}
}

func TestMeasureStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Machine{}.Measure(ctx, resolve(t, "all_idnt").Network(classes), Options{Eval: true, Batch: 1, Time: time.Hour})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// TestAllocationsOfAStepDontGrowWithTheBatch compares what a step allocates at
// two sizes of a batch: with one processor, since more of them begin a
// goroutine each.
func TestAllocationsOfAStepDontGrowWithTheBatch(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	c := resolve(t, "|nor_conv_3x3~0|+|nor_conv_1x1~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_3x3~1|skip_connect~2|")
	config, err := cell.NewNetwork(c.Cell(), 16, 1, classes)
	if err != nil {
		t.Fatal(err)
	}
	for name, prepare := range map[string]func(spec.Network, batch) (runner, error){"training": newTraining, "evaluation": newEvaluation} {
		t.Run(name, func(t *testing.T) {
			small, few := allocated(t, prepare, config, 2)
			large, many := allocated(t, prepare, config, 8)
			if large > small+512 || many > few+4 {
				t.Errorf("a step allocates %d bytes in %d pieces with 2 images, %d bytes in %d pieces with 8", small, few, large, many)
			}
		})
	}
}

// allocated returns how many bytes a step on n images allocates, and in how
// many pieces: the least of some steps, since others may allocate meanwhile.
func allocated(t *testing.T, prepare func(spec.Network, batch) (runner, error), config cell.Network, n int) (bytes, pieces uint64) {
	t.Helper()
	r, err := prepare(config, newBatch(n, classes))
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	bytes, pieces = math.MaxUint64, math.MaxUint64
	for range 5 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if err := r.step(); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		bytes, pieces = min(bytes, after.TotalAlloc-before.TotalAlloc), min(pieces, after.Mallocs-before.Mallocs)
	}
	return bytes, pieces
}
