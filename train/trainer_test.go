package train

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"cellnet/cell"
	"cellnet/cell/spec"
	"cellnet/data"
	"cellnet/internal/checkpoints"
)

// smallRun trains on 40 images in steps of 16, 16 and 8, for three epochs.
func smallRun(t testing.TB) Run {
	t.Helper()
	recipe := preset(t, 12)
	recipe.Epochs, recipe.BatchSize, recipe.Rate = 3, 16, 0.05
	return Run{Net: smallConfig(t, 10), Dataset: data.Synthetic, Recipe: recipe, Seed: 777}
}

func smallData(t testing.TB, train, test int) *Data {
	t.Helper()
	source, err := data.Open(data.Synthetic, data.Options{Synthetic: data.SyntheticSize{Train: train, Test: test}})
	if err != nil {
		t.Fatal(err)
	}
	d, missing, err := LoadData(source)
	if err != nil || len(missing) > 0 {
		t.Fatal(err, missing)
	}
	return d
}

func newTrainer(t testing.TB, run Run, d *Data, o Options) *Trainer {
	t.Helper()
	trainer, err := NewTrainer(run, d, o)
	if err != nil {
		t.Fatal(err)
	}
	return trainer
}

// result is what equal runs have in common: the bytes of the weights file, and
// the history without its times.
func result(t testing.TB, trainer *Trainer) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "weights.pth")
	if err := trainer.WriteWeights(path); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(file) + historyText(t, trainer.History())
}

func TestTrainLearns(t *testing.T) {
	run := smallRun(t)
	run.Recipe.Epochs = 4
	var epochs []Epoch
	steps := 0
	d := smallData(t, 200, 50)
	trainer := newTrainer(t, run, d, Options{Hooks: Hooks{
		OnEpoch: func(e Epoch) { epochs = append(epochs, e) },
		OnStep: func(p Progress) {
			steps++
			if p.Epoch != len(epochs) || p.Epochs != 4 || p.Steps != 13 || p.Step != (steps-1)%13+1 || p.Elapsed <= 0 {
				t.Errorf("step %d is told as %+v", steps, p)
			}
		},
	}})
	if err := trainer.Train(t.Context()); err != nil {
		t.Fatal(err)
	}
	if steps != 4*13 || len(epochs) != 4 {
		t.Fatalf("%d steps and %d epochs, want 52 and 4", steps, len(epochs))
	}
	for i, e := range epochs {
		test, ok := e.Evaluation(data.OriTest)
		if !ok || test.N != 50 || e.Train.N != 200 || e.Epoch != i || e.Rate != run.Recipe.RateAt(i, 0, 13) || e.Train.Seconds <= 0 {
			t.Errorf("epoch %d is %+v", i, e)
		}
	}
	if first, last := epochs[0].Train, epochs[3].Train; !(last.Loss < first.Loss-0.15) || !(last.Top1 > 20) {
		t.Errorf("no progress: %+v, %+v", first, last)
	}
	// What was evaluated is what a network made of the weights gives.
	net := newPredictor(t, trainer.Parameters(), 50)
	want, err := Evaluate(t.Context(), net, syntheticBatches(t, 50, 50)(t.Context()), EvaluationHooks{})
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := epochs[3].Evaluation(data.OriTest); math.Abs(got.Loss-want.Loss) > 1e-6 || got.Top1 != want.Top1 {
		t.Errorf("evaluated %+v, the network gives %+v", got, want)
	}
}

func TestSameBitsForAnyNumberOfProcessors(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	d := smallData(t, 40, 20)
	var first string
	for _, n := range []int{1, 2, 3} {
		runtime.GOMAXPROCS(n)
		trainer := newTrainer(t, smallRun(t), d, Options{})
		if err := trainer.Train(t.Context()); err != nil {
			t.Fatal(err)
		}
		got := result(t, trainer)
		if n == 1 {
			first = got
		} else if got != first {
			t.Errorf("%d processors give another result than 1", n)
		}
	}
	other := smallRun(t)
	other.Seed++
	trainer := newTrainer(t, other, d, Options{})
	if err := trainer.Train(t.Context()); err != nil {
		t.Fatal(err)
	}
	if result(t, trainer) == first {
		t.Error("another seed gives the same result")
	}
}

// TestInterruptedRunsGoOn interrupts a run at every step and in every evaluation.
func TestInterruptedRunsGoOn(t *testing.T) {
	d := smallData(t, 40, 20)
	for name, change := range map[string]func(*Recipe){
		"SGD": func(*Recipe) {},
		"RMSprop": func(r *Recipe) {
			r.Method, r.Nesterov, r.Rate, r.WarmUp, r.Smoothing = MethodRMSprop, false, 1e-3, 1, 0.1
		},
	} {
		t.Run(name, func(t *testing.T) {
			run := smallRun(t)
			change(&run.Recipe)
			whole := newTrainer(t, run, d, Options{})
			if err := whole.Train(t.Context()); err != nil {
				t.Fatal(err)
			}
			folder := filepath.Join(t.TempDir(), "checkpoints")
			none, cancel := context.WithCancel(t.Context())
			cancel() // before the first step
			if err := newTrainer(t, run, d, Options{Checkpoints: folder}).Train(none); !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			interruptions := 0
			for {
				ctx, cancel := context.WithCancel(t.Context())
				part := newTrainer(t, run, d, Options{Checkpoints: folder, Hooks: Hooks{
					OnStep:       func(Progress) { cancel() },
					OnEvaluation: func(EvaluationProgress) { cancel() },
				}})
				if resumed, damaged, err := part.Resume(); err != nil || damaged != nil || !resumed {
					t.Fatalf("resumed: %v, damaged: %v, error: %v", resumed, damaged, err)
				}
				_, steps := part.Position()
				if steps == part.Steps() { // let the evaluation come to its end
					part.options.Hooks.OnEvaluation = nil
				}
				err := part.Train(ctx)
				cancel()
				if err == nil {
					if result(t, part) != result(t, whole) {
						t.Error("the result differs from that of an uninterrupted run")
					}
					break
				}
				if !errors.Is(err, context.Canceled) {
					t.Fatal(err)
				}
				if interruptions++; interruptions > 30 {
					t.Fatal("no end")
				}
			}
			if want := 3 * run.Recipe.TotalEpochs(); interruptions < want {
				t.Errorf("%d interruptions, want %d", interruptions, want)
			}
			left, err := checkpoints.List(folder)
			if err != nil || len(left) != 2 {
				t.Errorf("checkpoints left: %v, %v, want 2", left, err)
			}
		})
	}
}

func TestDivergedRunKeepsItsCheckpoint(t *testing.T) {
	run := smallRun(t)
	run.Recipe.Schedule = MultiStep{[]int{1}, []float64{1e30}}
	folder := t.TempDir()
	trainer := newTrainer(t, run, smallData(t, 40, 20), Options{Checkpoints: folder, Interval: 1})
	err := trainer.Train(t.Context())
	var diverged *DivergedError
	if !errors.As(err, &diverged) || diverged.Epoch != 1 {
		t.Fatalf("error is %v, want one of divergence in epoch 1", err)
	}
	again := newTrainer(t, run, smallData(t, 40, 20), Options{Checkpoints: folder})
	if resumed, _, err := again.Resume(); !resumed || err != nil {
		t.Fatalf("resumed: %v, %v", resumed, err)
	}
	if epochs, _ := again.Position(); epochs != 1 {
		t.Errorf("resumes at epoch %d, want 1", epochs)
	}
	if names := again.Parameters().StateDict().NonFinite(); len(names) > 0 {
		t.Errorf("checkpoint holds numbers that are not finite: %v", names)
	}
}

func TestResumeErrors(t *testing.T) {
	d := smallData(t, 40, 20)
	run := smallRun(t)
	run.Recipe.Epochs = 2
	folder := t.TempDir()
	if err := newTrainer(t, run, d, Options{Checkpoints: folder}).Train(t.Context()); err != nil {
		t.Fatal(err)
	}
	options := Options{Checkpoints: folder}
	var other *OtherRunError
	changed := run
	changed.Seed = 1
	if _, _, err := newTrainer(t, changed, d, options).Resume(); !errors.As(err, &other) {
		t.Errorf("another seed: error is %v", err)
	}
	if _, _, err := newTrainer(t, run, smallData(t, 41, 20), options).Resume(); !errors.As(err, &other) {
		t.Errorf("other images: error is %v", err)
	}

	paths, err := checkpoints.List(folder)
	if err != nil || len(paths) != 2 {
		t.Fatal(paths, err)
	}
	last, err := os.ReadFile(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	for name, damage := range map[string][]byte{
		"cut":      last[:len(last)/2],
		"empty":    {},
		"flipped":  flipped(last),
		"no entry": bytes.ReplaceAll(last, []byte("partial"), []byte("portial")),
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(paths[0], damage, 0o666); err != nil {
				t.Fatal(err)
			}
			trainer := newTrainer(t, run, d, options)
			resumed, damaged, err := trainer.Resume()
			if !resumed || len(damaged) != 1 || err != nil || !strings.Contains(damaged[0].Error(), paths[0]) {
				t.Fatalf("resumed: %v, damaged: %v, error: %v", resumed, damaged, err)
			}
			if epochs, steps := trainer.Position(); epochs != 1 || steps != 0 {
				t.Errorf("resumes at %d, %d, want 1, 0", epochs, steps)
			}
		})
	}
	for _, path := range paths {
		if err := os.WriteFile(path, []byte("nothing"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if resumed, damaged, err := newTrainer(t, run, d, options).Resume(); resumed || len(damaged) != 2 || err == nil {
		t.Errorf("all damaged: resumed %v, %v, error %v", resumed, damaged, err)
	}
}

// flipped inverts a run of bits in the middle, longer than the gaps between the
// members of a zip file.
func flipped(b []byte) []byte {
	b = slices.Clone(b)
	for i := range b[len(b)/2:][:200] {
		b[len(b)/2+i] ^= 1
	}
	return b
}

func TestOneProcessTrainsInAFolder(t *testing.T) {
	folder := t.TempDir()
	d := smallData(t, 40, 20)
	var second error
	first := newTrainer(t, smallRun(t), d, Options{Checkpoints: folder, Hooks: Hooks{OnEpoch: func(Epoch) {
		second = newTrainer(t, smallRun(t), d, Options{Checkpoints: folder}).Train(t.Context())
	}}})
	if err := first.Train(t.Context()); err != nil {
		t.Fatal(err)
	}
	if second == nil || !strings.Contains(second.Error(), "another process trains in") {
		t.Errorf("a second trainer in the folder gives %v", second)
	}
}

// withClasses is a network of one cell with another number of classes.
func withClasses(n spec.Network, classes int) cell.Network {
	of := n.(cell.Network)
	of.Classes = classes
	return of
}

// TestNetworksOfOneChannel has tensors of one number, which Gorgonia takes for
// scalars at times.
func TestNetworksOfOneChannel(t *testing.T) {
	run := smallRun(t)
	run.Net, run.Recipe.Epochs = network(t, run.Net.(cell.Network).Cell, 1, 1, run.Net.NumClasses()), 1
	if err := newTrainer(t, run, smallData(t, 20, 5), Options{}).Train(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestNewTrainerErrors(t *testing.T) {
	d := smallData(t, 20, 5)
	tests := []struct {
		name   string
		change func(*Run)
		want   string
	}{
		{"classes", func(r *Run) { r.Net = withClasses(r.Net, 5) }, "network for 5 classes, but synthetic has 10"},
		{"no cell", func(r *Run) { r.Net = cell.Network{} }, "cell"},
		{"dataset", func(r *Run) { r.Dataset = data.CIFAR10 }, "the images are those of synthetic"},
		{"no dataset", func(r *Run) { r.Dataset = 0 }, "Dataset(0)"},
		{"recipe", func(r *Run) { r.Recipe.Epochs = 0 }, "0 epochs"},
		{"cutout", func(r *Run) { r.Recipe.Cutout = 100 }, "cutout"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			run := smallRun(t)
			test.change(&run)
			if _, err := NewTrainer(run, d, Options{}); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error is %v, want one with %q", err, test.want)
			}
		})
	}
}
