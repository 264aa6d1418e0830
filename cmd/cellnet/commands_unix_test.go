//go:build unix

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"cellnet/internal/fixture"

	"github.com/spf13/cobra"
)

// beforeEnv names another build of the program, whose outputs of the documented
// commands those of this one are compared with.
const beforeEnv = "CELLNET_BEFORE"

// documented is a line of testdata/commands.txt.
type documented struct {
	line string
	code int
}

// documentedCommands lists the lines; if thorough, with --json where that is to be,
// and all help texts.
func documentedCommands(t *testing.T, thorough bool) []documented {
	var all []documented
	for line := range strings.Lines(string(readFile(t, "testdata", "commands.txt"))) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		switch first, rest, _ := strings.Cut(line, " "); first {
		case "+":
			all = append(all, documented{rest, exitOK})
			if !thorough {
				continue
			}
			all = append(all, documented{strings.Replace(rest, " <", " --json <", 1), exitOK})
			if last := &all[len(all)-1]; last.line == rest {
				last.line += " --json"
			}
		case "1":
			all = append(all, documented{rest, exitFailed})
		case "2":
			all = append(all, documented{rest, exitUsage})
		default:
			all = append(all, documented{line, exitOK})
		}
	}
	if !thorough {
		return all
	}
	var help func(cmd *cobra.Command)
	help = func(cmd *cobra.Command) {
		all = append(all, documented{cmd.CommandPath() + " --help", exitOK})
		for _, sub := range cmd.Commands() {
			help(sub)
		}
	}
	help(newRootCommand(&app{}))
	return all
}

// shellRuns runs lines in a shell, in which cellnet is a program, and gives what
// they leave in a folder, too.
func shellRuns(t *testing.T, program string, commands []documented) (results []result, files map[string]string) {
	t.Helper()
	root := fixture.Shared(t, "fixtures")
	bin, dir := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, "cellnet"), []byte(program), 0o755); err != nil {
		t.Fatal(err)
	}
	env := append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "FIXTURES="+root, "DATA="+filepath.Join(filepath.Dir(root), "data"))
	for _, c := range commands {
		var stdout, stderr bytes.Buffer
		cmd := exec.Command("sh", "-c", c.line)
		cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = dir, env, &stdout, &stderr
		start := time.Now()
		err := cmd.Run()
		if took := time.Since(start); took > 3*time.Second {
			t.Logf("%s: took %v", c.line, took)
		}
		if exited := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exited) {
			t.Fatal(err)
		}
		// Paths are those of another folder.
		clean := func(b bytes.Buffer) string { return strings.ReplaceAll(b.String(), dir, "DIR") }
		results = append(results, result{clean(stdout), clean(stderr), cmd.ProcessState.ExitCode()})
	}
	files = map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		files[name] = ""
		if err == nil && sameEveryTime.MatchString(name) {
			files[name] = string(readFile(t, path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return results, files
}

// sameEveryTime are files without times, nor of what has times.
var sameEveryTime = regexp.MustCompile(`^run\d/weights\.pth$|\.(svg|png|safetensors|parquet)$|^[^/]*\.pth$`)

// measured are the numbers that differ from run to run.
var measured = regexp.MustCompile(strings.Join([]string{
	`"(\w*seconds\w*|images_per_second)": ?[-+.e\d]+`,
	`\d+(\.\d+)? images/s`,
	`\b(\d+[dhm])*\d+[hms]\b`,
	`(?m)^.*: \d+ of \d+ (steps|images|architectures|files)$\n`, // of work that takes its time
	`\d+(\.\d+)? s\b`,
	`\d+ MB\b`,
	`(?m)^(train|x-valid|x-test|ori-test|synthetic) .*$`, // rows of tables with seconds
}, "|"))

// withoutMeasured leaves out what is measured, of programs that measure speed all
// numbers.
func withoutMeasured(c documented, text string) string {
	if strings.Contains(c.line, "speed ") && c.code == exitOK && !strings.Contains(c.line, "--help") {
		return regexp.MustCompile(`[-+.e\d]+|  +`).ReplaceAllString(text, "#")
	}
	if strings.HasPrefix(c.line, "cellnet eval") || strings.HasPrefix(c.line, "cellnet train") || strings.HasPrefix(c.line, "cellnet demo") ||
		strings.HasPrefix(c.line, "cellnet generate") || strings.HasPrefix(c.line, "cellnet version") {
		text = regexp.MustCompile(` +`).ReplaceAllString(text, " ")
		text = measured.ReplaceAllStringFunc(text, func(s string) string {
			if word, rest, ok := strings.Cut(s, " "); ok && len(strings.Fields(rest)) >= 5 { // of a row, the images, loss and accuracies
				return word + " " + strings.Join(strings.Fields(rest)[:4], " ")
			}
			return "#"
		})
	}
	if strings.HasPrefix(c.line, "cellnet version") {
		return regexp.MustCompile(`v0\S*|[0-9a-f]{40}| modified|true|false`).ReplaceAllString(text, "#")
	}
	return text
}

func TestDocumentedCommands(t *testing.T) {
	before := os.Getenv(beforeEnv)
	if testing.Short() && before == "" {
		t.Skip("starts hundreds of processes")
	}
	commands := documentedCommands(t, before != "")
	self := fmt.Sprintf("#!/bin/sh\n%s=1 exec %s -test.run='^TestMainProcess$' -- \"$@\"\n", mainEnv, os.Args[0])
	got, files := shellRuns(t, self, commands)
	for i, c := range commands {
		if r := got[i]; r.code != c.code {
			t.Errorf("%s: exit code %d, want %d: %s", c.line, r.code, c.code, r.stderr)
		}
	}
	if before == "" {
		return
	}
	was, filesBefore := shellRuns(t, "#!/bin/sh\nexec "+before+" \"$@\"\n", commands)
	for i, c := range commands {
		for _, of := range []struct{ stream, got, was string }{{"stdout", got[i].stdout, was[i].stdout}, {"stderr", got[i].stderr, was[i].stderr}} {
			if g, w := withoutMeasured(c, of.got), withoutMeasured(c, of.was); g != w {
				t.Errorf("%s: %s was\n%s\nand is\n%s", c.line, of.stream, firstDifference(w, g), firstDifference(g, w))
			}
		}
		if got[i].code != was[i].code {
			t.Errorf("%s: exit code was %d, is %d", c.line, was[i].code, got[i].code)
		}
	}
	names := maps.Clone(files)
	maps.Copy(names, filesBefore)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		now, is := files[name]
		then, wasThere := filesBefore[name]
		switch {
		case !is:
			t.Errorf("%s was written, and is no more", name)
		case !wasThere:
			t.Errorf("%s was not written before", name)
		case now != then:
			t.Errorf("%s has other bytes than before", name)
		}
	}
}

// firstDifference gives the lines of a from the first that differs from b's on.
func firstDifference(a, b string) string {
	x, y := strings.SplitAfter(a, "\n"), strings.SplitAfter(b, "\n")
	i := 0
	for i < len(x) && i < len(y) && x[i] == y[i] {
		i++
	}
	text := strings.Join(x[i:], "")
	return text[:min(len(text), 600)]
}
