package query

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cellnet/bench"
	"cellnet/bench/record"
	"cellnet/bench/trialfile"
	"cellnet/cell"
	"cellnet/data"
	"cellnet/weights"
)

// publishedFile writes a file of a published layout with a trial of a cell that has
// the cost given.
func publishedFile(t *testing.T, index, channels int, cost cell.Cost) *bench.Benchmark {
	t.Helper()
	c, err := cell.FromIndex(index)
	if err != nil {
		t.Fatal(err)
	}
	curve := record.Curve{Values: slices.Repeat([]float64{1}, 12)}
	trial := record.Trial{
		Dataset: data.CIFAR10, Seed: 777, Epochs: 12, Params: cost.Params, FLOPs: cost.FLOPs,
		Net:   record.NetConfig{Channels: channels, Cells: 5, ArchString: c.String(), Classes: 10},
		Train: record.Curves{Loss: curve, Top1: curve, Top5: curve, Seconds: curve},
		Evals: []record.Eval{{Set: data.OriTest, Loss: curve, Top1: curve, Seconds: curve}},
	}
	dir := t.TempDir()
	training := trialfile.Training{Trial: trial, EvalTop5: map[data.Set]record.Curve{data.OriTest: curve}, Side: 32, Weights: new(weights.StateDict)}
	name := filepath.Join(dir, trialfile.Name(index, 777))
	if err := trialfile.WriteFile(name, trialfile.Contents{Trainings: []trialfile.Training{training}}, weights.Zip); err != nil {
		t.Fatal(err)
	}
	trials, err := bench.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer trials.Close()
	published := filepath.Join(t.TempDir(), "NAS-Bench-201.pth")
	if err := bench.Export(trials, published, bench.ExportOptions{Layout: record.NASBench201}); err != nil {
		t.Fatal(err)
	}
	b, err := bench.Open(published)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// Some published records hold another network's cost: that is told, with the cell's
// own.
func TestCostOfAnotherNetwork(t *testing.T) {
	cost := func(index, channels int) cell.Cost {
		c, err := cell.FromIndex(index)
		if err != nil {
			t.Fatal(err)
		}
		network, err := cell.NewNetwork(c, channels, 5, 10)
		if err != nil {
			t.Fatal(err)
		}
		return network.Cost(32)
	}
	for _, c := range []struct {
		index, channels int
		recorded        cell.Cost
		want            string
	}{
		{5345, 16, cell.Cost{FLOPs: 72.3, Params: 0.483}, "architecture 5345 holds another network's cost; its own is 43.17249 M FLOPs and 0.316346 M parameters"},
		{5345, 16, cost(5345, 16), ""},
		{5345, 4, cost(5345, 4), ""}, // not the published network
		{11472, 16, cell.Cost{FLOPs: 1, Params: 0.5}, "architecture 11472 holds another network's cost"},
	} {
		b := publishedFile(t, c.index, c.channels, c.recorded)
		for _, q := range All() {
			if q.Name != "cost" {
				continue
			}
			args, err := q.Parse(map[string]string{string(Index): fmt.Sprint(c.index), string(Dataset): "cifar10", string(HP): "12"})
			if err != nil {
				t.Fatal(err)
			}
			answer, err := q.Answer(t.Context(), b, args)
			if err != nil {
				t.Fatal(err)
			}
			var text strings.Builder
			if err := answer.Text(&text); err != nil || !strings.Contains(text.String(), fmt.Sprintf("%.6f M", c.recorded.Params)) {
				t.Errorf("%d: %s, error %v, want the recorded cost %v", c.index, &text, err, c.recorded)
			}
			if note := NoteOf(answer); note != c.want && (c.want == "" || !strings.Contains(note, c.want)) {
				t.Errorf("%d of %d channels, recorded as %v: note %q, want %q", c.index, c.channels, c.recorded, note, c.want)
			}
		}
	}
}
