package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cellnet/train/trials"
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

func TestParseArchList(t *testing.T) {
	file := filepath.Join(t.TempDir(), "archs.txt")
	if err := os.WriteFile(file, []byte("# some\n3 # the third\n\n10-12\n|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|skip_connect~1|skip_connect~2|\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	got, err := parseArchList("5-7, 1," + file + ",15624")
	if want := []int{5, 6, 7, 1, 3, 10, 11, 12, 0, 15624}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	bad := filepath.Join(t.TempDir(), "bad.txt")
	if err := os.WriteFile(bad, []byte("1\nnothing\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	for list, want := range map[string]string{
		"":          "no architectures",
		"7-5":       "want a range within 0-15624",
		"0-15625":   "want a range within 0-15624",
		"15625":     "15625",
		"|none~0|":  "not one of the benchmark's architectures",
		"|nan~0|":   "nan",
		"no-such":   `"no-such" is no index, range, arch string or file`,
		"1," + bad:  bad + `, line 2: "nothing"`,
		t.TempDir(): "reading architectures",
	} {
		if got, err := parseArchList(list); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q gives %v, %v, want an error with %q", list, got, err, want)
		}
	}
}

func TestParseShard(t *testing.T) {
	slurm := map[string]string{slurmID: "12", slurmCount: "4", slurmMin: "10", slurmStep: "1"}
	job := map[string]string{jobIndex: "2"}
	tests := []struct {
		flag string
		env  map[string]string
		want trials.Shard
		fail string
	}{
		{"", nil, trials.Shard{Index: 0, Count: 1}, ""},
		{"1/4", nil, trials.Shard{Index: 0, Count: 4}, ""},
		{"4/4", slurm, trials.Shard{Index: 3, Count: 4}, ""},
		{"", slurm, trials.Shard{Index: 2, Count: 4}, ""},
		{"", map[string]string{slurmID: "6", slurmCount: "4", slurmMin: "0", slurmStep: "2"}, trials.Shard{Index: 3, Count: 4}, ""},
		{"/8", slurm, trials.Shard{Index: 2, Count: 8}, ""},
		{"/3", job, trials.Shard{Index: 2, Count: 3}, ""},
		{"", job, trials.Shard{}, "set --shard /n"},
		{"/2", job, trials.Shard{}, "job 3 of 2"},
		{"/2", nil, trials.Shard{}, "neither SLURM_ARRAY_TASK_ID nor JOB_COMPLETION_INDEX is set"},
		{"", map[string]string{slurmID: "1"}, trials.Shard{}, "not SLURM_ARRAY_TASK_COUNT"},
		{"", map[string]string{slurmID: "x", slurmCount: "4"}, trials.Shard{}, `SLURM_ARRAY_TASK_ID is "x"`},
		{"0/4", nil, trials.Shard{}, "from 1/4 to 4/4"},
		{"5/4", nil, trials.Shard{}, "from 1/4 to 4/4"},
		{"3", nil, trials.Shard{}, "want i/n"},
		{"1/0", nil, trials.Shard{}, "want i/n"},
	}
	for _, test := range tests {
		got, err := parseShard(test.flag, func(name string) string { return test.env[name] })
		switch {
		case test.fail == "" && (err != nil || got != test.want):
			t.Errorf("%q, %v: %v, %v, want %v", test.flag, test.env, got, err, test.want)
		case test.fail != "" && (err == nil || !strings.Contains(err.Error(), test.fail)):
			t.Errorf("%q, %v: error is %v, want one with %q", test.flag, test.env, err, test.fail)
		}
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
		{smallGeneration(out, "--datasets", "mnist"), exitUsage, `--datasets: data: unknown dataset "mnist", want one of cifar10-valid, cifar10, cifar100, ImageNet16-120, synthetic` + see},
		{smallGeneration(out, "--seeds", "-1"), exitUsage, `--seeds: "-1" is no seed, want a number from 0 to 4294967295` + see},
		{smallGeneration(out, "--jobs", "0"), exitUsage, "--jobs: 0 jobs, want 1 or more" + see},
		{smallGeneration(out, "--format", "onnx"), exitUsage, `--format: unknown format "onnx", want zip or legacy` + see},
		{smallGeneration(out, "--archs", "1-0"), exitUsage, "architectures 1-0: want a range within 0-15624" + see},
	} {
		f.check(t)
	}
}
