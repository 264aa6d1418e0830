package main

import (
	"math"
	"slices"
	"testing"

	"cellnet/cell"
)

func mustIndex(t *testing.T, arch string) int {
	t.Helper()
	c, err := cell.Parse(arch)
	if err != nil {
		t.Fatal(err)
	}
	i, ok := c.Index()
	if !ok {
		t.Fatalf("%s is not in the benchmark", arch)
	}
	return i
}

func TestMedian(t *testing.T) {
	for _, tt := range []struct {
		v    []float64
		want float64
	}{
		{[]float64{3}, 3},
		{[]float64{3, 1, 2}, 2},
		{[]float64{9, 1, 2, 4}, 3},
		{[]float64{1, 1, 100}, 1},
	} {
		before := slices.Clone(tt.v)
		if got := median(tt.v); got != tt.want {
			t.Errorf("%v: got %v, want %v", tt.v, got, tt.want)
		}
		if !slices.Equal(tt.v, before) {
			t.Errorf("%v was changed to %v", before, tt.v)
		}
	}
	if got := median(nil); !math.IsNaN(got) {
		t.Errorf("of none: got %v", got)
	}
}

func TestGeometricMean(t *testing.T) {
	for _, tt := range []struct {
		v    []float64
		want float64
	}{
		{[]float64{2}, 2},
		{[]float64{1, 4}, 2},
		{[]float64{2, 4, 8}, 4},
	} {
		if got := geometricMean(tt.v); math.Abs(got-tt.want) > 1e-12 {
			t.Errorf("%v: got %v, want %v", tt.v, got, tt.want)
		}
	}
	if got := geometricMean(nil); !math.IsNaN(got) {
		t.Errorf("of none: got %v", got)
	}
}

func TestBetterLayoutIsTheFasterOne(t *testing.T) {
	for _, tt := range []struct {
		contiguous, channelsLast []float64
		want                     string
		ratio                    float64
	}{
		{[]float64{4, 9, 4}, []float64{6, 6, 1}, "contiguous", 2},
		{[]float64{4, 9, 9}, []float64{6, 6, 6}, "channels_last", 3},
	} {
		w := whole{
			Seconds: pair{Cellnet: []float64{1, 2, 8}},
			all:     map[string][]float64{"contiguous": tt.contiguous, "channels_last": tt.channelsLast},
		}
		w.settle()
		if w.Layout != tt.want || w.Ratio != tt.ratio {
			t.Errorf("%v, %v: got %s, ratio %v, want %s, %v", tt.contiguous, tt.channelsLast, w.Layout, w.Ratio, tt.want, tt.ratio)
		}
	}
}
