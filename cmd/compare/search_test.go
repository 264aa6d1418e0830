package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

func TestSearchComparison(t *testing.T) {
	out, err := runCompare(t, "good", "search", "gdas", "--rounds", "3", "--json")
	if err != nil {
		t.Fatal(err)
	}
	var c searchComparison
	if err := json.Unmarshal([]byte(out), &c); err != nil {
		t.Fatalf("printed %q: %v", out, err)
	}
	// Of PyTorch's calls the odd ones are contiguous, the even ones channels last.
	if !slices.Equal(c.CPU.Cellnet, []float64{2, 4, 6}) || !slices.Equal(c.CPU.PyTorch, []float64{24, 48, 72}) || c.CPURatio != 12 {
		t.Errorf("processors' seconds: %+v, ratio %v", c.CPU, c.CPURatio)
	}
	if c.Layout != "channels_last" || !slices.Equal(c.Seconds.PyTorch, []float64{24, 48, 72}) || c.Ratio != 24 {
		t.Errorf("%s, seconds: %+v, ratio %v", c.Layout, c.Seconds, c.Ratio)
	}
	if len(c.Memory.Cellnet) != 3 || len(c.Memory.PyTorch) != 3 {
		t.Errorf("memory: %+v", c.Memory)
	}
	out, err = runCompare(t, "good", "search", "--rounds", "1")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range searches() {
		if !strings.Contains(out, "  "+name+", c") {
			t.Errorf("no %s in\n%s", name, out)
		}
	}
}

func TestSearchFailures(t *testing.T) {
	for _, tt := range []struct{ mode, want, algorithm string }{
		{"silent", "measuring cellnet's steps of gdas: it printed nothing", "gdas"},
		{"garbled", `it printed "not JSON", want one line of JSON`, "gdas"},
		{"empty", "want the seconds of a step", "gdas"},
		{"good", `no algorithm "enas" to compare, want one of darts-v1, gdas, setn, rsps`, "enas"},
	} {
		out, err := runCompare(t, tt.mode, "search", tt.algorithm)
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") || out != "" {
			t.Errorf("%s %s: got %q, %v, want %s", tt.mode, tt.algorithm, out, err, tt.want)
		}
	}
}
