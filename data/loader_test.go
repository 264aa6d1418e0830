package data

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// testImages returns n images of a side whose label tells them apart.
func testImages(t testing.TB, n, side int) *Images {
	pixels, labels := make([][]byte, n), make([]int, n)
	for i := range n {
		pixels[i], labels[i] = testPixels(side, uint64(i)), i
	}
	m, err := NewImages(side, n, pixels, labels)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func testLoader(t testing.TB, m *Images, config LoaderConfig) *Loader {
	config.Normalization = CIFAR10.Normalization()
	l, err := NewLoader(m, config)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

type copiedBatch struct {
	step   int
	input  []float32
	labels []int
}

func batches(t testing.TB, l *Loader, epoch, step int) (all []copiedBatch) {
	for b, err := range l.Epoch(t.Context(), epoch, step) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, copiedBatch{b.Step, slices.Clone(b.Input), slices.Clone(b.Labels)})
	}
	return all
}

func equalBatches(a, b []copiedBatch) bool {
	return slices.EqualFunc(a, b, func(a, b copiedBatch) bool {
		return a.step == b.step && slices.Equal(a.input, b.input) && slices.Equal(a.labels, b.labels)
	})
}

var training = LoaderConfig{BatchSize: 16, Shuffle: true, Augmentation: Augmentation{true, 2, 4}, Seed: 777}

func TestEvaluationBatches(t *testing.T) {
	m := testImages(t, 100, 8)
	l := testLoader(t, m, LoaderConfig{BatchSize: 30})
	if l.Steps() != 4 || l.Len() != 100 || l.BatchSize() != 30 {
		t.Errorf("%d steps, %d images, batches of %d", l.Steps(), l.Len(), l.BatchSize())
	}
	n, normalizer := 0, CIFAR10.Normalization().Normalizer()
	want := make([]float32, 3*8*8)
	for step, b := range batches(t, l, 5, 0) {
		if b.step != step || len(b.input) != len(b.labels)*len(want) {
			t.Fatalf("batch %d: step %d, %d values, %d labels", step, b.step, len(b.input), len(b.labels))
		}
		for k, label := range b.labels {
			normalizer.Image(want, m.Pixels(n))
			if label != n || !slices.Equal(b.input[k*len(want):(k+1)*len(want)], want) {
				t.Fatalf("image %d is not in its place", n)
			}
			n++
		}
	}
	if n != 100 {
		t.Errorf("%d images, want 100", n)
	}
}

func TestEveryEpochIsAnotherPermutation(t *testing.T) {
	l := testLoader(t, testImages(t, 100, 4), training)
	seen := map[string]bool{}
	for epoch := range 5 {
		var order []int
		for _, b := range batches(t, l, epoch, 0) {
			order = append(order, b.labels...)
		}
		if key := fmt.Sprint(order); seen[key] {
			t.Errorf("epoch %d has the order of another one", epoch)
		} else {
			seen[key] = true
		}
		slices.Sort(order)
		for i, v := range order {
			if i != v {
				t.Fatalf("epoch %d: %v is no permutation", epoch, order)
			}
		}
	}
}

// The bits of training batches belong to a seed for good.
func TestTrainingBatchesArePinned(t *testing.T) {
	l := testLoader(t, testImages(t, 50, 8), training)
	var all []float32
	for _, b := range batches(t, l, 3, 0) {
		all = append(all, b.input...)
	}
	const want = "88cef783f1e7180f6ba1b9c64794b698abaf1400ee5ed0ddd6f5f6826688fa57"
	if got := sumFloats(all); got != want {
		t.Errorf("SHA-256 %s, want %s", got, want)
	}
}

func TestResumedEpochHasTheSameBatches(t *testing.T) {
	m := testImages(t, 100, 8)
	whole := batches(t, testLoader(t, m, training), 2, 0)
	for step := range len(whole) + 1 {
		if rest := batches(t, testLoader(t, m, training), 2, step); !equalBatches(rest, whole[step:]) {
			t.Errorf("from step %d on batches differ", step)
		}
	}
}

func TestSameBatchesForAnyNumberOfThreads(t *testing.T) {
	m := testImages(t, 200, 8)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	want := batches(t, testLoader(t, m, training), 1, 0)
	for _, procs := range []int{2, 3, 8} {
		runtime.GOMAXPROCS(procs)
		if !equalBatches(batches(t, testLoader(t, m, training), 1, 0), want) {
			t.Errorf("batches differ with GOMAXPROCS %d", procs)
		}
	}
}

func TestSeedNamesBatches(t *testing.T) {
	m := testImages(t, 64, 8)
	other := training
	other.Seed++
	a, b := batches(t, testLoader(t, m, training), 0, 0), batches(t, testLoader(t, m, other), 0, 0)
	if slices.Equal(a[0].labels, b[0].labels) {
		t.Error("two seeds give one order")
	}
	// The order must not depend on what is drawn for augmentation.
	plain := training
	plain.Augmentation = Augmentation{}
	if c := batches(t, testLoader(t, m, plain), 0, 0); !slices.Equal(a[0].labels, c[0].labels) {
		t.Error("augmentation changes the order")
	}
}

func TestBreakAndConcurrentEpochs(t *testing.T) {
	l := testLoader(t, testImages(t, 100, 8), training)
	want := batches(t, l, 0, 0)
	for b, err := range l.Epoch(t.Context(), 0, 0) {
		if err != nil || b.Step != 0 {
			t.Fatal(b.Step, err)
		}
		for inner, err := range l.Epoch(t.Context(), 1, 0) { // a second iteration must not use this one's memory
			if err != nil {
				t.Fatal(err)
			}
			if inner.Step == 3 {
				break
			}
		}
		if !slices.Equal(b.Input, want[0].input) {
			t.Error("the batch was overwritten while in use")
		}
		break
	}
	if !equalBatches(batches(t, l, 0, 0), want) {
		t.Error("batches differ after a break")
	}
	for range 100 {
		if runtime.NumGoroutine() < 10 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d goroutines are left", runtime.NumGoroutine())
}

func TestCancelledEpoch(t *testing.T) {
	l := testLoader(t, testImages(t, 100, 8), training)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	steps := 0
	var last error
	for _, err := range l.Epoch(ctx, 0, 0) {
		if last != nil {
			t.Fatal("something came after the error")
		}
		if last = err; err == nil {
			steps++
		}
		if steps == 2 {
			cancel()
		}
	}
	if steps != 2 || !errors.Is(last, context.Canceled) {
		t.Errorf("%d steps, error %v", steps, last)
	}
}

func TestEpochRefusesSteps(t *testing.T) {
	l := testLoader(t, testImages(t, 100, 8), training)
	for _, c := range []struct{ epoch, step int }{{0, 8}, {0, -1}, {-1, 0}} {
		n := 0
		for _, err := range l.Epoch(t.Context(), c.epoch, c.step) {
			if n++; err == nil || n > 1 {
				t.Errorf("epoch %d, step %d: %v", c.epoch, c.step, err)
			}
		}
	}
}

func TestLoaderConfigErrors(t *testing.T) {
	good := CIFAR10.Normalization()
	m := testImages(t, 3, 4)
	empty, _ := NewImages(4, 1, nil, nil)
	for _, c := range []struct {
		images *Images
		config LoaderConfig
		want   string
	}{
		{m, LoaderConfig{Normalization: good, BatchSize: -1}, "batch size -1"},
		{m, LoaderConfig{}, "standard deviation 0"},
		{empty, LoaderConfig{Normalization: good}, "no images"},
		{m, LoaderConfig{Normalization: good, Augmentation: Augmentation{Padding: 5}}, "padding of 5"},
	} {
		if _, err := NewLoader(c.images, c.config); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: error %v, want %q", c.config, err, c.want)
		}
	}
}

func TestNewImagesErrors(t *testing.T) {
	image := make([]byte, 12)
	for _, c := range []struct {
		side   int
		pixels [][]byte
		labels []int
		want   string
	}{
		{0, nil, nil, "side 0"},
		{2, [][]byte{image}, nil, "1 images with 0 labels"},
		{2, [][]byte{image, image[:11]}, []int{0, 0}, "image 1 has 11 values"},
		{2, [][]byte{image}, []int{7}, "label 7, want 0 to 6"},
		{2, [][]byte{image}, []int{-1}, "label -1"},
	} {
		if _, err := NewImages(c.side, 7, c.pixels, c.labels); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
}

// A whole epoch, started anew, allocates a constant: nothing per step.
func TestEpochAllocations(t *testing.T) {
	m := testImages(t, 640, 8)
	allocations := func(batch int) float64 {
		config := training
		config.BatchSize = batch
		l := testLoader(t, m, config)
		return testing.AllocsPerRun(5, func() {
			for range l.Epoch(t.Context(), 0, 0) {
			}
		})
	}
	if few, many := allocations(64), allocations(2); many > few+20 {
		t.Errorf("%v allocations in 10 steps, %v in 320", few, many)
	}
}

func BenchmarkLoader(b *testing.B) {
	m := testImages(b, 2560, 32)
	for name, config := range map[string]LoaderConfig{
		"evaluation":   {},
		"augmentation": {Shuffle: true, Augmentation: Augmentation{Flip: true, Padding: 4}},
		"cutout":       {Shuffle: true, Augmentation: Augmentation{Flip: true, Padding: 4, Cutout: 16}},
	} {
		b.Run(name+"/256x3x32x32", func(b *testing.B) {
			l := testLoader(b, m, config)
			order := l.order(0)
			batch := l.take()
			b.SetBytes(256 * 3 * 32 * 32 * 5)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				l.prepare(batch, i%l.Steps(), order, 1)
			}
		})
	}
}

// What a training step costs with batches that were made before, and with those
// of a Loader that prepares them meanwhile. The step stands for the network's: it
// keeps every processor busy for some 50 ms, a tenth of a real one's time.
func BenchmarkStep(b *testing.B) {
	m := testImages(b, 2560, 32)
	l := testLoader(b, m, LoaderConfig{Shuffle: true, Augmentation: Augmentation{Flip: true, Padding: 4}})
	step := func() {
		var wg sync.WaitGroup
		for range runtime.GOMAXPROCS(0) {
			wg.Go(func() {
				x := 1.0
				for range 40_000_000 {
					x = x*0.5 + 1
				}
				if x > 3 {
					b.Error("x grew")
				}
			})
		}
		wg.Wait()
	}
	report := func(b *testing.B, steps int) {
		b.ReportMetric(b.Elapsed().Seconds()*1000/float64(steps), "ms/step")
	}
	b.Run("premade", func(b *testing.B) {
		b.ReportAllocs()
		steps := 0
		for b.Loop() {
			for range l.Steps() {
				step()
				steps++
			}
		}
		report(b, steps)
	})
	b.Run("loader", func(b *testing.B) {
		b.ReportAllocs()
		steps := 0
		for epoch := 0; b.Loop(); epoch++ {
			for _, err := range l.Epoch(b.Context(), epoch, 0) {
				if err != nil {
					b.Fatal(err)
				}
				step()
				steps++
			}
		}
		report(b, steps)
	})
}
