package main

import (
	"encoding/json"
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
