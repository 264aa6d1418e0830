package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestJoinedColumns asks with the columns of a file.
func TestJoinedColumns(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "board.csv")
	// Architecture 11472 is the best on CIFAR-10's test images within 4 ms.
	if err := os.WriteFile(file, []byte("index,board_ms,flops\n11472,3.5,1\n6111,9,2\n11,1,\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ask := func(args ...string) []string {
		return append(append([]string{"query", "builtin"}, args...), "--dataset", "cifar10", "--set", "test", "--hp", "200", "--with", file)
	}
	var best struct{ Index int }
	decode(t, mustCellnet(t, ask("best", "--max", "board_ms=4", "--json")...), &best)
	if best.Index != 11472 {
		t.Errorf("best is %d", best.Index)
	}
	decode(t, mustCellnet(t, ask("best", "--max", "board_ms=4,raspi4_latency=1e9", "--json")...), &best)
	if best.Index != 11472 {
		t.Errorf("best is %d beside a limit on a device", best.Index)
	}
	var points struct {
		Index   []int
		FLOPs   []float64  `json:"flops"`
		Board   []*float64 `json:"board_ms"`
		OwnFLOP []*float64 `json:"with_flops"`
		Device  []*float64 `json:"device_cost"`
	}
	decode(t, mustCellnet(t, ask("points", "--device", "board_ms", "--max", "board_ms=100", "--json")...), &points)
	if len(points.Index) != 3 || points.Index[0] != 11 || *points.Board[0] != 1 || *points.Device[0] != 1 || points.OwnFLOP[0] != nil || *points.OwnFLOP[1] != 2 || points.FLOPs[1] < 100 {
		t.Errorf("%+v", points)
	}
	if text := mustCellnet(t, ask("points", "--max", "board_ms=4")...); !strings.Contains(text, "board_ms") || strings.Count(text, "\n") != 3 {
		t.Errorf("%s", text)
	}
	if text := mustCellnet(t, ask("front", "--device", "board_ms")...); !strings.Contains(text, "board_ms") {
		t.Errorf("%s", text)
	}
	mustCellnet(t, ask("plot", "scatter", "--device", "board_ms", "-o", filepath.Join(dir, "scatter.svg"))...)
	for _, f := range []failure{
		{ask("top", "--max", "bord_ms=4"), exitUsage, `--max: unknown device cost "bord_ms", want one of edgegpu_latency, edgegpu_energy, raspi4_latency, edgetpu_latency, pixel3_latency, eyeriss_latency, eyeriss_energy, fpga_latency, fpga_energy; the columns of the file are board_ms, flops (see cellnet query top --help)`},
	} {
		f.check(t)
	}
}
