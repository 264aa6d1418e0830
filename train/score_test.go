package train

import (
	"math"
	"testing"
)

func TestRankOf(t *testing.T) {
	nan := float32(math.NaN())
	tests := []struct {
		name   string
		logits []float32
		label  int
		want   int
	}{
		{"highest", []float32{1, 3, 2}, 1, 0},
		{"lowest", []float32{1, 3, 2}, 0, 2},
		{"tie, lower class", []float32{5, 5, 1}, 0, 0},
		{"tie, higher class", []float32{5, 5, 1}, 1, 1},
		{"all equal", []float32{0, 0, 0, 0}, 3, 3},
		{"another is no number", []float32{1, nan, 0}, 0, 1},
		{"infinite", []float32{1, float32(math.Inf(1))}, 1, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := rankOf(test.logits, test.label); got != test.want {
				t.Errorf("rank of %d in %v is %d, want %d", test.label, test.logits, got, test.want)
			}
		})
	}
	if got := rankOf([]float32{nan, nan, nan}, 0); got < 5 {
		t.Errorf("rank of a label whose logit is no number is %d: it counts as right", got)
	}
}
