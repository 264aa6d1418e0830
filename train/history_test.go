package train

import (
	"encoding/json"
	"math"
	"slices"
	"testing"

	"cellnet/data"
)

// historyText is a history as JSON, without its times.
func historyText(t testing.TB, history []Epoch) string {
	t.Helper()
	history = slices.Clone(history)
	for i := range history {
		history[i].Train.Seconds = 0
		history[i].Evaluations = slices.Clone(history[i].Evaluations)
		for k := range history[i].Evaluations {
			history[i].Evaluations[k].Seconds = 0
		}
	}
	text, err := json.Marshal(history)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestHistoryAsJSON(t *testing.T) {
	history := []Epoch{{
		Epoch: 0, Rate: 0.1, Train: Metrics{100, 1.0 / 3, 12.5, 60, 1.25},
		Evaluations: []Evaluation{{data.OriTest, Metrics{10, math.NaN(), 10, 50, 0.5}}},
	}}
	text, err := json.Marshal(history)
	if err != nil {
		t.Fatal(err)
	}
	const want = `[{"epoch":0,"rate":0.1,"train":{"n":100,"loss":0.3333333333333333,"top1":12.5,"top5":60,"seconds":1.25},` +
		`"evaluations":[{"set":"ori-test","n":10,"loss":null,"top1":10,"top5":50,"seconds":0.5}]}]`
	if string(text) != want {
		t.Errorf("got  %s\nwant %s", text, want)
	}
	var back []Epoch
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if !math.IsNaN(back[0].Evaluations[0].Loss) || back[0].Train != history[0].Train {
		t.Errorf("read back as %+v", back)
	}
}
