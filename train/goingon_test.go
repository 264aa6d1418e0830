package train

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cellnet/data"
	"cellnet/internal/checkpoints"
	"cellnet/internal/kernel"
	"cellnet/models"
	"cellnet/weights"
)

// begun leaves a checkpoint of one epoch of three, computed by the generic kernels.
func begun(t *testing.T, run Run, d *Data) (folder string) {
	t.Helper()
	folder = t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	trainer := newTrainer(t, run, d, Options{Checkpoints: folder, Kernels: models.Generic, Hooks: Hooks{OnEpoch: func(Epoch) { cancel() }}})
	if err := trainer.Train(ctx); err == nil {
		t.Fatal("it trained to its end")
	}
	return folder
}

func TestGoingOnByOtherKernels(t *testing.T) {
	all := models.SupportedISAs()
	if len(all) < 2 {
		t.Skip("this processor runs the generic kernels only")
	}
	best := all[len(all)-1]
	t.Setenv(kernel.Environment, best.String())
	run, d := smallRun(t), smallData(t, 40, 20)
	folder := begun(t, run, d)
	whole := newTrainer(t, run, d, Options{Kernels: models.Generic})
	if err := whole.Train(t.Context()); err != nil {
		t.Fatal(err)
	}

	var other *OtherKernelsError
	refused := newTrainer(t, run, d, Options{Checkpoints: folder, Kernels: best})
	if _, _, err := refused.Resume(); !errors.As(err, &other) || !strings.Contains(err.Error(), "computed by the generic kernels, and "+best.String()+" was asked for") {
		t.Errorf("other kernels: error is %v", err)
	}
	for name, c := range map[string]struct {
		options Options
		used    []models.ISA
		same    bool
	}{
		"the checkpoint's": {Options{}, []models.ISA{models.Generic}, true},
		"the same":         {Options{Kernels: models.Generic}, []models.ISA{models.Generic}, true},
		"mixed":            {Options{Kernels: best, MixKernels: true}, []models.ISA{models.Generic, best}, false},
	} {
		c.options.Checkpoints = t.TempDir()
		if err := os.CopyFS(c.options.Checkpoints, os.DirFS(folder)); err != nil {
			t.Fatal(err)
		}
		trainer := newTrainer(t, run, d, c.options)
		if resumed, _, err := trainer.Resume(); err != nil || !resumed {
			t.Fatalf("%s: %v, %v", name, resumed, err)
		}
		if err := trainer.Train(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := trainer.Kernels(); !slices.Equal(got, c.used) {
			t.Errorf("%s: computed by %v, want %v", name, got, c.used)
		}
		if same := result(t, trainer) == result(t, whole); same != c.same {
			t.Errorf("%s: the bits are those of the generic kernels: %v, want %v", name, same, c.same)
		}
		// The next one is told of all, and computes nothing by others.
		again := newTrainer(t, run, d, Options{Checkpoints: c.options.Checkpoints, Kernels: best})
		if _, _, err := again.Resume(); err != nil || !slices.Equal(again.Kernels(), c.used) {
			t.Errorf("%s: a finished run was computed by %v, %v", name, again.Kernels(), err)
		}
	}
}

func TestGoingOnWithOtherImages(t *testing.T) {
	run, d := smallRun(t), smallData(t, 40, 20)
	folder := begun(t, run, d)
	more := smallData(t, 44, 24)
	swapped := d.Train.Select(slices.Concat([]int{1, 0}, indexes(40)[2:]))
	for name, others := range map[string]*Data{
		"training images": {Dataset: d.Dataset, Info: d.Info, Train: more.Train.Select(indexes(44)[4:]), Evaluations: d.Evaluations},
		"their order":     {Dataset: d.Dataset, Info: d.Info, Train: swapped, Evaluations: d.Evaluations},
		"images of a set": {Dataset: d.Dataset, Info: d.Info, Train: d.Train, Evaluations: []EvaluationSet{{d.Evaluations[0].Set, more.Evaluations[0].Images.Select(indexes(24)[4:])}}},
		"another set":     {Dataset: d.Dataset, Info: d.Info, Train: d.Train, Evaluations: []EvaluationSet{{data.XValid, d.Evaluations[0].Images}}},
	} {
		var other *OtherImagesError
		if _, _, err := newTrainer(t, run, others, Options{Checkpoints: folder}).Resume(); !errors.As(err, &other) {
			t.Errorf("other %s: error is %v", name, err)
		}
	}
	if resumed, _, err := newTrainer(t, run, smallData(t, 40, 20), Options{Checkpoints: folder}).Resume(); !resumed || err != nil {
		t.Errorf("the same images, read again: %v, %v", resumed, err)
	}
}

func indexes(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

func TestGoingOnFromAnOlderCheckpoint(t *testing.T) {
	run, d := smallRun(t), smallData(t, 40, 20)
	folder := begun(t, run, d)
	paths, err := checkpoints.List(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		without(t, path, entryImageSum, entryKernels)
	}
	trainer := newTrainer(t, run, d, Options{Checkpoints: folder})
	resumed, damaged, err := trainer.Resume()
	if !resumed || damaged != nil || err != nil {
		t.Fatal(resumed, damaged, err)
	}
	notes := strings.Join(trainer.Notes(), "\n")
	for _, want := range []string{"does not tell on which images", "does not tell by which kernels"} {
		if !strings.Contains(notes, want) {
			t.Errorf("notes %q, want %q", notes, want)
		}
	}
	if err := trainer.Train(t.Context()); err != nil {
		t.Error(err)
	}
}

// without writes a checkpoint without some entries.
func without(t *testing.T, path string, names ...string) {
	t.Helper()
	f, err := weights.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var entries []weights.Entry
	var state *weights.StateDict
	for _, n := range f.Networks() {
		if n.Entry == entryWeights {
			if state, err = n.Load(); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, name := range f.Entries() {
		if slices.Contains(names, name) {
			continue
		}
		v, err := f.Entry(name)
		if err != nil {
			t.Fatal(err)
		}
		entries = append(entries, weights.Entry{Name: name, Value: v})
	}
	if err := weights.WriteFile(path, weights.Zip, state, entries...); err != nil {
		t.Fatal(err)
	}
}

// TestFinishedRunClearsTheFolder resumes a run whose process was killed after its
// last checkpoint.
func TestFinishedRunClearsTheFolder(t *testing.T) {
	folder, d := t.TempDir(), smallData(t, 40, 20)
	options := Options{Checkpoints: folder, Interval: 1}
	if err := newTrainer(t, smallRun(t), d, options).Train(t.Context()); err != nil {
		t.Fatal(err)
	}
	finished, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, left := range []string{lockName, checkpoints.Name(0, 1), "." + checkpoints.Name(9, 9) + ".0.tmp"} {
		if err := os.WriteFile(filepath.Join(folder, left), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	again := newTrainer(t, smallRun(t), d, options)
	if resumed, _, err := again.Resume(); !resumed || err != nil {
		t.Fatal(resumed, err)
	}
	if err := again.Train(t.Context()); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadDir(folder)
	if err != nil || fmt.Sprint(got) != fmt.Sprint(finished) {
		t.Errorf("the folder has %v, want %v, %v", got, finished, err)
	}
}
