package models

import (
	"testing"

	"cellnet/cell"
	"cellnet/internal/fixture"
	"cellnet/weights"
)

// TestUserFilesGiveLogits evaluates networks of files that people's own programs
// left: one saved whole, one of numpy arrays, one without counters, one of two.
func TestUserFilesGiveLogits(t *testing.T) {
	open := func(name string, s weights.Selector) *weights.StateDict {
		f, err := weights.OpenFile(fixture.Shared(t, "fixtures/userfiles/"+name))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		n, err := f.Select(s)
		if err != nil {
			t.Fatal(err)
		}
		state, err := n.Load()
		if err != nil {
			t.Fatal(err)
		}
		return state
	}
	input := open("input.pth", weights.Selector{})
	numbers := func(name string) []float32 {
		tensor, _ := input.Get(name)
		v, err := tensor.Float32s()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	eleven, err := cell.FromIndex(11)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ file, entry, logits string }{
		{"module.pth", "", "plain"}, {"module-legacy.pth", "", "plain"}, {"module-parallel.pth", "model", "plain"}, {"arrays.pkl", "", "plain"},
		{"no-batches.pth", "", "plain"}, {"swa.pth", "", "plain"}, {"two-raw.pth", "", "plain"}, {"two-averaged.pth", "state_dict_ema", "other"},
	} {
		p, err := FromStateDict(network(t, eleven, 3, 1, 10), open(c.file, weights.Selector{Entry: c.entry}))
		if err != nil {
			t.Errorf("%s: %v", c.file, err)
			continue
		}
		predictor := NewPredictor(newNet(t, p, 4, Options{Side: 32}))
		if e := relativeNorm(predict(t, predictor, numbers("images")), numbers(c.logits)); e > 1e-5 {
			t.Errorf("%s: logits have a relative error of %.2g", c.file, e)
		}
		predictor.Close()
	}
}
