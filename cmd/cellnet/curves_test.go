package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cellnet/internal/fixture"
)

func TestCurves(t *testing.T) {
	dir := t.TempDir()
	run := filepath.Join(dir, "run")
	mustCellnet(t, smallTraining(run, "--epochs", "2")...)
	history := filepath.Join(dir, "python.json")
	err := os.WriteFile(history, []byte(`{"seed": 5, "history": [
		{"epoch": 0, "train_loss": 2.5, "train_top1": 11, "test_loss": 2.25, "test_top1": 12.5},
		{"epoch": 2, "train_loss": 1.5, "train_top1": 41, "test_loss": 1.25, "test_top1": 42.5}]}`), 0o666)
	if err != nil {
		t.Fatal(err)
	}
	picture := filepath.Join(dir, "curves.svg")
	table := mustCellnet(t, "curves", "ours="+run, "python="+history, "-o", picture)
	lines := strings.Split(table, "\n")
	if len(lines) != 6 || lines[0] != "| epoch | ours, seed 777: loss | top-1 % | python, seed 5: loss | top-1 % |" ||
		!strings.HasSuffix(lines[2], " | 2.2500 | 12.50 |") || !strings.HasPrefix(lines[4], "| 3 |  |  | 1.2500 |") {
		t.Errorf("printed\n%s", table)
	}
	for _, want := range []string{">ours<", ">python<", ">seed 777<"} {
		if !strings.Contains(string(readFile(t, picture)), want) {
			t.Errorf("%s is not in the picture", want)
		}
	}
	var c struct {
		Name string
		Top1 []*float64
	}
	if err := json.Unmarshal([]byte(mustCellnet(t, "curves", "p="+history, "--set", "train", "--json")), &c); err != nil {
		t.Fatal(err)
	}
	if c.Name != "p" || len(c.Top1) != 3 || *c.Top1[0] != 11 || c.Top1[1] != nil {
		t.Errorf("as JSON %+v", c)
	}
}

// TestCurvesOfPublishedTrials overlays the reference's training and published ones.
func TestCurvesOfPublishedTrials(t *testing.T) {
	python := fixture.Shared(t, "data/weights/arch11-12e-777.json")
	published := fixture.Shared(t, "data/nats/NATS-tss-v1_0-3ffb9-simple")
	all := published + "#11,cifar10-valid,12"
	table := mustCellnet(t, "curves", "PyTorch@777="+python, "published="+all, "-o", filepath.Join(t.TempDir(), "c.png"))
	if !strings.Contains(table, "| PyTorch, seed 777: loss |") || !strings.Contains(table, "published, seed 111") ||
		!strings.Contains(table, "published, seed 777") || strings.Count(table, "\n") != 14 {
		t.Errorf("printed\n%s", table)
	}
	if one := mustCellnet(t, "curves", "published@777="+all); strings.Contains(one, "seed 111") || !strings.Contains(one, "seed 777") {
		t.Errorf("of one seed: printed\n%s", one)
	}
	failure{[]string{"curves", "p=" + python}, exitFailed, "reading curves from " + python + ": it doesn't tell its seed: give it as p@SEED=" + python}.check(t)
	failure{[]string{"curves", "p@5=" + all}, exitFailed, all + " has no trial of seed 5"}.check(t)
}

func TestCurvesFailures(t *testing.T) {
	dir := t.TempDir()
	empty := filepath.Join(dir, "empty.json")
	if err := os.WriteFile(empty, []byte("{}"), 0o666); err != nil {
		t.Fatal(err)
	}
	seeded := filepath.Join(dir, "seeded.json")
	if err := os.WriteFile(seeded, []byte(`{"seed": 5, "history": [{"epoch": 0}]}`), 0o666); err != nil {
		t.Fatal(err)
	}
	see := " (see cellnet curves --help)"
	for _, f := range []failure{
		{[]string{"curves"}, exitUsage, "missing argument NAME=SOURCE" + see},
		{[]string{"curves", "run1"}, exitUsage, `"run1": want NAME=SOURCE or NAME@SEED=SOURCE` + see},
		{[]string{"curves", "a@x=run1"}, exitUsage, `"a@x=run1": seed "x", want a number` + see},
		{[]string{"curves", "a@6=" + seeded}, exitFailed, "reading curves from " + seeded + ": its seed is 5, not 6"},
		{[]string{"curves", "a=" + empty, "--set", "best"}, exitUsage, `--set: data: unknown set "best", want one of train, x-valid, x-test, ori-test` + see},
		{[]string{"curves", "a=" + empty}, exitFailed, "reading curves from " + empty + ": it has no epochs"},
		{[]string{"curves", "a=x#1"}, exitUsage, "x#1: want FILE#ARCH,DATASET,HP, such as #11,cifar10-valid,12" + see},
	} {
		f.check(t)
	}
}
