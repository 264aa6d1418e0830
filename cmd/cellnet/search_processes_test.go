package main

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cellnet/bench"
	"cellnet/bench/trialfile"
	"cellnet/search/experiment"
)

// cifar10Variable names a folder with CIFAR-10, whose images are searched on, too.
const cifar10Variable = "CELLNET_CIFAR10"

// TestSearchInTwoProcesses searches in a folder with two processes, one of which is
// killed and started again.
func TestSearchInTwoProcesses(t *testing.T) {
	if testing.Short() {
		t.Skip("trains 40 networks")
	}
	t.Run("synthetic", func(t *testing.T) {
		searchInTwoProcesses(t, "--dataset", "synthetic", "--limit", "64")
	})
	t.Run("cifar10", func(t *testing.T) {
		folder := os.Getenv(cifar10Variable)
		if folder == "" {
			t.Skipf("no CIFAR-10: %s names the folder that has it", cifar10Variable)
		}
		searchInTwoProcesses(t, "--dataset", "cifar10", "--data", folder, "--no-verify", "--limit", "256")
	})
}

// process is cellnet in a process of its own.
type process struct {
	*exec.Cmd
	stdout, stderr strings.Builder
}

func inProcess(t *testing.T, args []string) *process {
	p := &process{Cmd: exec.CommandContext(t.Context(), os.Args[0], append([]string{"-test.run=^TestMainProcess$", "--"}, args...)...)}
	p.Env = append(os.Environ(), mainEnv+"=1")
	p.Stdout, p.Stderr = &p.stdout, &p.stderr
	return p
}

func searchInTwoProcesses(t *testing.T, on ...string) {
	const evaluations = "20"
	command := func(out string) []string {
		return append([]string{"search", "evolution", "--train", "--evaluations", evaluations, "--population", "6",
			"--epochs", "1", "--batch", "32", "-C", "4", "-N", "1", "--seed", "5", "--json", "--out", out}, on...)
	}
	var want experiment.Record
	if err := json.Unmarshal([]byte(mustCellnet(t, command(t.TempDir())...)), &want); err != nil {
		t.Fatal(err)
	}
	distinct := slices.Compact(slices.Sorted(slices.Values(want.Visited)))
	if len(want.Visited) != 20 || len(distinct) < 10 {
		t.Fatalf("visited %v", want.Visited)
	}

	out := t.TempDir()
	var trained []string
	take := func(line string) bool { // notes a training that ended
		name, ended := strings.CutSuffix(line, ": trained")
		if ended {
			trained = append(trained, name)
		}
		return ended
	}
	killed, other := inProcess(t, command(out)), inProcess(t, command(out))
	killed.Stderr = nil
	stderr, err := killed.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stderr)
	for _, p := range []*process{killed, other} {
		if err := p.Start(); err != nil {
			t.Fatal(err)
		}
	}
	for n := 0; n < 3 && lines.Scan(); {
		if take(lines.Text()) {
			n++
		}
	}
	if err := killed.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() {
		take(lines.Text())
	}
	killed.Wait()
	again := inProcess(t, command(out))
	if err := again.Start(); err != nil {
		t.Fatal(err)
	}
	for _, p := range []*process{other, again} {
		if err := p.Wait(); err != nil {
			t.Fatalf("%v: %s", err, &p.stderr)
		}
		var got experiment.Record
		if err := json.Unmarshal([]byte(p.stdout.String()), &got); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got.Visited, want.Visited) || !slices.Equal(got.Accuracy, want.Accuracy) {
			t.Errorf("visited %v, want %v as undisturbed", got.Visited, want.Visited)
		}
		for line := range strings.Lines(p.stderr.String()) {
			take(strings.TrimSpace(line))
		}
	}
	slices.Sort(trained)
	if once := slices.Compact(slices.Clone(trained)); len(once) != len(trained) {
		t.Errorf("trained more than once: %v", trained)
	}

	// A trial for each architecture, of which a benchmark can be made.
	folders, err := filepath.Glob(filepath.Join(out, "*-C4-N1-*"))
	if err != nil || len(folders) != 1 {
		t.Fatalf("folders %q, error %v, want one", folders, err)
	}
	b, err := bench.Open(folders[0])
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if stored := b.Stored(); !slices.Equal(stored, distinct) {
		t.Errorf("trials of %v, want of %v", stored, distinct)
	}
	if left, err := os.ReadDir(filepath.Join(folders[0], trialfile.UnfinishedFolder)); err == nil && len(left) > 0 {
		t.Errorf("unfinished trainings are left: %v", left)
	}
}
