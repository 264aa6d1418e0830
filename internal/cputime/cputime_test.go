package cputime

import (
	"runtime"
	"testing"
	"time"
)

func TestUsedGrowsWithWork(t *testing.T) {
	if runtime.GOOS == "windows" || runtime.GOOS == "plan9" || runtime.GOOS == "js" {
		t.Skip("the system doesn't tell")
	}
	before, deadline := Used(), time.Now().Add(10*time.Second)
	for Used()-before < 20*time.Millisecond {
		if time.Now().After(deadline) {
			t.Fatalf("10 s of work are counted as %v", Used()-before)
		}
	}
	worked := Used()
	time.Sleep(50 * time.Millisecond)
	if idle := Used() - worked; idle > 40*time.Millisecond {
		t.Errorf("50 ms of sleep are counted as %v", idle)
	}
}
