package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cellnet/bench"
	"cellnet/data"
	"cellnet/internal/mt19937"
)

type simulatedStep struct {
	Index    int
	Accuracy float64 `json:"valid_accuracy"`
	Cost     float64 `json:"time_cost"`
	Total    float64 `json:"total_time_cost"`
}

func parseSteps(t *testing.T, text string) []simulatedStep {
	t.Helper()
	var steps []simulatedStep
	for line := range strings.Lines(text) {
		var s simulatedStep
		if err := json.Unmarshal([]byte(line), &s); err != nil {
			t.Fatal(err)
		}
		steps = append(steps, s)
	}
	return steps
}

func TestSimulateAddsTimes(t *testing.T) {
	files := nats(t)
	b, err := bench.Open(files)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	random := mt19937.NewPython(3)
	var clock bench.Clock
	var want []simulatedStep
	for _, arch := range []int{11, 284, -1, 0, 11} {
		if arch < 0 {
			clock.Reset()
			continue
		}
		s, err := b.Simulate(bench.SimulateQuery{Index: arch, Dataset: data.CIFAR10, HP: bench.HP12, Random: random})
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, simulatedStep{arch, s.Accuracy, s.Cost, clock.Spend(s.Cost)})
	}
	if want[1].Total != want[0].Cost+want[1].Cost || want[2].Total != want[2].Cost {
		t.Fatalf("the clock went wrong: %+v", want)
	}
	of := []string{"query", files, "simulate", "--dataset", "cifar10", "--hp", "12", "--random", "3", "--json"}
	list := filepath.Join(t.TempDir(), "archs")
	lines := "11\n\n284\nreset\n|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|skip_connect~1|skip_connect~2|\n11\n"
	if err := os.WriteFile(list, []byte(lines), 0o666); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	if code := run(t.Context(), append(of, "--archs", "-"), strings.NewReader(lines), &out, &errs); code != exitOK {
		t.Fatal(errs.String())
	}
	for name, text := range map[string]string{
		"arguments": mustCellnet(t, append(of, "11", "284", "reset", "0", "11")...),
		"file":      mustCellnet(t, append(of, "--archs", list)...),
		"both":      mustCellnet(t, append(of, "11", "284", "--archs", writeLines(t, "reset", "0", "11"))...),
		"input":     out.String(),
	} {
		got := parseSteps(t, text)
		if len(got) != len(want) {
			t.Fatalf("%s: %s", name, text)
		}
		for i := range got {
			if got[i] != want[i] {
				t.Errorf("%s: step %d is %+v, want %+v", name, i, got[i], want[i])
			}
		}
	}
	table := mustCellnet(t, "query", files, "simulate", "11", "284", "--dataset", "cifar10")
	if lines := strings.Count(table, "\n"); lines != 3 || !strings.Contains(table, "s in all") {
		t.Errorf("table:\n%s", table)
	}
	for _, f := range []failure{
		{[]string{"query", files, "simulate", "11", "5", "--dataset", "cifar10"}, exitFailed,
			files + ": NATS-tss-v1_0-3ffb9-simple has no record of architecture 5: not recorded"},
		{[]string{"query", files, "simulate", "11", "x", "--dataset", "cifar10"}, exitUsage,
			`--arch: unknown cell "x", did you mean all_c3x3? (see cellnet query simulate --help)`},
		{[]string{"query", files, "simulate", "11", "0", "--index", "3", "--dataset", "cifar10"}, exitUsage,
			"--index does not go with several architectures (see cellnet query simulate --help)"},
		{[]string{"query", files, "simulate", "11", "0", "--dataset", "cifar10-valid"}, exitUsage,
			"--dataset: cifar10-valid cannot be simulated, want cifar10, cifar100 or ImageNet16-120 (see cellnet query simulate --help)"},
	} {
		f.check(t)
	}
}

func writeLines(t *testing.T, lines ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "lines")
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}
