package block

import (
	"math/rand/v2"
	"runtime"
	"testing"

	"cellnet/internal/kernel"
)

// What a step allocates doesn't grow with the batch.
func TestAllocationsOfAStep(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	k, err := kernel.Best()
	if err != nil {
		t.Fatal(err)
	}
	const side, channels, capacity = 8, 16, 64
	r := rand.New(rand.NewPCG(1, 1))
	c := parse(t, "|nor_conv_3x3~0|+|nor_conv_1x1~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_3x3~1|avg_pool_3x3~2|")
	var params []ConvNorm
	for _, e := range c.Edges() {
		if e.Op.IsConv() {
			_, p := newConvNorm(r, channels, channels, e.Op.Taps())
			params = append(params, p)
		}
	}
	_, a := newConvNorm(r, 2*channels, channels, 9)
	_, b := newConvNorm(r, 2*channels, 2*channels, 9)
	reductionParams := ReductionParams{a, b, make([]float32, 2*channels*channels)}
	_, stemParams := newConvNorm(r, channels, imageChannels, 9)
	headParams := newNormParams(random(r, channels, 1, 0.1), random(r, channels, 0, 0.1))

	x := make([]float32, capacity*side*side*kernel.Pad(channels))
	dy := make([]float32, 2*len(x))
	for i := range x {
		x[i] = float32(i%7) - 3
	}
	work := NewWorkspace(k, OfBatch)
	cells := must(NewCell(work, c, side, Widths{channels, channels}, capacity, params))
	reduction := NewReduction(work, side, Widths{channels, 2 * channels}, capacity, reductionParams)
	stem := NewStem(work, side, channels, capacity, stemParams)
	head := NewHead(work, side, channels, capacity, headParams)
	cellEval := must(NewCellEval(work, c, side, Widths{channels, channels}, capacity, params))
	cellEval.Fold()
	reductionEval := NewReductionEval(work, side, Widths{channels, 2 * channels}, capacity, reductionParams)
	reductionEval.Fold()
	stemEval := NewStemEval(work, side, channels, capacity, stemParams)
	stemEval.Fold()
	headEval := NewHeadEval(work, side, channels, capacity, headParams)
	headEval.Fold()

	for name, step := range map[string]func(n int){
		"cell":           func(n int) { cells.Forward(x, n); cells.Backward(dy, n) },
		"reduction":      func(n int) { reduction.Forward(x, n); reduction.Backward(dy, n) },
		"stem":           func(n int) { stem.Forward(x, n); stem.Backward(dy, n) },
		"head":           func(n int) { head.Forward(x, n); head.Backward(dy, n) },
		"cell eval":      func(n int) { cellEval.Forward(x, n) },
		"reduction eval": func(n int) { reductionEval.Forward(x, n) },
		"stem eval":      func(n int) { stemEval.Forward(x, n) },
		"head eval":      func(n int) { headEval.Forward(x, n) },
	} {
		few := testing.AllocsPerRun(3, func() { step(capacity / 4) })
		many := testing.AllocsPerRun(3, func() { step(capacity) })
		if many > few {
			t.Errorf("%s: %g allocations of a batch of %d, %g of one of %d", name, few, capacity/4, many, capacity)
		}
	}
}
