package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cellnet/internal/procmem"
)

// TestBeyondTheMachine asks for more than any machine has. What would be needed
// and what is there is said before it is taken, and before a folder is made.
func TestBeyondTheMachine(t *testing.T) {
	if _, ok := procmem.Available(); !ok {
		t.Skip("the system doesn't tell how much memory there is")
	}
	out := filepath.Join(t.TempDir(), "out")
	training := []string{"train", "all_c3x3", "--dataset", "synthetic", "--limit", "64", "--out", out}
	generation := []string{"generate", "--archs", "0-15624", "--datasets", "synthetic", "--out", out}
	const memory = " of memory, "
	for what, c := range map[string]struct {
		args []string
		code int
		says string
	}{
		"channels":             {append(training, "-C", "65536"), exitFailed, memory},
		"cells":                {append(training, "-C", "4096", "-N", "1000"), exitFailed, memory},
		"channels of a set":    {append(generation, "-C", "65536"), exitFailed, memory},
		"channels of a plan":   {append(generation, "-C", "65536", "--plan"), exitFailed, memory},
		"jobs":                 {append(generation, "--jobs", "10000000"), exitFailed, "--jobs 10000000: 15625 networks"},
		"batch of a set":       {append(generation, "--batch", "65536", "-C", "4096"), exitFailed, memory},
		"threads":              {[]string{"speed", "11", "--threads", "1000000000000000000"}, exitUsage, "the processors that are here"},
		"more than any number": {[]string{"speed", "11", "--batch", "1000000000000000000"}, exitUsage, "want 1 to 65536"},
	} {
		r := cellnet(t, c.args...)
		if r.code != c.code || !strings.Contains(r.stderr, c.says) || strings.Count(r.stderr, "\n") != 1 || r.stdout != "" {
			t.Errorf("%s: exit code %d, %q, want %d and one line with %q", what, r.code, r.stderr, c.code, c.says)
		}
		if _, err := os.Stat(out); err == nil {
			t.Errorf("%s: there is a folder", what)
			os.RemoveAll(out)
		}
	}
}
