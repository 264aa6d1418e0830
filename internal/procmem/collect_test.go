package procmem

import (
	"runtime/debug"
	"testing"
)

func TestCollectEarly(t *testing.T) {
	set := func() int {
		now := debug.SetGCPercent(100)
		debug.SetGCPercent(now)
		return now
	}
	for gogc, want := range map[string]int{"": early, "100": 100, "50": 100} {
		t.Setenv("GOGC", gogc)
		defer debug.SetGCPercent(debug.SetGCPercent(100))
		undo := CollectEarly()
		if got := set(); got != want {
			t.Errorf("GOGC=%s: %d %%, want %d", gogc, got, want)
		}
		undo()
		if got := set(); got != 100 {
			t.Errorf("GOGC=%s: %d %% afterwards", gogc, got)
		}
	}
}
