package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestBuiltinAnswers(t *testing.T) {
	for _, c := range []struct {
		want string
		args []string
	}{
		{"source", []string{"info"}},
		{"94.37", []string{"best", "--dataset", "cifar10", "--set", "test", "--hp", "200"}},
		{"12970", []string{"best", "--dataset", "cifar10", "--set", "test", "--hp", "200", "--max", "raspi4_latency=12"}},
		{"none within", []string{"best", "--dataset", "cifar10", "--set", "test", "--max", "raspi4_latency=0"}},
		{"device", []string{"top", "--dataset", "cifar100", "--set", "valid", "--max-flops", "50", "--device", "edgetpu_latency"}},
		{"70.89", []string{"metrics", "11472", "--dataset", "cifar100", "--hp", "200"}},
		{"raspi4_latency", []string{"cost", "11472", "--dataset", "cifar100"}},
		{"edgegpu_energy", []string{"front", "--dataset", "cifar10", "--set", "test", "--device", "edgegpu_energy"}},
		{"accuracy %", []string{"points", "--dataset", "ImageNet16-120", "--set", "test", "--hp", "200"}},
	} {
		if got := mustCellnet(t, append([]string{"query", "builtin"}, c.args...)...); !strings.Contains(got, c.want) {
			t.Errorf("%q: no %q in %.300s", c.args, c.want, got)
		}
		if got := mustCellnet(t, append([]string{"query", "builtin"}, append(c.args, "--json")...)...); !json.Valid([]byte(got)) {
			t.Errorf("%q: no JSON: %.300s", c.args, got)
		}
	}
	dir := t.TempDir()
	mustCellnet(t, "query", "builtin", "plot", "scatter", "--dataset", "cifar10", "--set", "test", "--hp", "200", "--device", "fpga_latency", "-o", filepath.Join(dir, "s.svg"))
	mustCellnet(t, "query", "builtin", "plot", "ranks", "--set", "test", "--hp", "200", "-o", filepath.Join(dir, "r.svg"))
}

func TestBuiltinRefusals(t *testing.T) {
	for want, args := range map[string][]string{
		"NATS-tss-v1_0-3ffb9": {"trials", "1", "--dataset", "cifar10"},
		"before the last":     {"metrics", "1", "--dataset", "cifar10", "--epoch", "3"},
		"training images":     {"best", "--dataset", "cifar10", "--set", "train"},
		"--max":               {"best", "--dataset", "cifar10", "--set", "test", "--max", "watts=1"},
		"--device":            {"front", "--dataset", "cifar10", "--set", "test", "--device", "gpu"},
	} {
		r := cellnet(t, append([]string{"query", "builtin"}, args...)...)
		if r.code == exitOK || r.stdout != "" || !strings.Contains(r.stderr, want) || strings.Count(r.stderr, "\n") != 1 {
			t.Errorf("%q: code %d, %s%s, want %s", args, r.code, r.stdout, r.stderr, want)
		}
	}
}

// Where no file is named the built-in results answer.
func TestQueryWithoutAFile(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("drawn.svg", nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"best", "--dataset", "cifar10", "--set", "test"},
		{"metrics", "11", "--dataset", "cifar100"},
		{"cost", "--json", "11", "--dataset=cifar100"},
		{"arch", "284"},
		{"info"},
		{"index", "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|"},
	} {
		want := mustCellnet(t, append([]string{"query", "builtin"}, args...)...)
		if got := mustCellnet(t, append([]string{"query"}, args...)...); got != want || got == "" {
			t.Errorf("%q: %s, want %s", args, got, want)
		}
		// Behind the command, too.
		behind := append([]string{"query", args[0], "builtin"}, args[1:]...)
		if got := mustCellnet(t, behind...); got != want {
			t.Errorf("%q: %s, want %s", behind, got, want)
		}
	}
	mustCellnet(t, "query", "plot", "scatter", "--dataset", "cifar10", "--set", "test", "-o", "drawn.svg")
	for want, args := range map[string][]string{
		"--dataset: missing":         {"metrics", "11"},
		"nb201.parqet":               {"metrics", "nb201.parqet", "11", "--dataset", "cifar10"},
		"unexpected argument \"13\"": {"metrics", "11", "12", "13", "--dataset", "cifar10"},
		"unexpected argument \"x\"":  {"best", "x", "--dataset", "cifar10"},
	} {
		r := cellnet(t, append([]string{"query"}, args...)...)
		if r.code == exitOK || r.stdout != "" || !strings.Contains(r.stderr, want) || strings.Count(r.stderr, "\n") != 1 {
			t.Errorf("%q: code %d, %s%s, want %s", args, r.code, r.stdout, r.stderr, want)
		}
	}
}

func TestExportBuiltin(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"cells.csv", "cells.parquet", "cells.CSV", "cells.csv"} {
		mustCellnet(t, "bench", "export", "builtin", "-o", filepath.Join(dir, name))
	}
	text, err := os.ReadFile(filepath.Join(dir, "cells.csv"))
	if err != nil || !bytes.HasPrefix(text, []byte("arch_index,arch,cifar10_valid_12,")) || bytes.Count(text, []byte("\n")) != 15626 {
		t.Errorf("%.100s, error %v", text, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "mine.csv"), []byte("a,b\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	for want, args := range map[string][]string{
		".csv or .parquet": {"-o", filepath.Join(dir, "cells.pth")},
		"--layout":         {"-o", filepath.Join(dir, "new.csv"), "--layout", "nats-file"},
		"--force":          {"-o", filepath.Join(dir, "mine.csv")},
		"--output":         {},
	} {
		r := cellnet(t, append([]string{"bench", "export", "builtin"}, args...)...)
		if r.code == exitOK || !strings.Contains(r.stderr, want) || strings.Count(r.stderr, "\n") != 1 {
			t.Errorf("%q: code %d, %s, want %s", args, r.code, r.stderr, want)
		}
	}
}

// A cell whose published records hold another network's cost.
func TestForeignCostIsNoted(t *testing.T) {
	r := cellnet(t, "query", "builtin", "cost", "327", "--dataset", "cifar10")
	if r.code != exitOK || !strings.Contains(r.stderr, "another network's") {
		t.Errorf("code %d, %s", r.code, r.stderr)
	}
	if r := cellnet(t, "query", "builtin", "cost", "11472", "--dataset", "cifar10"); r.stderr != "" {
		t.Errorf("a note: %s", r.stderr)
	}
}
