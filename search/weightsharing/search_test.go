package weightsharing

import (
	"bytes"
	"cellnet/cell/supernet"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"cellnet/data"
	"cellnet/train"
	"cellnet/weights"
)

// images are random ones.
func images(t testing.TB, n int) *data.Images {
	t.Helper()
	pixels, labels := make([][]byte, n), make([]int, n)
	state := uint32(n)
	for i := range pixels {
		pixels[i] = make([]byte, 3*fakeSide*fakeSide)
		for k := range pixels[i] {
			state = state*1664525 + 1013904223
			pixels[i][k] = byte(state >> 24)
		}
		labels[i] = int(state>>16) % 10
	}
	m, err := data.NewImages(fakeSide, 10, pixels, labels)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func smallImages(t testing.TB) Images {
	return Images{
		Info:  data.Info{Classes: 10, Side: fakeSide, Normalization: data.CIFAR10.Normalization()},
		Train: images(t, 23), Valid: images(t, 17),
	}
}

// smallRun takes three epochs of six steps.
func smallRun(a Algorithm) Run {
	r := DefaultRun(a)
	r.Dataset, r.Epochs, r.BatchSize, r.EvaluationBatch = data.Synthetic, 3, 4, 6
	if r.Algorithm < TAS {
		r.DropPath = 0.1
	}
	if r.Candidates > 0 {
		r.Candidates = 7
	}
	if a == ENAS {
		r.ControllerUpdates, r.ControllerSamples = 3, 2
	}
	if a >= TAS {
		r.Widths = []int{2, 4, 6, 8}
	}
	return r
}

func newSearch(t testing.TB, r Run, o Options) *Search {
	t.Helper()
	s, err := New(r, smallImages(t), fakeNetworks{}, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// fingerprint is all that a search has found and learned.
func fingerprint(t testing.TB, s *Search) string {
	t.Helper()
	history := append([]Epoch{}, s.History()...)
	for i := range history {
		for _, m := range []*train.Metrics{&history[i].Train, &history[i].Valid, &history[i].Validation} {
			m.Seconds = 0
		}
	}
	text, err := json.Marshal(struct {
		History []Epoch
		Final   *Final
	}{history, s.Final()})
	if err != nil {
		t.Fatal(err)
	}
	var tensors bytes.Buffer
	for name, tensor := range s.engine.network().All() {
		fmt.Fprintf(&tensors, "%s %x\n", name, tensor.Data)
	}
	return string(text) + tensors.String()
}

// smallRuns are one of each algorithm, and those that older scripts make otherwise.
func smallRuns() map[string]Run {
	runs := map[string]Run{}
	for _, a := range Algorithms() {
		r := smallRun(a)
		runs[a.String()] = r
		older := OlderRun(a)
		r.ArchFirst, r.OneCell, r.LastBaseline = older.ArchFirst, older.OneCell, older.LastBaseline
		if a == ENAS {
			r.FinalCandidates = 11
		}
		if fmt.Sprint(r) != fmt.Sprint(runs[a.String()]) {
			runs[a.String()+", older"] = r
		}
	}
	return runs
}

func TestSearchesGoOnFromAnyInterruption(t *testing.T) {
	for name, r := range smallRuns() {
		t.Run(name, func(t *testing.T) {
			whole := newSearch(t, r, Options{})
			if err := whole.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			if n := len(whole.History()); n != r.Epochs {
				t.Fatalf("%d epochs, want %d", n, r.Epochs)
			}
			want := fingerprint(t, whole)
			other := r
			other.Seed++
			another := newSearch(t, other, Options{})
			if err := another.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			if fingerprint(t, another) == want {
				t.Error("another seed gives the same")
			}

			folder := t.TempDir()
			interruptions := 0
			for tries := 0; ; tries++ {
				if tries > 200 {
					t.Fatal("the search comes to no end")
				}
				ctx, cancel := context.WithCancel(t.Context())
				left := 1 + tries%4 // events until it is interrupted
				event := func() {
					if left--; left == 0 {
						cancel()
					}
				}
				s := newSearch(t, r, Options{Checkpoints: folder, Hooks: Hooks{
					OnStep: func(train.Progress) { event() }, OnUpdate: func(int, int) { event() },
					OnEvaluation: func(train.EvaluationProgress) { event() },
				}})
				if _, damaged, err := s.Resume(); err != nil || damaged != nil {
					t.Fatal(damaged, err)
				}
				err := s.Run(ctx)
				cancel()
				if err == nil {
					if got := fingerprint(t, s); got != want {
						t.Errorf("after %d interruptions the search differs:\n%.600s\nwant\n%.600s", interruptions, got, want)
					}
					break
				}
				if !errors.Is(err, context.Canceled) {
					t.Fatal(err)
				}
				interruptions++
			}
			if interruptions < 5 {
				t.Errorf("only %d interruptions", interruptions)
			}
		})
	}
}

func TestResumeRefusesWhatIsAnotherSearch(t *testing.T) {
	folder := t.TempDir()
	r := smallRun(GDAS)
	r.Epochs = 1
	s := newSearch(t, r, Options{Checkpoints: folder})
	if err := s.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	paths, _ := filepath.Glob(filepath.Join(folder, "*.ckpt"))
	if len(paths) != 2 {
		t.Fatalf("checkpoints: %v", paths)
	}
	for name, change := range map[string]func(*Run, *Images){
		"algorithm": func(r *Run, _ *Images) { *r = smallRun(DARTSV1); r.Epochs = 1 },
		"shape":     func(r *Run, _ *Images) { r.Channels++ },
		"flag":      func(r *Run, _ *Images) { r.Track = true },
		"seed":      func(r *Run, _ *Images) { r.Seed++ },
		"images":    func(_ *Run, m *Images) { m.Train = m.Valid },
	} {
		other, m := r, smallImages(t)
		change(&other, &m)
		s, err := New(other, m, fakeNetworks{}, Options{Checkpoints: folder})
		if err != nil {
			t.Fatal(err)
		}
		before := fingerprint(t, s)
		resumed, _, err := s.Resume()
		if err == nil || resumed || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: resumed %v, %v", name, resumed, err)
		}
		if fingerprint(t, s) != before {
			t.Errorf("%s: a refused checkpoint changed the search", name)
		}
	}
	// A damaged one is left for the one before.
	content, err := os.ReadFile(paths[1])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(paths[1], content[:len(content)/2], 0o666); err != nil {
		t.Fatal(err)
	}
	again := newSearch(t, r, Options{Checkpoints: folder})
	resumed, damaged, err := again.Resume()
	if !resumed || len(damaged) != 1 || err != nil {
		t.Fatal(resumed, damaged, err)
	}
	if err := again.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if fingerprint(t, again) != fingerprint(t, s) {
		t.Error("from the checkpoint before it comes to another end")
	}
}

// A weight that no pass has reached keeps its number; once reached it decays.
func TestWeightsOutOfReachStayAsTheyAre(t *testing.T) {
	r := smallRun(GDAS)
	s := newSearch(t, r, Options{})
	l, net := s.engine.learner, s.engine.weights.(fakeCells)
	net.reached = []string{"stem"}
	l.sgd.SetRate(0.1)
	before := net.StateDict()
	if err := l.step(); err != nil {
		t.Fatal(err)
	}
	moved := func() (names []string) {
		for name, tensor := range net.StateDict().All() {
			if was, _ := before.Get(name); !bytes.Equal(was.Data, tensor.Data) {
				names = append(names, name)
			}
		}
		return names
	}
	if got := fmt.Sprint(moved()); got != "[stem]" {
		t.Errorf("moved %s, want the stem alone", got)
	}
	net.reached = []string{"op.2"}
	l.note() // by the architecture's half
	net.reached = []string{"classifier"}
	before = net.StateDict()
	if err := l.step(); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(moved()); got != "[stem op.2 classifier]" {
		t.Errorf("moved %s, want what was reached before, too", got)
	}
}

func TestRefusals(t *testing.T) {
	for want, change := range map[string]func(*Run){
		"epochs: 0":             func(r *Run) { r.Epochs = 0 },
		"channels: 0":           func(r *Run) { r.Channels = 0 },
		"cells: -1":             func(r *Run) { r.Cells = -1 },
		"nodes: 1":              func(r *Run) { r.Nodes = 1 },
		"nodes: 11":             func(r *Run) { r.Nodes = 11 },
		"batch size: 0":         func(r *Run) { r.BatchSize = 0 },
		"and 65537 to evaluate": func(r *Run) { r.EvaluationBatch = 65537 },
		"candidates: 2097152":   func(r *Run) { *r = smallRun(ENAS); r.Candidates = 1 << 21 },
		"of 2097152 samples":    func(r *Run) { *r = smallRun(ENAS); r.ControllerSamples = 1 << 21 },
		"same batches: -1":      func(r *Run) { *r = smallRun(SETN); r.SameBatches = -1 },
		"clip: -3":              func(r *Run) { r.Clip = -3 },
		"epochs: 1048577":       func(r *Run) { r.Epochs = 1<<20 + 1 },
		"tau: from NaN":         func(r *Run) { r.TauMin = nan() },
		"warm-up ratio: NaN":    func(r *Run) { *r = smallRun(TAS); r.WarmUp = nan() },
		"drop path: NaN":        func(r *Run) { r.DropPath = nan() },
		"drop path: 1":          func(r *Run) { r.DropPath = 1 },
		"drop path: -0.1":       func(r *Run) { r.DropPath = -0.1 },
		"candidates: 0":         func(r *Run) { *r = smallRun(SETN); r.Candidates = 0 },
		"candidates: gdas":      func(r *Run) { r.Candidates = 5 },
		"tau: from 0 to 10":     func(r *Run) { r.TauMin = 0 },
		"tau: from 11 to 10":    func(r *Run) { r.TauMin = 11 },
		"tau: darts-v1":         func(r *Run) { *r = smallRun(DARTSV1); r.TauMax = 3 },
		"warm-up ratio: 0,":     func(r *Run) { *r = smallRun(TAS); r.WarmUp = 0 },
		"warm-up ratio: 1.5":    func(r *Run) { *r = smallRun(TAS); r.WarmUp = 1.5 },
		"widths: [8 8]":         func(r *Run) { *r = smallRun(TAS); r.Widths = []int{8, 8} },
		"widths: [16 8]":        func(r *Run) { *r = smallRun(MaskRL); r.Widths = []int{16, 8} },
		"widths: [8]":           func(r *Run) { *r = smallRun(MaskRL); r.Widths = []int{8} },
		"searches widths":       func(r *Run) { *r = smallRun(MaskRL); r.Channels = 16 },
		"searches cells":        func(r *Run) { r.Widths = []int{8, 16} },
		"rate: NaN":             func(r *Run) { r.Rate = nan() },
		"arch betas":            func(r *Run) { r.ArchBetas[0] = 1 },
		"no algorithm":          func(r *Run) { r.Algorithm = 0 },
		"Algorithm(99)":         func(r *Run) { r.Algorithm = 99 },
		"controller: 0 updates": func(r *Run) { *r = smallRun(ENAS); r.ControllerUpdates = 0 },
		"controller: gdas":      func(r *Run) { r.ControllerSamples = 1 },
		"rate period: -1":       func(r *Run) { r.RatePeriod = -1 },
	} {
		r := smallRun(GDAS)
		change(&r)
		err := r.Validate()
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("error is %v, want one with %q", err, want)
		}
		if _, err := New(r, smallImages(t), fakeNetworks{}, Options{}); err == nil {
			t.Errorf("%s: a search was made", want)
		}
	}
	for _, a := range Algorithms() {
		if err := DefaultRun(a).Validate(); err != nil {
			t.Errorf("%v: %v", a, err)
		}
		text, err := json.Marshal(DefaultRun(a))
		if err != nil {
			t.Fatal(err)
		}
		var r Run
		if err := json.Unmarshal(text, &r); err != nil || fmt.Sprint(r) != fmt.Sprint(DefaultRun(a)) {
			t.Errorf("%v read again is %v, %v", a, r, err)
		}
	}
	if _, err := ParseAlgorithm("darts"); err == nil || !strings.Contains(err.Error(), "darts-v1") {
		t.Error(err)
	}
}

func nan() float64 { zero := 0.0; return zero / zero }

func TestImagesOfHalves(t *testing.T) {
	info := data.Info{Classes: 10, Side: fakeSide, Normalization: data.CIFAR10.Normalization()}
	valid := images(t, 5)
	d := &train.Data{Dataset: data.CIFAR10Valid, Info: info, Train: images(t, 9), Evaluations: []train.EvaluationSet{{Set: data.OriTest, Images: images(t, 3)}, {Set: data.XValid, Images: valid}}}
	if m, err := ImagesOf(d); err != nil || m.Train != d.Train || m.Valid != valid {
		t.Error(m, err)
	}
	d.Dataset, d.Evaluations = data.CIFAR100, d.Evaluations[:1]
	if _, err := ImagesOf(d); err == nil || !strings.Contains(err.Error(), "x-valid of cifar100") {
		t.Error(err)
	}
	d.Dataset = data.Synthetic
	if m, err := ImagesOf(d); err != nil || m.Train.Len() != 5 || m.Valid.Len() != 4 {
		t.Error(m, err)
	}
}

func TestPairsGoOnFromAnyStep(t *testing.T) {
	m, r := smallImages(t), smallRun(DARTSV1)
	sum := func(epoch, from int) (sums []string) {
		for p, err := range m.pairs(t.Context(), r, epoch, from) {
			if err != nil {
				t.Fatal(err)
			}
			sums = append(sums, fmt.Sprint(p.base.Labels, p.arch.Labels, p.base.Input[:3], p.arch.Input[:3]))
		}
		return sums
	}
	whole := sum(1, 0)
	if len(whole) != 6 || m.steps(r) != 6 {
		t.Fatalf("%d steps, want 6", len(whole))
	}
	if rest := sum(1, 4); fmt.Sprint(rest) != fmt.Sprint(whole[4:]) {
		t.Error("from step 4 on the batches differ")
	}
	if other := sum(2, 0); other[0] == whole[0] {
		t.Error("two epochs begin alike")
	}
	loader, err := m.validation(r, controllerBatches)
	if err != nil {
		t.Fatal(err)
	}
	read := func(skip, n int) (labels string) {
		next, stop := endless(t.Context(), loader, 0, skip)
		defer stop()
		for range n {
			b, err := next()
			if err != nil {
				t.Fatal(err)
			}
			labels += fmt.Sprint(b.Labels)
		}
		return labels
	}
	if all := read(0, 8); !strings.HasSuffix(all, read(5, 3)) {
		t.Error("batches that are skipped change those that follow")
	}
}

// checkpoints are files that torch.load reads: the network is a state dict in them.
func TestCheckpointsAreStateDicts(t *testing.T) {
	folder := t.TempDir()
	s := newSearch(t, smallRun(ENAS), Options{Checkpoints: folder})
	if err := s.checkpoint(); err != nil {
		t.Fatal(err)
	}
	paths, _ := filepath.Glob(filepath.Join(folder, "*"))
	values, err := readValues(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	v, _ := values.Get(entryNetwork)
	if state, ok := v.(*weights.StateDict); !ok || state.Names()[0] != supernet.Architecture || state.Len() != s.engine.network().Len() {
		t.Errorf("the network is a %T", v)
	}
}

// The networks are those of package models here.
func TestSearchesAreTheSameOnAnyNumberOfProcessors(t *testing.T) {
	for _, a := range []Algorithm{GDAS, ENAS, MaskRL} {
		r := smallRun(a)
		r.Epochs = 2
		if a < TAS {
			r.Channels, r.Cells = 4, 1
		}
		var first string
		for procs := 1; procs <= 3; procs++ {
			before := runtime.GOMAXPROCS(procs)
			s, err := New(r, smallImages(t), Supernets{}, Options{})
			if err == nil {
				err = s.Run(t.Context())
			}
			runtime.GOMAXPROCS(before)
			if err != nil {
				t.Fatal(err)
			}
			got := fingerprint(t, s)
			if first == "" {
				first = got
			}
			if got != first {
				t.Errorf("%v: on %d processors it differs", a, procs)
			}
		}
	}
}
