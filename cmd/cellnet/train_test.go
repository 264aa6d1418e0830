package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"flag"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"cellnet/internal/rundir"
	"cellnet/train"
	"cellnet/weights"
)

// smallTraining are arguments of a training of three epochs that takes a moment.
func smallTraining(out string, more ...string) []string {
	return append([]string{
		"train", "1", "--dataset", "synthetic", "--channels", "4", "--cells", "1", "--epochs", "3", "--batch", "16", "--lr", "0.05",
		"--limit", "40", "--out", out,
	}, more...)
}

func readFile(t testing.TB, path ...string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestTrain(t *testing.T) {
	out := filepath.Join(t.TempDir(), "run")
	r := cellnet(t, smallTraining(out, "--json")...)
	if r.code != exitOK {
		t.Fatalf("exit code %d: %s", r.code, r.stderr)
	}
	var got trainRecord
	if err := json.Unmarshal([]byte(r.stdout), &got); err != nil {
		t.Fatal(err)
	}
	test, ok := got.Sets["ori-test"]
	if *got.Index != 1 || got.Epochs != 3 || got.Seed != 777 || got.Train.N != 40 || !ok || test.N != 40 || test.Loss <= 0 {
		t.Errorf("printed %s", r.stdout)
	}
	for _, want := range []string{"epoch 1/3: rate 0.0500, training loss ", "epoch 3/3: ", "ori-test loss "} {
		if !strings.Contains(r.stderr, want) {
			t.Errorf("%q is not in the progress: %s", want, r.stderr)
		}
	}

	f, err := weights.OpenFile(got.Weights)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	network, err := f.Select(weights.Selector{})
	if err != nil {
		t.Fatal(err)
	}
	if d := network.Description; d.Arch != got.Arch || d.C != 4 || d.N != 1 || d.Dataset != "synthetic" || *d.Seed != 777 || d.HP != 3 {
		t.Errorf("weights are described as %+v", d)
	}

	lines := strings.Split(strings.TrimSpace(string(readFile(t, out, "log.jsonl"))), "\n")
	if len(lines) != 3 {
		t.Fatalf("log of %d lines, want 3", len(lines))
	}
	var last rundir.Line
	if err := json.Unmarshal([]byte(lines[2]), &last); err != nil {
		t.Fatal(err)
	}
	if last.Epoch != 2 || last.Epochs != 3 || last.Sets["ori-test"] != test || last.Train != got.Train {
		t.Errorf("last line of the log is %s", lines[2])
	}

	var plan rundir.Plan
	if err := json.Unmarshal(readFile(t, out, "run.json"), &plan); err != nil {
		t.Fatal(err)
	}
	if strings.Join(plan.Overrides, " ") != "epochs=3 batch=16 lr=0.05" || plan.HP != "12" || plan.Limit != 40 || plan.Run.Recipe.Rate != 0.05 {
		t.Errorf("run.json has %+v", plan)
	}
	if err := xml.Unmarshal(readFile(t, out, "curves.svg"), new(struct{})); err != nil {
		t.Errorf("curves.svg: %v", err)
	}
	if _, err := png.Decode(bytes.NewReader(readFile(t, out, "curves.png"))); err != nil {
		t.Errorf("curves.png: %v", err)
	}

	// A second training doesn't overwrite the first; a resumed one has nothing to
	// do, and says the same.
	failure{smallTraining(out), exitFailed, out + " holds a training already: go on with --resume, or choose another --out"}.check(t)
	before := readFile(t, out, "weights.pth")
	again := cellnet(t, "train", "--resume", "--json", "--out", out)
	if again.code != exitOK || again.stdout != r.stdout || !bytes.Equal(readFile(t, out, "weights.pth"), before) {
		t.Errorf("resuming a training that is done: exit code %d, printed %s%s", again.code, again.stdout, again.stderr)
	}
}

func TestTrainIsAFunctionOfItsArguments(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	dir := t.TempDir()
	var first []byte
	for n, name := range []string{1: "one", 2: "two", 3: "three"} {
		if n == 0 {
			continue
		}
		runtime.GOMAXPROCS(n)
		mustCellnet(t, smallTraining(filepath.Join(dir, name))...)
		got := readFile(t, dir, name, "weights.pth")
		if first == nil {
			first = got
		}
		if !bytes.Equal(got, first) {
			t.Errorf("weights of %d processors differ from those of one", n)
		}
	}
}

// interrupter ends a context when something is printed.
type interrupter struct {
	bytes.Buffer
	when   string
	cancel context.CancelFunc
}

func (i *interrupter) Write(p []byte) (int, error) {
	if strings.Contains(string(p), i.when) {
		i.cancel()
	}
	return i.Buffer.Write(p)
}

func TestInterruptedTrainGoesOn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	whole, parts := filepath.Join(dir, "whole"), filepath.Join(dir, "parts")
	mustCellnet(t, smallTraining(whole)...)
	ctx, cancel := context.WithCancel(t.Context())
	stderr := &interrupter{when: "epoch 2/3: ", cancel: cancel}
	var stdout bytes.Buffer
	if code := run(ctx, smallTraining(parts), strings.NewReader(""), &stdout, stderr); code != exitInterrupted {
		t.Fatalf("exit code %d, want %d: %s", code, exitInterrupted, stderr)
	}
	want := "go on with: cellnet train --resume --out " + parts
	if !strings.Contains(stderr.String(), want) {
		t.Errorf("printed %s, want %q", stderr, want)
	}
	if _, err := os.Stat(filepath.Join(parts, "weights.pth")); err == nil {
		t.Error("there are weights of an interrupted training")
	}
	mustCellnet(t, "train", "--resume", "--out", parts)
	if !bytes.Equal(readFile(t, whole, "weights.pth"), readFile(t, parts, "weights.pth")) {
		t.Error("the weights differ from those of an uninterrupted training")
	}
	if got := strings.Count(string(readFile(t, parts, "log.jsonl")), "\n"); got != 3 {
		t.Errorf("log of %d lines, want 3", got)
	}
	// The whole command again, with --resume, is fine; another one is not.
	mustCellnet(t, smallTraining(parts, "--resume")...)
	if r := cellnet(t, smallTraining(parts, "--resume", "--seed", "1")...); r.code != exitFailed || !strings.Contains(r.stderr, "resume with the same arguments") {
		t.Errorf("resuming with another seed: exit code %d, %s", r.code, r.stderr)
	}
}

const mainEnv = "CELLNET_TEST_MAIN"

// TestMainProcess is cellnet in a process of its own.
func TestMainProcess(t *testing.T) {
	if os.Getenv(mainEnv) == "" {
		t.Skip("runs in a process of its own only")
	}
	os.Args = append([]string{"cellnet"}, flag.Args()...)
	main()
}

// startCellnet starts the program in a process of its own; its standard error can
// be read.
func startCellnet(t *testing.T, args ...string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, os.Args[0], append([]string{"-test.run=^TestMainProcess$", "--"}, args...)...)
	cmd.Env = append(os.Environ(), mainEnv+"=1")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, bufio.NewScanner(stderr)
}

func TestSignalsEndTrainInOrder(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	dir := t.TempDir()
	long := []string{"--epochs", "200"}
	for name, signal := range map[string]os.Signal{"int": os.Interrupt, "term": syscall.SIGTERM} {
		out := filepath.Join(dir, name)
		cmd, lines := startCellnet(t, smallTraining(out, long...)...)
		text := ""
		for lines.Scan() {
			if text += lines.Text() + "\n"; strings.HasPrefix(lines.Text(), "epoch 2/200") {
				if err := cmd.Process.Signal(signal); err != nil {
					t.Fatal(err)
				}
			}
		}
		cmd.Wait()
		if code := cmd.ProcessState.ExitCode(); code != exitInterrupted || !strings.Contains(text, "cellnet train --resume --out "+out) {
			t.Errorf("%v: exit code %d, want %d: %s", signal, code, exitInterrupted, text)
		}
		if some, err := train.HasCheckpoints(filepath.Join(out, "checkpoints")); err != nil || !some {
			t.Errorf("%v: checkpoints: %v, %v", signal, some, err)
		}
	}
}

func TestTrainFailures(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "out")
	config := filepath.Join(dir, "bad.config")
	if err := os.WriteFile(config, []byte(`{"epochs": ["int", "x"]}`), 0o666); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	see := " (see cellnet train --help)"
	for _, f := range []failure{
		{[]string{"train"}, exitUsage, "train needs --out" + see},
		{[]string{"train", "--out", out}, exitUsage, "missing argument ARCH" + see},
		{[]string{"train", "1", "2"}, exitUsage, `unexpected argument "2"` + see},
		{[]string{"train", "1", "--out", out}, exitUsage, "train needs --dataset" + see},
		{smallTraining(out, "--hp", "13"), exitUsage, "--hp: no recipe 13: the benchmark's are 01, 12, 90 and 200" + see},
		{smallTraining(out, "--lr", "-1"), exitUsage, "recipe: learning rate -1, want a positive number" + see},
		{smallTraining(out, "--optimizer", "Adam"), exitUsage, `--optimizer: unknown optimizer "Adam", want SGD or RMSprop` + see},
		{smallTraining(out, "--cells", "0"), exitUsage, ""},
		{smallTraining(out, "--config", config), exitFailed, `reading ` + config + `: config: "epochs" is "x", want a value of the type "int"`},
		{[]string{"train", "--resume", "--out", out}, exitFailed, "resuming: no run.json in " + out + ": name the folder of a training with --out"},
		{[]string{"train", "--resume", "--out", out, "--lr", "1"}, exitUsage, "--resume takes dataset and recipe from the folder: leave them out, or give ARCH and all else as before" + see},
		{smallTraining(file), exitFailed, "--out " + file + " is a file: name a folder for the results"},
		{smallTraining(out, "--lr", "1e30", "--epochs", "2"), exitFailed, ""},
	} {
		if f.stderr != "" {
			f.check(t)
			continue
		}
		if r := cellnet(t, f.args...); r.code != f.code || r.stdout != "" || !strings.HasPrefix(r.stderr[strings.LastIndex(strings.TrimSpace(r.stderr), "\n")+1:], "cellnet: ") {
			t.Errorf("cellnet %q: exit code %d, %q, %q", f.args, r.code, r.stdout, r.stderr)
		} else {
			t.Logf("%s", r.stderr)
		}
	}
}
