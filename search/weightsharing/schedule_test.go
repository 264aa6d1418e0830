package weightsharing

import (
	"fmt"
	"math"
	"strconv"
	"testing"
)

func TestSchedulesAreThePublishedOnes(t *testing.T) {
	var want struct {
		Rates    map[string][]float64
		ENAS2020 []float64 `json:"enas_2020"`
		Tau      map[string][]float64
		WarmUp   map[string][]*float64 `json:"warmup"`
	}
	readJSON(t, "schedules.json", &want)
	run := func(a Algorithm, epochs string) Run {
		r := DefaultRun(a)
		r.Epochs, _ = strconv.Atoi(epochs)
		return r
	}
	compare := func(what string, epoch int, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 1e-12 {
			t.Errorf("%s of epoch %d is %v, want %v", what, epoch, got, want)
		}
	}
	for epochs, rates := range want.Rates {
		for e, rate := range rates {
			compare("rate of "+epochs, e, run(DARTSV1, epochs).rate(e), rate)
		}
	}
	old := run(ENAS, fmt.Sprint(len(want.ENAS2020)))
	old.Rate, old.RateMin, old.RatePeriod = 0.05, 0.0005, 10
	for e, rate := range want.ENAS2020 {
		compare("rate of 2020", e, old.rate(e), rate)
	}
	for epochs, taus := range want.Tau {
		for e, tau := range taus {
			compare("tau of "+epochs, e, run(GDAS, epochs).tau(e), tau)
		}
	}
	for epochs, largest := range want.WarmUp {
		for e, q := range largest {
			got, ok := run(TAS, epochs).warmUp(e)
			if ok != (q != nil) {
				t.Errorf("epoch %d of %s is warm-up: %v", e, epochs, ok)
			} else if ok {
				compare("warm-up of "+epochs, e, got, *q)
			}
		}
	}
	if got := run(GDAS, "1").tau(0); got != 10 {
		t.Errorf("a single epoch has tau %v, want 10", got)
	}
	dropping := run(DARTSV1, "4")
	dropping.DropPath = 0.2
	if a, b := dropping.dropped(0), dropping.dropped(3); a != 0.05 || b != 0.2 {
		t.Errorf("drop path goes from %v to %v", a, b)
	}
}
