package weightsharing

import (
	"fmt"
	"math"
	"testing"

	"cellnet/cell"
)

func TestOlderRunsAreValid(t *testing.T) {
	for _, a := range Algorithms() {
		r := OlderRun(a)
		if err := r.Validate(); err != nil {
			t.Errorf("%v: %v", a, err)
		}
		if clips := a.searchesCells() && a != SETN; (r.Clip == 5) != clips {
			t.Errorf("%v: clipped to %g", a, r.Clip)
		}
	}
}

func TestVariantsOfOtherAlgorithmsAreRefused(t *testing.T) {
	for _, a := range Algorithms() {
		for name, change := range map[string]func(*Run) bool{
			"arch first":       func(r *Run) bool { r.ArchFirst = true; return a == DARTSV2 },
			"one cell":         func(r *Run) bool { r.OneCell = true; return a == Random },
			"last baseline":    func(r *Run) bool { r.LastBaseline = true; return a == ENAS },
			"final candidates": func(r *Run) bool { r.FinalCandidates = 5; return a.compares() },
			"none at the end":  func(r *Run) bool { r.FinalCandidates = -1; return false },
		} {
			r := DefaultRun(a)
			taken := change(&r)
			if err := r.Validate(); (err == nil) != taken {
				t.Errorf("%v, %s: %v", a, name, err)
			}
		}
	}
}

// smallEngine is one at the middle of a small search, with a batch for each half.
func smallEngine(t *testing.T, r Run) (*engine, pair, float64) {
	t.Helper()
	m := smallImages(t)
	s, err := New(r, m, fakeNetworks{}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	rate := s.engine.begin(r, 1)
	for p, err := range m.pairs(t.Context(), r, 1, 0) {
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range []*[]float32{&p.base.Input, &p.arch.Input} {
			*b = append([]float32{}, *b...)
		}
		p.base.Labels, p.arch.Labels = append([]int{}, p.base.Labels...), append([]int{}, p.arch.Labels...)
		return s.engine, p, rate
	}
	t.Fatal("no images")
	return nil, pair{}, 0
}

// TestArchitectureFirst takes the halves of a step of darts-v2 one by one.
func TestArchitectureFirst(t *testing.T) {
	r := smallRun(DARTSV2)
	r.DropPath = 0
	state := func(e *engine) (text string) {
		for name, tensor := range e.network().All() {
			text += fmt.Sprintf("%s %x\n", name, tensor.Data)
		}
		return text
	}
	after := map[bool]string{}
	for _, first := range []bool{false, true} {
		r.ArchFirst = first
		e, p, rate := smallEngine(t, r)
		if _, err := e.method.step(p.base, p.arch, rate); err != nil {
			t.Fatal(err)
		}
		after[first] = state(e)
	}
	if after[false] == after[true] {
		t.Error("both orders of a step give the same")
	}
	e, p, rate := smallEngine(t, r)
	m := e.method.(dartsV2)
	if _, err := m.ahead(p.base, p.arch, rate); err != nil {
		t.Fatal(err)
	}
	if _, err := m.weightHalf(p.base, m.joint().mixture()); err != nil {
		t.Fatal(err)
	}
	if state(e) != after[true] {
		t.Error("the step is not that of the architecture and then that of the weights")
	}
}

func TestOneCellForAllLayers(t *testing.T) {
	r := smallRun(Random)
	r.OneCell = true
	e, _, _ := smallEngine(t, r)
	m := e.method.(random)
	seen, zeros := map[string]bool{}, false
	for range 200 {
		drawn := m.draw()
		if len(drawn.Ops) != 1 {
			t.Fatalf("cells of %d layers, want one for all", len(drawn.Ops))
		}
		seen[opsKey(drawn.Ops[0])] = true
		zeros = zeros || drawn.Ops[0][0] == cell.None
	}
	if len(seen) < 150 || !zeros {
		t.Errorf("%d cells of 200, with zeros into the first node: %v", len(seen), zeros)
	}
	if n := len(m.candidates(20000)); n != 20000 { // more than there are
		t.Errorf("%d candidates", n)
	}
}

func TestLastBaseline(t *testing.T) {
	for last, want := range map[bool]float64{false: 2, true: 5} {
		r := smallRun(ENAS)
		r.LastBaseline = last
		e, _, _ := smallEngine(t, r)
		if got := e.method.(enas).training(r, nil, []float64{0, 1, 5}).next(); math.Abs(got-want) > 1e-12 {
			t.Errorf("last %v: %g, want %g", last, got, want)
		}
	}
}

func TestChoiceAtTheEnd(t *testing.T) {
	for name, r := range smallRuns() {
		s := newSearch(t, r, Options{})
		if s.Final() != nil {
			t.Errorf("%s: chosen before", name)
		}
		if err := s.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		f := s.Final()
		if (f != nil) != r.Algorithm.compares() {
			t.Errorf("%s: %v", name, f)
		}
		if f == nil {
			continue
		}
		want := r.Candidates
		if r.FinalCandidates > 0 {
			want = r.FinalCandidates
		}
		if f.Candidates != want || f.Arch.IsZero() || f.Accuracy < 0 || f.Accuracy > 100 {
			t.Errorf("%s: %+v, want one of %d", name, f, want)
		}
	}
}
