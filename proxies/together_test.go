package proxies

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"cellnet/cell"
)

// TestMeasuresTogether holds the scores of any measures that are computed together, by
// an evaluator that computed others before, to the bits of each one alone.
func TestMeasuresTogether(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const images, side = 24, 8 // more than the measures of the first 16 take
	b := Batch{Images: make([]float32, images*3*side*side), Labels: make([]int, images), Side: side, Classes: 10}
	for i := range b.Images {
		b.Images[i] = float32(rng.NormFloat64())
	}
	for i := range b.Labels {
		b.Labels[i] = i % 10
	}
	c, err := cell.Parse("|nor_conv_3x3~0|+|nor_conv_1x1~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_3x3~1|skip_connect~2|")
	if err != nil {
		t.Fatal(err)
	}
	net, err := cell.NewNetwork(c, 4, 1, 10)
	if err != nil {
		t.Fatal(err)
	}
	score := func(e *Evaluator, wanted []Measure) map[Measure]Score {
		t.Helper()
		task, err := Presets()[0].Task(net, 777, b, wanted)
		if err != nil {
			t.Fatal(err)
		}
		scores, err := e.Evaluate(task, wanted)
		if err != nil {
			t.Fatal(err)
		}
		return scores
	}
	all, err := ParseMeasures("all")
	if err != nil {
		t.Fatal(err)
	}
	alone := map[Measure]Score{}
	for _, m := range all {
		alone[m] = score(new(Evaluator), []Measure{m})[m]
	}
	lists := [][]Measure{all, {GradSign, NTK}, {NTK, GradSign}}
	for range 20 {
		some := slices.Clone(all)
		rng.Shuffle(len(some), func(i, j int) { some[i], some[j] = some[j], some[i] })
		lists = append(lists, some[:1+rng.IntN(4)])
	}
	var e Evaluator
	for _, wanted := range lists {
		scores := score(&e, wanted)
		for _, m := range wanted {
			got, want := scores[m], alone[m]
			if math.Float64bits(got.Value) != math.Float64bits(want.Value) || got.Reason != want.Reason {
				t.Errorf("%v of %v: %v, alone %v", m, wanted, got, want)
			}
		}
	}
}
