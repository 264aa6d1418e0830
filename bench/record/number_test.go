package record

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"
)

func TestNumberInJSON(t *testing.T) {
	values := []float64{0, math.Copysign(0, -1), 1, -1.5, 1e-6, 9.99e-7, 1e-7, -1e-10, 1e-100, 1e20, 1e21, -1e21, 1.5e300, math.MaxFloat64, math.SmallestNonzeroFloat64, 100}
	random := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		values = append(values, math.Float64frombits(random.Uint64()), random.NormFloat64(), math.Pow(10, 60*random.Float64()-30))
	}
	for _, v := range values {
		want := []byte("null")
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			want, _ = json.Marshal(v)
		}
		if got, err := json.Marshal(NumberOf(v)); err != nil || string(got) != string(want) {
			t.Fatalf("%b: got %s, %v, want %s", v, got, err, want)
		}
	}
	if got, err := json.Marshal(Number{}); err != nil || string(got) != "null" {
		t.Errorf("no number: %s, %v", got, err)
	}
}
