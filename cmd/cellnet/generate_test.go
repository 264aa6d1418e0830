package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"cellnet/weights"
)

// smallGeneration are arguments of four trials that take a moment each.
func smallGeneration(out string, more ...string) []string {
	return append([]string{
		"generate", "--archs", "0,157", "--datasets", "synthetic", "--seeds", "777,888", "--limit", "40", "--channels", "4", "--cells", "1",
		"--epochs", "2", "--batch", "16", "--out", out,
	}, more...)
}

func TestGenerate(t *testing.T) {
	out := t.TempDir()
	var plan planRecord
	if err := json.Unmarshal([]byte(mustCellnet(t, smallGeneration(out, "--plan", "--json")...)), &plan); err != nil {
		t.Fatal(err)
	}
	if plan.Trials != 4 || plan.Left != 4 || plan.Epochs != 2 || !(plan.Seconds > 0) || len(plan.LeftFiles) != 4 {
		t.Errorf("plan %+v", plan)
	}
	if _, err := os.Stat(plan.Folder); err == nil {
		t.Error("a plan makes a folder")
	}
	if text := mustCellnet(t, smallGeneration(out, "--plan")...); !strings.Contains(text, "4: 0 finished, 4 to train") || !strings.Contains(text, "arch-000157-seed-0888.pth\n") {
		t.Errorf("plan is printed as %s", text)
	}

	// Two parts of the work are all of it.
	for _, part := range []string{"1/2", "2/2"} {
		var got generateRecord
		if err := json.Unmarshal([]byte(mustCellnet(t, smallGeneration(out, "--shard", part, "--json")...)), &got); err != nil {
			t.Fatal(err)
		}
		if got.Trained != 2 || got.Finished != 0 {
			t.Errorf("part %s: %+v, want 2 trials", part, got)
		}
	}
	r := cellnet(t, smallGeneration(out, "--jobs", "2", "--json")...)
	var got generateRecord
	if err := json.Unmarshal([]byte(r.stdout), &got); err != nil {
		t.Fatal(err)
	}
	if r.code != exitOK || got.Trained != 0 || got.Finished != 4 {
		t.Errorf("all parts: %+v, %s", got, r.stderr)
	}
	for _, name := range plan.LeftFiles {
		if _, err := os.Stat(filepath.Join(plan.Folder, name)); err != nil {
			t.Error(err)
		}
	}
	// Its files hold networks that other commands take.
	if text := mustCellnet(t, "weights", "show", filepath.Join(plan.Folder, plan.LeftFiles[0])); !strings.Contains(text, "synthetic") {
		t.Errorf("weights show prints %s", text)
	}
	r = cellnet(t, smallGeneration(out, "--lr", "0.3")...)
	if r.code != exitFailed || !strings.Contains(r.stderr, "choose another folder, and collect from both") {
		t.Errorf("another recipe: exit code %d, %s", r.code, r.stderr)
	}
}

func TestGenerateReportsDivergedTrials(t *testing.T) {
	r := cellnet(t, smallGeneration(t.TempDir(), "--lr", "1e30", "--json")...)
	var got generateRecord
	if err := json.Unmarshal([]byte(r.stdout), &got); err != nil {
		t.Fatal(err)
	}
	if r.code != exitFailed || len(got.Diverged) != 4 || !strings.Contains(r.stderr, "cellnet: 4 trials: arch 000000 seed 777: ") {
		t.Errorf("exit code %d, %+v, %s", r.code, got, r.stderr)
	}
}

func TestGenerateFailures(t *testing.T) {
	out := t.TempDir()
	file := filepath.Join(out, "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	see := " (see cellnet generate --help)"
	for _, f := range []failure{
		{smallGeneration(file), exitFailed, "--out " + file + " is a file: name a folder for the results"},
		{[]string{"generate"}, exitUsage, "generate needs --archs and --out" + see},
		{smallGeneration(out, "--datasets", "mnist"), exitUsage, `--datasets: data: unknown dataset "mnist", want one of cifar10-valid, cifar10, cifar100, ImageNet16-120, synthetic, folder` + see},
		{smallGeneration(out, "--seeds", "-1"), exitUsage, `--seeds: "-1" is no seed, want a number from 0 to 4294967295` + see},
		{smallGeneration(out, "--jobs", "0"), exitUsage, "--jobs: 0 jobs, want 1 or more" + see},
		{smallGeneration(out, "--format", "onnx"), exitUsage, `--format: unknown format "onnx", want zip or legacy` + see},
		{smallGeneration(out, "--archs", "1-0"), exitUsage, "architectures 1-0: want a range within 0-15624" + see},
	} {
		f.check(t)
	}
}

// Processes play the pods of an indexed job: one is killed, and another goes on in its
// place. The trials are those of a single process.
func TestIndexedJob(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	dir := t.TempDir()
	args := []string{"generate", "--archs", "0-1", "--seeds", "777,888", "--datasets", "synthetic", "--epochs", "40", "--limit", "100", "--batch", "16",
		"-C", "4", "-N", "1", "--checkpoint-every", "100ms"}
	var job struct {
		Spec struct {
			Completions int
			Template    struct {
				Spec struct {
					Containers []struct {
						Args []string
						Env  []struct{ Name, Value string }
					}
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(mustCellnet(t, append(args, "--out", "trials", "--kubernetes", "--tasks", "2")...)), &job); err != nil {
		t.Fatal(err)
	}
	if job.Spec.Completions != 2 {
		t.Fatalf("%d completions", job.Spec.Completions)
	}
	of := job.Spec.Template.Spec.Containers[0]
	pod := func(index int) *exec.Cmd {
		cmd := exec.Command(os.Args[0], append([]string{"-test.run=^TestMainProcess$", "--"}, of.Args...)...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), mainEnv+"=1", "JOB_COMPLETION_INDEX="+strconv.Itoa(index))
		for _, v := range of.Env {
			cmd.Env = append(cmd.Env, v.Name+"="+strings.Replace(v.Value, "/work", dir, 1))
		}
		cmd.Stdout, cmd.Stderr = new(strings.Builder), new(strings.Builder)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		return cmd
	}
	killed, other := pod(0), pod(1)
	for range 600 {
		if found, _ := filepath.Glob(filepath.Join(dir, "trials", "*", "unfinished", "arch-000000-seed-0777", "*", "*.ckpt")); len(found) > 0 {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if err := killed.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = killed.Wait()
	again := pod(0)
	for _, cmd := range []*exec.Cmd{again, other} {
		if err := cmd.Wait(); err != nil {
			t.Fatalf("%v\n%v%v", err, cmd.Stdout, cmd.Stderr)
		}
		if text := fmt.Sprint(cmd.Stdout); !strings.Contains(text, ": 2 trials trained, 0 finished before, 0 left to other processes") {
			t.Errorf("a pod said %s%s", text, cmd.Stderr)
		}
	}
	mustCellnet(t, append(args, "--out", filepath.Join(dir, "local"))...)
	local, err := filepath.Glob(filepath.Join(dir, "local", "*", "*.pth"))
	if err != nil || len(local) != 4 {
		t.Fatalf("%d trials here, %v", len(local), err)
	}
	for _, file := range local {
		name, err := filepath.Rel(filepath.Join(dir, "local"), file)
		if err != nil {
			t.Fatal(err)
		}
		if numbersOf(t, file) != numbersOf(t, filepath.Join(dir, "trials", name)) {
			t.Errorf("%s has other weights than a local run's", name)
		}
	}
}

// numbersOf are the numbers of the network in a trial file.
func numbersOf(t *testing.T, file string) string {
	t.Helper()
	f, err := weights.OpenFile(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	network, err := f.Select(weights.Selector{})
	if err != nil {
		t.Fatal(err)
	}
	state, err := network.Load()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for name, tensor := range state.All() {
		b.WriteString(name)
		b.Write(tensor.Data)
	}
	return b.String()
}
