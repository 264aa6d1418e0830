package query

import (
	"encoding/json"
	"testing"

	"cellnet/bench"
)

func TestCurveInJSON(t *testing.T) {
	type byTags curve
	for _, c := range []curve{
		{Epochs: []int{}, Values: []bench.Number{}},
		{Epochs: []int{0, 1, 11}, Values: []bench.Number{number(93.5), {}, number(1e-9)}},
	} {
		want, err := json.Marshal(byTags(c))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := json.Marshal(&c); err != nil || string(got) != string(want) {
			t.Errorf("got %s, %v, want %s", got, err, want)
		}
	}
}
