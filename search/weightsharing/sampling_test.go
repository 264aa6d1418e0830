package weightsharing

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"cellnet/cell"
	"cellnet/internal/block"
	"cellnet/internal/kernel"
	"cellnet/internal/mt19937"
)

type samplings struct {
	Seed          uint32
	URS           [][]int
	Any           []string
	One           string
	Hundred       []string
	Size          string
	WarmUp        []int `json:"warmup"`
	Exponentials  [][]float64
	Uniforms      []float64
	Controller    []string
	Alpha         [][]float32 `json:"arch_parameters"`
	Probabilities [][]float64
	MostProbable  []struct {
		LogProb float64 `json:"log_prob"`
		Arch    string
	} `json:"by_probability"`
	Stretch map[string][][2]int // by "from->to": the channels whose mean a channel is
}

func archOf(t testing.TB, ops []cell.Op) string {
	t.Helper()
	c, err := CellOf(edgesOf(4), ops)
	if err != nil {
		t.Fatal(err)
	}
	return c.String()
}

func TestCellsAreDrawnAsThePublishedOnes(t *testing.T) {
	var want samplings
	readJSON(t, "sampling.json", &want)
	edges := edgesOf(4)
	fresh := func() *generators { return newGenerators(mt19937.New(want.Seed), want.Seed) }

	g := fresh()
	for i, ops := range want.URS {
		if got := g.connectedCell(edges); !slices.Equal(got, opsOf(ops)) {
			t.Errorf("urs %d: %v, want %v", i, got, ops)
		}
	}
	g = fresh()
	for i, arch := range want.Any {
		if got := archOf(t, g.uniformCell(edges)); got != arch {
			t.Errorf("any %d: %s, want %s", i, got, arch)
		}
	}
	if got := archOf(t, fresh().cells(edges, 1)[0]); got != want.One {
		t.Errorf("one: %s, want %s", got, want.One)
	}
	for i, ops := range fresh().cells(edges, 100) {
		if got := archOf(t, ops); got != want.Hundred[i] {
			t.Errorf("hundred %d: %s, want %s", i, got, want.Hundred[i])
		}
	}
	g = fresh()
	for i, choice := range want.WarmUp {
		if got := g.warmUp(0.4, 8); got != choice {
			t.Errorf("warm-up %d: %d, want %d", i, got, choice)
		}
	}
	python := mt19937.NewPython(uint64(want.Seed))
	for i, width := range strings.Split(want.Size, ":") {
		if got := strconv.Itoa(8 * (python.Intn(8) + 1)); got != width {
			t.Errorf("width %d: %s, want %s", i, got, width)
		}
	}
	g = fresh()
	for i, row := range want.Exponentials {
		if got := g.exponentials(5); !slices.Equal(got, row) {
			t.Errorf("exponentials %d: %v, want %v", i, got, row)
		}
	}
	for i, u := range want.Uniforms {
		if got := g.uniform(); got != u {
			t.Errorf("uniform %d: %v, want %v", i, got, u)
		}
	}
}

func TestControllerDrawsThePublishedCells(t *testing.T) {
	var want samplings
	readJSON(t, "sampling.json", &want)
	random := mt19937.New(want.Seed)
	skipNetwork(random, uniformsOf4x1(25358))
	c := NewController(random)
	for i, arch := range want.Controller {
		s := c.sample(6, mt19937.New(want.Seed+uint32(i)).Float53)
		if got := archOf(t, s.ops); got != arch {
			t.Errorf("seed %d: %s, want %s", int(want.Seed)+i, got, arch)
		}
	}
}

func alphaOf(rows [][]float32) table {
	var t table
	for _, row := range rows {
		t = append(t, doubles(row))
	}
	return t
}

func TestMostProbable(t *testing.T) {
	var want samplings
	readJSON(t, "sampling.json", &want)
	alpha := alphaOf(want.Alpha)
	for e, row := range softmaxRows(alpha) {
		near(t, fmt.Sprintf("probabilities of edge %d", e), row, want.Probabilities[e], 1e-14, 0)
	}
	best := mostProbable(alpha, 100)
	for i, w := range want.MostProbable {
		if got := archOf(t, best[i].ops); got != w.Arch || math.Abs(best[i].logProb-w.LogProb) > 1e-12 {
			t.Errorf("cell %d: %s of %v, want %s of %v", i, got, best[i].logProb, w.Arch, w.LogProb)
		}
	}
	// Equal ones stand in the order of counting, the last edge fastest.
	for i, p := range mostProbable(newTable(6, 5), 30) {
		if !slices.Equal(p.ops, numberedCell(i, 6)) {
			t.Errorf("of equal cells number %d is %v", i, p.ops)
		}
	}
	if got := len(mostProbable(alpha, 1<<20)); got != cell.SpaceSize {
		t.Errorf("%d cells of all, want %d", got, cell.SpaceSize)
	}
	if got := len(mostProbable(newTable(21, 5), 10)); got != 10 {
		t.Errorf("%d cells of seven nodes, want 10", got)
	}
}

func TestCellOf(t *testing.T) {
	ops := make([]cell.Op, 10)
	ops[0], ops[9] = cell.NorConv3x3, cell.AvgPool3x3
	c, err := CellOf(edgesOf(5), ops)
	if want := "|nor_conv_3x3~0|+|none~0|none~1|+|none~0|none~1|none~2|+|none~0|none~1|none~2|avg_pool_3x3~3|"; err != nil || c.String() != want {
		t.Errorf("%v, %v, want %s", c, err, want)
	}
	if _, err := CellOf(edgesOf(5), ops[1:]); err == nil {
		t.Error("operations for another number of edges were taken")
	}
}

// A stretched image's channels are means of the published channels: images that have
// but one channel show it.
func TestStretchesAreThePublishedOnes(t *testing.T) {
	var want samplings
	readJSON(t, "sampling.json", &want)
	if len(want.Stretch) == 0 {
		t.Fatal("no stretches are recorded")
	}
	kernels, err := kernel.Best()
	if err != nil {
		t.Fatal(err)
	}
	for name, spans := range want.Stretch {
		var from, to int
		if _, err := fmt.Sscanf(name, "%d->%d", &from, &to); err != nil || len(spans) != to {
			t.Fatalf("%s with %d channels: %v", name, len(spans), err)
		}
		padded := kernel.Pad(to)
		narrow := block.NewNarrow(block.NewWorkspace(kernels, block.OfBatch), 1, to, padded)
		narrow.Stretches, narrow.To = []block.Stretch{{From: from, Factor: 1}}, to
		images := make([]float32, from*padded)
		for c := range from {
			images[c*padded+c] = 1
		}
		stretched := narrow.Forward(images, from)
		for c := range from {
			for j, span := range spans {
				share := float32(0)
				if span[0] <= c && c < span[1] {
					share = 1 / float32(span[1]-span[0])
				}
				if got := stretched[c*padded+j]; got != share {
					t.Errorf("%s: channel %d has %v of channel %d, want %v", name, j, got, c, share)
				}
			}
		}
	}
}
