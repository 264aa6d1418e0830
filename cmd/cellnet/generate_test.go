package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
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
