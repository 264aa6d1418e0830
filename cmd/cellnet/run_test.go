package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"cellnet/internal/usage"
)

// result is what a run of the program left.
type result struct {
	stdout, stderr string
	code           int
}

// cellnet runs the program.
func cellnet(t testing.TB, args ...string) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), args, strings.NewReader(""), &stdout, &stderr)
	return result{stdout.String(), stderr.String(), code}
}

// mustCellnet runs the program, which must succeed, and returns its output.
func mustCellnet(t testing.TB, args ...string) string {
	t.Helper()
	r := cellnet(t, args...)
	if r.code != exitOK {
		t.Fatalf("cellnet %q: exit code %d: %s", args, r.code, r.stderr)
	}
	return r.stdout
}

// failure is a run that must fail with one line on standard error, and nothing on
// standard output.
type failure struct {
	args   []string
	code   int
	stderr string // without "cellnet: " and the newline
}

func (f failure) check(t *testing.T) {
	t.Helper()
	r := cellnet(t, f.args...)
	want := "cellnet: " + f.stderr + "\n"
	if r.code != f.code || r.stderr != want {
		t.Errorf("cellnet %q:\ngot  %d: %swant %d: %s", f.args, r.code, r.stderr, f.code, want)
	}
	if r.stdout != "" {
		t.Errorf("cellnet %q printed %q", f.args, r.stdout)
	}
}

func TestUsageErrors(t *testing.T) {
	for _, f := range []failure{
		{[]string{"arhc"}, exitUsage, `unknown command "arhc", did you mean arch? (see cellnet --help)`},
		{[]string{"zzzzzz", "--json"}, exitUsage, `unknown command "zzzzzz" (see cellnet --help)`},
		{[]string{"arch", "shw", "1"}, exitUsage, `unknown command "shw", did you mean show? (see cellnet arch --help)`},
		{[]string{"arch", "shw", "--json", "1"}, exitUsage, `unknown command "shw", did you mean show? (see cellnet arch --help)`},
		{[]string{"completion", "bsh"}, exitUsage, `unknown command "bsh", did you mean bash? (see cellnet completion --help)`},
		{[]string{"--jsn"}, exitUsage, `unknown flag: --jsn (see cellnet --help)`},
		{[]string{"arch", "show", "--jsn", "1"}, exitUsage, `unknown flag: --jsn (see cellnet arch show --help)`},
		{[]string{"arch", "show"}, exitUsage, `missing argument ARCH (see cellnet arch show --help)`},
		{[]string{"arch", "show", "1", "2"}, exitUsage, `unexpected argument "2" (see cellnet arch show --help)`},
		{[]string{"version", "now"}, exitUsage, `unexpected argument "now" (see cellnet version --help)`},
	} {
		f.check(t)
	}
}

func TestExitCode(t *testing.T) {
	fault := errors.New("fault")
	for name, tt := range map[string]struct {
		err  error
		want int
	}{
		"found by cobra":         {fault, exitUsage},
		"in the command":         {runError{fault}, exitFailed},
		"usage, in the command":  {runError{usage.Fault(fault)}, exitUsage},
		"usage, wrapped":         {runError{fmt.Errorf("more: %w", usage.Errorf("fault"))}, exitUsage},
		"interrupted":            {runError{fmt.Errorf("training: %w", context.Canceled)}, exitInterrupted},
		"interrupted in a check": {runError{usage.Fault(fmt.Errorf("reading: %w", context.Canceled))}, exitInterrupted},
		"a deadline of its own":  {runError{context.DeadlineExceeded}, exitFailed},
		"joined with some other": {runError{errors.Join(fault, fault)}, exitFailed},
	} {
		if got := exitCode(tt.err); got != tt.want {
			t.Errorf("%s: got %d, want %d", name, got, tt.want)
		}
	}
}

func TestOneLine(t *testing.T) {
	if got, want := oneLine("a:\n\tb\n\n c\n"), "a:; b; c"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestHelp(t *testing.T) {
	for _, args := range [][]string{{}, {"--help"}, {"help"}, {"arch"}, {"arch", "--help"}, {"help", "arch", "show"}, {"completion"}} {
		if out := mustCellnet(t, args...); !strings.Contains(out, "Usage:") {
			t.Errorf("cellnet %q printed %q", args, out)
		}
	}
}

// TestOnlyTheAskedCommandIsMade holds the names that commands are asked by to theirs.
func TestOnlyTheAskedCommandIsMade(t *testing.T) {
	all := newRootCommand(&app{}).Commands()
	for _, cmd := range all {
		if cmd.Name() == "help" || cmd.Name() == "completion" {
			continue
		}
		if made := len(newRootCommand(&app{}, cmd.Name()).Commands()); made != 3 { // help and completion are cobra's
			t.Errorf("asked for %s, %d commands are made", cmd.Name(), made)
		}
	}
	if made := len(newRootCommand(&app{}, "nothing").Commands()); made != len(all) {
		t.Errorf("%d commands are made to tell a misspelt one from", made)
	}
}

func TestManPages(t *testing.T) {
	dir := t.TempDir()
	mustCellnet(t, "man", dir)
	for _, name := range []string{"cellnet.1", "cellnet-query-best.1", "cellnet-search-darts-v1.1"} {
		if page := string(readFile(t, dir, name)); !strings.Contains(page, ".SH \"SYNOPSIS\"") || !strings.Contains(page, ".SH \"SEE ALSO\"") {
			t.Errorf("%s: %s", name, page)
		}
	}
}

func TestVersion(t *testing.T) {
	if out := mustCellnet(t, "version"); !strings.HasPrefix(out, "cellnet ") || strings.Count(out, "\n") != 1 {
		t.Errorf("got %q", out)
	}
	var v version
	if err := json.Unmarshal([]byte(mustCellnet(t, "version", "--json")), &v); err != nil {
		t.Fatal(err)
	}
	if v.Version == "" || v.Go == "" || !strings.Contains(v.Platform, "/") {
		t.Errorf("got %+v", v)
	}
}

func TestCompletion(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if out := mustCellnet(t, "completion", shell); !strings.Contains(out, "cellnet") {
			t.Errorf("%s: got %d bytes without the program's name", shell, len(out))
		}
	}
	if out := mustCellnet(t, "__complete", "arch", "show", ""); !strings.Contains(out, "resnet\n") {
		t.Errorf("names of cells are not completed: %q", out)
	}
}
