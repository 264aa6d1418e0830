package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"cellnet/bench"
	"cellnet/bench/trialfile"
	"cellnet/search/experiment"
	"cellnet/weights"
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

// TestKilledSupernetSearchesGoOn kills searches ten times, each process with another
// number of processors: they end with the bits of an undisturbed one.
func TestKilledSupernetSearchesGoOn(t *testing.T) {
	if testing.Short() {
		t.Skip("starts 40 processes")
	}
	const kills = 10
	small := strings.Fields("--dataset synthetic --limit 128 --batch 8 --epochs 3 --evaluation-batch 16 --checkpoint-every 1ns --json")
	for name, more := range map[string]string{
		"gdas": "-C 2 -N 1", "mask-rl": "--widths 2,4",
		"enas": "-C 2 -N 1 --candidates 3 --controller-updates 2 --controller-samples 2",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			command := func(out string) []string {
				return slices.Concat([]string{"search", name, "--resume", "--out", out}, small, strings.Fields(more))
			}
			whole, parts := filepath.Join(t.TempDir(), "whole"), filepath.Join(t.TempDir(), "parts")
			mustCellnet(t, command(whole)...)
			killed := 0
			for try := 0; ; try++ {
				p := inProcess(t, command(parts))
				p.Env = append(p.Env, fmt.Sprintf("GOMAXPROCS=%d", 1+try%3))
				if err := p.Start(); err != nil {
					t.Fatal(err)
				}
				ended := make(chan error, 1)
				go func() { ended <- p.Wait() }()
				moved := checkpointMoves(t, parts)
				var err error
				for running := true; running; {
					select {
					case err = <-ended:
						running = false
					case <-time.After(time.Millisecond):
						if killed < kills && moved() {
							p.Process.Kill()
							err, running = <-ended, false
						}
					}
				}
				if err == nil {
					break
				}
				if p.ProcessState.Exited() {
					t.Fatalf("after %d kills: %v: %s", killed, err, &p.stderr)
				}
				killed++
			}
			if killed < kills {
				t.Errorf("killed %d times, want %d", killed, kills)
			}
			for what, of := range map[string]func(*testing.T, string) string{"log": untimedLog, "checkpoint": lastTensors} {
				if got, want := of(t, parts), of(t, whole); got != want {
					t.Errorf("killed %d times, the %s is\n%.500s\nnot\n%.500s", killed, what, got, want)
				}
			}
		})
	}
}

// checkpointMoves tells when there is another last checkpoint than there was.
func checkpointMoves(t *testing.T, out string) (moved func() bool) {
	last := func() string {
		names, err := filepath.Glob(filepath.Join(out, "checkpoints", "*.ckpt"))
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(names, " ")
	}
	before := last()
	return func() bool { now := last(); return now != "" && now != before }
}

// untimedLog is a search's log without its seconds.
func untimedLog(t *testing.T, out string) string {
	return regexp.MustCompile(`"(\w*seconds\w*|images_per_second)":[-+.e\d]+`).ReplaceAllString(string(readFile(t, out, "log.jsonl")), "")
}

// lastTensors are those of the last checkpoint: of the network, the optimizers and
// the generators.
func lastTensors(t *testing.T, out string) string {
	names, err := filepath.Glob(filepath.Join(out, "checkpoints", "*.ckpt"))
	if err != nil || len(names) == 0 {
		t.Fatalf("checkpoints %q, %v", names, err)
	}
	f, err := os.Open(names[len(names)-1])
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	values, err := weights.ReadValues(f, info.Size())
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, e := range values {
		switch v := e.Value.(type) {
		case weights.Tensor:
			fmt.Fprintf(&text, "%s %x\n", e.Name, sha256.Sum256(v.Data))
		case *weights.StateDict:
			for name, tensor := range v.All() {
				fmt.Fprintf(&text, "%s %s %x\n", e.Name, name, sha256.Sum256(tensor.Data))
			}
		}
	}
	return text.String()
}
