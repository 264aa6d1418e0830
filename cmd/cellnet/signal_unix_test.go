//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"cellnet/internal/rundir"
)

// ending is how the program ended.
type ending struct {
	code   int
	killed bool // by a signal that came before it attended to them, or by a second one
	stderr string
}

// signalled runs the program and sends it a signal after a while, if it still runs
// then; if twice, again 3 ms later.
func signalled(t *testing.T, after time.Duration, signal os.Signal, twice bool, args ...string) ending {
	t.Helper()
	cmd, lines := startCellnet(t, args...)
	timer := time.AfterFunc(after, func() {
		cmd.Process.Signal(signal)
		if twice {
			time.Sleep(3 * time.Millisecond)
			cmd.Process.Signal(signal)
		}
	})
	defer timer.Stop()
	var text strings.Builder
	for lines.Scan() {
		text.WriteString(lines.Text() + "\n")
	}
	cmd.Wait()
	status, _ := cmd.ProcessState.Sys().(syscall.WaitStatus)
	return ending{cmd.ProcessState.ExitCode(), status.Signaled(), text.String()}
}

// interruptOften runs the program again and again until it ends by itself, and
// sends SIGINT and SIGTERM in turn at random moments, sometimes twice. Whenever it
// is interrupted in order it must say what says.
func interruptOften(t *testing.T, within time.Duration, says string, command func() []string) {
	t.Helper()
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	const most = 6
	inOrder := 0
	for n := range most {
		signal := []os.Signal{os.Interrupt, syscall.SIGTERM}[n%2]
		e := signalled(t, time.Duration(random.Int64N(int64(within))), signal, n%4 == 3, command()...)
		switch {
		case e.killed:
		case e.code == 130:
			inOrder++
			if last := e.stderr[strings.LastIndex(strings.TrimSpace(e.stderr), "\n")+1:]; !strings.HasPrefix(last, "cellnet: ") || !strings.Contains(last, says) {
				t.Errorf("seed %d, %v: printed %q, want %q", seed, signal, e.stderr, says)
			}
		case e.code == exitOK:
			t.Logf("seed %d: ended by itself after %d interruptions", seed, n)
			if inOrder == 0 {
				t.Error("it was never interrupted in order")
			}
			return
		default:
			t.Fatalf("seed %d, %v: exit code %d: %s", seed, signal, e.code, e.stderr)
		}
	}
	t.Logf("seed %d: interrupted %d times, %d of them in order", seed, most, inOrder)
	if inOrder == 0 {
		t.Error("it was never interrupted in order")
	}
	mustCellnet(t, command()...)
}

// Signals at once are one.
func TestSignalledOften(t *testing.T) {
	out := filepath.Join(t.TempDir(), "trials")
	cmd, lines := startCellnet(t, "generate", "--archs", "0", "--datasets", "synthetic", "--epochs", "1000", "--limit", "100", "-C", "4", "-N", "1", "--out", out)
	for range 300 {
		if found, _ := filepath.Glob(filepath.Join(out, "*", "unfinished", "*")); len(found) > 0 {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	for begun := time.Now(); time.Since(begun) < 50*time.Millisecond; {
		_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended
		time.Sleep(50 * time.Microsecond)
	}
	for lines.Scan() {
	}
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exitInterrupted {
		t.Errorf("ended with %d, %v, want %d", code, cmd.ProcessState, exitInterrupted)
	}
}

func TestSignalledTrainGoesOn(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	dir := t.TempDir()
	whole, parts := filepath.Join(dir, "whole"), filepath.Join(dir, "parts")
	more := []string{"--epochs", "12", "--limit", "400", "--checkpoint-every", "20ms"}
	start := time.Now()
	mustCellnet(t, smallTraining(whole, more...)...)
	took := time.Since(start)
	interruptOften(t, took/3+100*time.Millisecond, "go on with: cellnet train --resume --out "+parts+"\n", func() []string {
		if _, err := os.Stat(filepath.Join(parts, "run.json")); err == nil {
			return []string{"train", "--resume", "--checkpoint-every", "20ms", "--out", parts}
		}
		return smallTraining(parts, more...)
	})
	if !bytes.Equal(readFile(t, whole, "weights.pth"), readFile(t, parts, "weights.pth")) {
		t.Error("the weights differ from those of an uninterrupted training")
	}
	a, b := logOf(t, whole), logOf(t, parts)
	if a != b {
		t.Errorf("the log is\n%s\nthat of an uninterrupted training\n%s", b, a)
	}
}

// logOf gives the measured losses of a training.
func logOf(t *testing.T, folder string) string {
	t.Helper()
	var b strings.Builder
	for line := range strings.Lines(string(readFile(t, folder, "log.jsonl"))) {
		var l rundir.Line
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&b, l.Epoch, l.Train.Loss, l.Train.Top1, l.Sets["ori-test"].Loss, l.Sets["ori-test"].Top1)
	}
	return b.String()
}

func TestSignalledGenerateGoesOn(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	dir := t.TempDir()
	whole, parts := filepath.Join(dir, "whole"), filepath.Join(dir, "parts")
	more := []string{"--epochs", "4", "--limit", "200", "--checkpoint-every", "20ms"}
	start := time.Now()
	mustCellnet(t, smallGeneration(whole, more...)...)
	took := time.Since(start)
	interruptOften(t, took/3+100*time.Millisecond, "go on with the same command\n", func() []string {
		return smallGeneration(parts, more...)
	})
	files, err := filepath.Glob(filepath.Join(whole, "*", "*.pth"))
	if err != nil || len(files) != 4 {
		t.Fatalf("trial files %v, %v", files, err)
	}
	for _, file := range files {
		name, err := filepath.Rel(whole, file)
		if err != nil {
			t.Fatal(err)
		}
		if numbersOf(t, file) != numbersOf(t, filepath.Join(parts, name)) {
			t.Errorf("%s has other weights than that of an uninterrupted run", name)
		}
	}
	if left, err := filepath.Glob(filepath.Join(parts, "*", "unfinished", "*")); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

// TestSignalsEndCommandsAtOnce signals processes in the midst of their work.
func TestSignalsEndCommandsAtOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	inputs, out := t.TempDir(), t.TempDir()
	in := func(name string) string { return filepath.Join(inputs, name) }
	published, store, picture := in("big.pth"), in("big.parquet"), in("cell.png")
	if text, err := exec.Command("go", "run", "cellnet/bench/internal/scale/genbench", "-archs", "200", "-o", published).CombinedOutput(); err != nil {
		t.Skipf("no large benchmark can be made here: %v: %s", err, text)
	}
	mustCellnet(t, "bench", "import", published, "-o", store)
	mustCellnet(t, "arch", "draw", "157", "-o", picture)
	net := saved(t, readmeArch, 10)
	pictures := slices.Repeat([]string{picture}, 5000)
	for name, args := range map[string][]string{
		"import":              {"bench", "import", published, "-o", filepath.Join(out, "x.parquet")},
		"export":              {"bench", "export", store, "-o", filepath.Join(out, "x.pth")},
		"export to bzip2":     {"bench", "export", store, "--layout", "nats-file", "-o", filepath.Join(out, "x.pickle.pbz2")},
		"export to a folder":  {"bench", "export", store, "--layout", "nats-folder", "-o", filepath.Join(out, "x")},
		"best of published":   {"query", published, "best", "--dataset", "cifar10", "--set", "ori-test", "--hp", "200"},
		"show of published":   {"query", published, "show", "199"},
		"search by published": {"search", "random", "--benchmark", published, "--dataset", "cifar10", "--out", filepath.Join(out, "x")},
		"predict":             append([]string{"predict", "--weights", net, "--arch", readmeArch, "--dataset", "cifar10"}, pictures...),
		"plan":                {"generate", "--archs", "0-15624", "--datasets", "cifar10", "--out", filepath.Join(out, "x"), "--plan"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
				for _, after := range []time.Duration{100 * time.Millisecond, 250 * time.Millisecond} {
					interruptInOrder(t, signal, after, out, args)
				}
				if left, err := os.ReadDir(out); err != nil || len(left) > 0 {
					t.Errorf("%v: left %v, %v", signal, left, err)
				}
			}
		})
	}
}

// interruptInOrder signals the program after a while, or finds a moment when it
// attends to signals and is not done, and wants it to end within a second; on a busy
// machine, of its own work. What a program that was done sooner wrote into out is
// removed.
func interruptInOrder(t *testing.T, signal os.Signal, after time.Duration, out string, args []string) {
	t.Helper()
	// The benchmark holds a part of the space, so that a search ends at the first
	// architecture that it has not.
	lacksArchitecture := regexp.MustCompile(`has no record of architecture \d+: not recorded\n$`)
	for range 20 {
		cmd, lines := startCellnet(t, args...)
		var sent time.Time
		var worked time.Duration
		signalled := make(chan struct{})
		timer := time.AfterFunc(after, func() {
			defer close(signalled)
			sent, worked = time.Now(), cpuTime(cmd.Process.Pid)
			cmd.Process.Signal(signal)
		})
		var text strings.Builder
		for lines.Scan() {
			text.WriteString(lines.Text() + "\n")
		}
		cmd.Wait()
		inTime := !timer.Stop()
		if inTime {
			<-signalled
		}
		took := min(time.Since(sent), cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime()-worked)
		status, _ := cmd.ProcessState.Sys().(syscall.WaitStatus)
		switch {
		case status.Signaled(): // too early
			after += after / 2
			continue
		case status.ExitStatus() == exitOK, lacksArchitecture.MatchString(text.String()): // too late
			after -= after / 4
			removeWithin(t, out)
			continue
		case !inTime || status.ExitStatus() != exitInterrupted || !strings.HasSuffix(text.String(), "interrupted\n"):
			t.Fatalf("%v: exit code %d, says %q", signal, status.ExitStatus(), text.String())
		}
		if took > time.Second {
			t.Errorf("%v: it ended after %v", signal, took)
		}
		return
	}
	t.Errorf("%v never came at a moment when the program attends to it and is not done", signal)
}

func removeWithin(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if err := os.RemoveAll(filepath.Join(dir, entry.Name())); err != nil {
			t.Fatal(err)
		}
	}
}

// cpuTime is what a process has worked, by what Linux tells; 0 elsewhere.
func cpuTime(pid int) (worked time.Duration) {
	const (
		tick         = time.Second / 100
		user, system = 11, 12 // after the name, which is in parentheses
	)
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	fields := strings.Fields(string(text[bytes.LastIndex(text, []byte(")"))+1:]))
	if len(fields) <= system {
		return 0
	}
	for _, field := range []string{fields[user], fields[system]} {
		ticks, _ := strconv.Atoi(field)
		worked += time.Duration(ticks) * tick
	}
	return worked
}
