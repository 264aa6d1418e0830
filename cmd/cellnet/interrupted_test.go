package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cellnet/internal/fixture"
)

// TestInterruptedCommands interrupts commands before they have done anything.
func TestInterruptedCommands(t *testing.T) {
	dir := t.TempDir()
	archive, net := fixture.Shared(t, "fixtures/bench/archive"), saved(t, readmeArch, 10)
	picture := fixture.Shared(t, "fixtures/bench") // is not read
	out := filepath.Join(dir, "out")
	for _, args := range [][]string{
		{"bench", "import", archive, "-o", out},
		{"bench", "export", archive, "-o", out},
		{"query", archive, "best", "--dataset", "cifar10", "--set", "ori-test", "--hp", "200"},
		{"query", archive, "show", "157"},
		{"search", "random", "--benchmark", archive, "--dataset", "cifar10"},
		{"search", "compare", "--benchmark", archive, "--dataset", "cifar10"},
		{"search", "one-shot", publishedSupernet("gdas"), "0-9", "--dataset", "synthetic"},
		{"predict", picture, "--weights", net, "--arch", readmeArch},
		smallGeneration(out, "--plan"),
	} {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		var stdout, stderr bytes.Buffer
		code := run(ctx, args, strings.NewReader(""), &stdout, &stderr)
		if code != exitInterrupted || stdout.Len() > 0 || !strings.HasSuffix(stderr.String(), "interrupted\n") {
			t.Errorf("%v: exit code %d, printed %q, %q", args, code, stdout.String(), stderr.String())
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("%v: left %v, %v", args, left, err)
		}
	}
}
