package record

import (
	"encoding/json"
	"math"
	"reflect"
	"testing"

	"cellnet/data"
	"cellnet/internal/mt19937"
)

func TestHP(t *testing.T) {
	for text, want := range map[string]HP{"01": 1, "1": 1, "12": 12, "90": 90, "200": 200} {
		hp, err := ParseHP(text)
		if err != nil || hp != want {
			t.Errorf("%s: %v, %v", text, hp, err)
		}
		again, err := ParseHP(hp.String())
		if err != nil || again != hp {
			t.Errorf("%s: %v, %v", hp, again, err)
		}
	}
	for _, text := range []string{"", "0", "00", "-1", "+12", "12.0", "x", "0012", "70000", "1_2"} {
		if hp, err := ParseHP(text); err == nil {
			t.Errorf("%q: %v, no error", text, hp)
		}
	}
}

func TestCurve(t *testing.T) {
	var c Curve
	for _, e := range []int{0, 1, 3, 2} {
		c.Add(e, float64(10*e))
	}
	if !reflect.DeepEqual(c.Epochs, []int{0, 1, 3, 2}) {
		t.Errorf("epochs %v", c.Epochs)
	}
	for e := range 4 {
		if v, ok := c.At(e); !ok || v != float64(10*e) {
			t.Errorf("epoch %d: %v, %v", e, v, ok)
		}
		if v, ok := c.Upto(e); !ok || len(v) != e+1 || v[e] != float64(10*e) {
			t.Errorf("up to epoch %d: %v, %v", e, v, ok)
		}
	}
	for _, e := range []int{-1, 4} {
		if v, ok := c.At(e); ok {
			t.Errorf("epoch %d: %v", e, v)
		}
	}
	var last Curve
	last.Add(3, 5)
	if v, ok := last.At(3); !ok || v != 5 {
		t.Errorf("%v, %v", v, ok)
	}
	if v, ok := last.Upto(3); ok {
		t.Errorf("up to epoch 3 of a curve with one value: %v", v)
	}
	if _, ok := (Curve{Values: []float64{1}}).Upto(1); ok {
		t.Error("more epochs than there are")
	}
}

// TestPairwiseSum compares with sums of numpy 1.24.2: 1/1 + 1/2 + ... + 1/n.
func TestPairwiseSum(t *testing.T) {
	for n, want := range map[int]string{
		0: "0", 7: "2.5928571428571425", 8: "2.7178571428571425", 100: "5.187377517639621", 128: "5.433147092589173", 129: "5.440899030573669", 200: "5.878030948121444", 1000: "7.485470860550345",
	} {
		values := make([]float64, n)
		for i := range values {
			values[i] = 1 / float64(i+1)
		}
		if got := shortest(NAS201.sum(values)); got != want {
			t.Errorf("%d values: %s, want %s", n, got, want)
		}
	}
}

func shortest(f float64) string {
	text, _ := json.Marshal(f)
	return string(text)
}

func TestNumberJSON(t *testing.T) {
	for text, n := range map[string]Number{"null": {}, "1.5": NumberOf(1.5), "0": NumberOf(0)} {
		got, err := json.Marshal(n)
		if err != nil || string(got) != text {
			t.Errorf("%v: %s, %v, want %s", n, got, err, text)
		}
		var back Number
		if err := json.Unmarshal([]byte(text), &back); err != nil || back != n {
			t.Errorf("%s: %v, %v, want %v", text, back, err, n)
		}
	}
	if got, err := json.Marshal(NumberOf(math.NaN())); err != nil || string(got) != "null" {
		t.Errorf("NaN: %s, %v", got, err)
	}
	if err := json.Unmarshal([]byte(`"x"`), new(Number)); err == nil {
		t.Error("no error for a text")
	}
}

func TestDialect(t *testing.T) {
	for _, s := range []Dialect{
		{}, {SeedNumber: true}, {NumPyParams: true, NumPyLatency: true, OrderedTimes: true},
		{SeedNumber: true, NumPyParams: true, NumPyFLOPs: true, NumPyLatency: true, OrderedTimes: true, NoEvalTimes: true, WeightsSecond: true},
		{SecondsOrder: OrderOf([]data.Set{data.XValid, data.XTest, data.OriTest}), OrderedTimes: true},
		{Top1Order: "o", SecondsOrder: "", LossOrder: "xo"},
	} {
		got, err := ParseDialect(s.String())
		if err != nil || !reflect.DeepEqual(got, s) {
			t.Errorf("%q: %+v, %v, want %+v", s, got, err, s)
		}
	}
	for _, text := range []string{"z", "ii", "i o", "i a b c", "o x x x x", " oo v x", "i  t "} {
		if s, err := ParseDialect(text); err == nil {
			t.Errorf("%q: %+v, no error", text, s)
		}
	}
}

func TestSizeSpace(t *testing.T) {
	archs := ArchStrings(Size)
	if len(archs) != 32768 || archs[0] != "8:8:8:8:8" || archs[11] != "8:8:8:16:32" || archs[32767] != "64:64:64:64:64" {
		t.Errorf("%d strings, %s, %s ... %s", len(archs), archs[0], archs[11], archs[len(archs)-1])
	}
}

// TestRandomChoices compares with Python's random.choice after
// random.seed(0).
func TestRandomChoices(t *testing.T) {
	r := mt19937.NewPython(0)
	seeds := []int{777, 888, 999}
	for i, want := range []int{888, 888, 777, 888, 999, 888, 888, 888, 888, 888, 999, 777} {
		place, single, err := OfRandomTrial(r).pick(seeds)
		if err != nil || !single || seeds[place] != want {
			t.Errorf("choice %d: %d, %v, want %d", i, seeds[place], err, want)
		}
	}
}
