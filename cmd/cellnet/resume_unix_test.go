//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"cellnet/cell"
	"cellnet/internal/kernel"
	"cellnet/internal/rundir"
	"cellnet/models"
	"cellnet/weights"
)

// recordOf is what a folder tells of its training.
func recordOf(t *testing.T, out string) string {
	t.Helper()
	return string(readFile(t, out, "run.json")) + string(readFile(t, out, "log.jsonl"))
}

func TestRefusedTrainLeavesTheRecord(t *testing.T) {
	out := filepath.Join(t.TempDir(), "a")
	mustCellnet(t, smallTraining(out)...)
	before := recordOf(t, out)
	for _, more := range [][]string{{"--seed", "5"}, {"--lr", "1"}, {"--limit", "39"}} {
		r := cellnet(t, smallTraining(out, append(more, "--resume")...)...)
		if r.code != exitFailed || recordOf(t, out) != before {
			t.Errorf("%v: exit code %d, %s; the record is\n%s", more, r.code, r.stderr, recordOf(t, out))
		}
	}
	mustCellnet(t, "train", "--resume", "--out", out)
}

// watcher calls on, once, when a text is printed.
type watcher struct {
	bytes.Buffer
	when string
	on   func()
	once sync.Once
}

func (w *watcher) Write(p []byte) (int, error) {
	if strings.Contains(string(p), w.when) {
		w.once.Do(w.on)
	}
	return w.Buffer.Write(p)
}

func TestTrainBesideARunningOne(t *testing.T) {
	out := filepath.Join(t.TempDir(), "b")
	stderr := &watcher{when: "epoch 2/3: ", on: func() {
		for range 50 {
			for _, args := range [][]string{{"train", "--resume", "--out", out}, smallTraining(out, "--resume", "--seed", "5"), smallTraining(out)} {
				if r := cellnet(t, args...); r.code != exitFailed || !strings.Contains(r.stderr, "another process trains in") {
					t.Errorf("%v beside a running one: exit code %d, %s", args, r.code, r.stderr)
				}
			}
		}
	}}
	var stdout bytes.Buffer
	if code := run(t.Context(), smallTraining(out), strings.NewReader(""), &stdout, stderr); code != exitOK {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	if lines := bytes.Count(readFile(t, out, "log.jsonl"), []byte("\n")); lines != 3 {
		t.Errorf("log of %d lines, want 3", lines)
	}
}

func TestTrainingsThatBeginAtOnce(t *testing.T) {
	for range 50 {
		out := filepath.Join(t.TempDir(), "c")
		archs, codes := []string{"0", "11"}, make([]int, 2)
		var both sync.WaitGroup
		for i, arch := range archs {
			both.Go(func() {
				var stdout, stderr bytes.Buffer
				codes[i] = run(t.Context(), []string{
					"train", arch, "--dataset", "synthetic", "-C", "1", "-N", "1", "--epochs", "1", "--limit", "8", "--batch", "8", "--out", out,
				}, strings.NewReader(""), &stdout, &stderr)
			})
		}
		both.Wait()
		if slices.Sort(codes); codes[0] != exitOK || codes[1] != exitFailed {
			t.Fatalf("exit codes %v, want that one is refused", codes)
		}
		plan, err := rundir.ReadPlan(out)
		if err != nil {
			t.Fatal(err)
		}
		f, err := weights.OpenFile(filepath.Join(out, "weights.pth"))
		if err != nil {
			t.Fatal(err)
		}
		network, err := f.Select(weights.Selector{})
		f.Close()
		net, _ := plan.Run.Net.(cell.Network)
		if err != nil || network.Description.Arch != net.Cell.String() {
			t.Fatalf("weights of %v, run.json of %v, %v", network, net.Cell, err)
		}
	}
}

func TestFinishedTrainWithoutCheckpoints(t *testing.T) {
	out := filepath.Join(t.TempDir(), "d")
	mustCellnet(t, smallTraining(out)...)
	if err := os.RemoveAll(filepath.Join(out, "checkpoints")); err != nil {
		t.Fatal(err)
	}
	before := recordOf(t, out)
	for _, args := range [][]string{{"train", "--resume", "--out", out}, smallTraining(out, "--resume")} {
		if r := cellnet(t, args...); r.code != exitFailed || !strings.Contains(r.stderr, "checkpoints are gone") || recordOf(t, out) != before {
			t.Errorf("%v: exit code %d, %s", args, r.code, r.stderr)
		}
	}
}

// interruptedTraining leaves a training of an epoch of three.
func interruptedTraining(t *testing.T, out string, more ...string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	stderr := &interrupter{when: "epoch 1/3: ", cancel: cancel}
	if code := run(ctx, smallTraining(out, more...), strings.NewReader(""), new(bytes.Buffer), stderr); code != exitInterrupted {
		t.Fatalf("exit code %d, want %d: %s", code, exitInterrupted, stderr)
	}
}

func TestTrainGoesOnByTheSameKernels(t *testing.T) {
	all := models.SupportedISAs()
	if len(all) < 2 {
		t.Skip("this processor runs the generic kernels only")
	}
	best := all[len(all)-1].String()
	dir := t.TempDir()
	t.Setenv(kernel.Environment, "")
	whole, parts := filepath.Join(dir, "whole"), filepath.Join(dir, "parts")
	mustCellnet(t, smallTraining(whole, "--isa", "generic")...)
	interruptedTraining(t, parts, "--isa", "generic")

	before := recordOf(t, parts)
	says := "computed by the generic kernels, and " + best + " was asked for: others round differently"
	if r := cellnet(t, "train", "--resume", "--out", parts, "--isa", best); r.code != exitFailed || !strings.Contains(r.stderr, says) {
		t.Errorf("by other kernels: exit code %d, %s", r.code, r.stderr)
	}
	t.Setenv(kernel.Environment, best)
	if r := cellnet(t, "train", "--resume", "--out", parts); r.code != exitFailed || !strings.Contains(r.stderr, says) {
		t.Errorf("by those of the environment: exit code %d, %s", r.code, r.stderr)
	}
	t.Setenv(kernel.Environment, "")
	if recordOf(t, parts) != before {
		t.Error("what was refused changed the record")
	}
	mixed := filepath.Join(dir, "mixed")
	if err := os.CopyFS(mixed, os.DirFS(parts)); err != nil {
		t.Fatal(err)
	}
	mustCellnet(t, "train", "--resume", "--out", parts)
	mustCellnet(t, "train", "--resume", "--out", mixed, "--isa", best, "--mix-isa")
	for out, want := range map[string]string{whole: "[generic]", parts: "[generic]", mixed: "[generic " + best + "]"} {
		var plan rundir.Plan
		if err := json.Unmarshal(readFile(t, out, "run.json"), &plan); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(plan.Kernels); got != want || len(plan.Images) != 64 {
			t.Errorf("%s: run.json has kernels %s, want %s, and images %q", out, got, want, plan.Images)
		}
	}
	weightsOf := func(out string) string { return string(readFile(t, out, "weights.pth")) }
	if weightsOf(whole) != weightsOf(parts) {
		t.Error("the weights differ from those of an uninterrupted training")
	}
	if weightsOf(whole) == weightsOf(mixed) {
		t.Error("other kernels gave the same bits")
	}
	see := " (see cellnet train --help)"
	failure{smallTraining(parts, "--isa", "sse"), exitUsage, `--isa: unknown instruction set "sse": use one of generic, avx2, avx512` + see}.check(t)
	failure{smallTraining(parts, "--mix-isa"), exitUsage, "--mix-isa goes with --resume" + see}.check(t)
}

func TestGenerateKeepsTheFoldersKernels(t *testing.T) {
	all := models.SupportedISAs()
	if len(all) < 2 {
		t.Skip("this processor runs the generic kernels only")
	}
	out := t.TempDir()
	t.Setenv(kernel.Environment, "")
	mustCellnet(t, smallGeneration(out, "--shard", "1/2", "--isa", "generic")...)
	if r := cellnet(t, smallGeneration(out, "--isa", all[len(all)-1].String())...); r.code != exitFailed || !strings.Contains(r.stderr, "collect from both, or mix them with --mix-isa") {
		t.Errorf("other kernels: exit code %d, %s", r.code, r.stderr)
	}
	mustCellnet(t, smallGeneration(out)...)
}

// TestSizeTrainingGoesOn ends the training of a network of widths on one processor
// after its first epoch, and goes on with three.
func TestSizeTrainingGoesOn(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	dir := t.TempDir()
	straight, ended := filepath.Join(dir, "straight"), filepath.Join(dir, "ended")
	mustCellnet(t, smallSize(straight, "--epochs", "2")...)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stderr := &watcher{when: "epoch 1/2: ", on: cancel}
	var stdout bytes.Buffer
	if code := run(ctx, smallSize(ended, "--epochs", "2"), strings.NewReader(""), &stdout, stderr); code == exitOK {
		t.Fatalf("it came to its end: %s", stderr)
	}
	if _, err := os.Stat(filepath.Join(ended, "weights.pth")); err == nil {
		t.Error("there are weights of an epoch")
	}
	runtime.GOMAXPROCS(3)
	mustCellnet(t, "train", "--resume", "--out", ended)
	if !bytes.Equal(readFile(t, straight, "weights.pth"), readFile(t, ended, "weights.pth")) {
		t.Error("weights of the resumed training differ")
	}
}
