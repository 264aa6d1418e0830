package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestModelShowOfTwoCells(t *testing.T) {
	out := mustCellnet(t, "model", "show", "DARTS_V2", "-C", "8", "-N", "1", "--json")
	var r struct {
		Config json.RawMessage
		Params float64 `json:"params_M"`
	}
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	if r.Params != 0.00849 {
		t.Errorf("%g million parameters, want 0.00849", r.Params)
	}
	// The record is an ARCH again.
	record := filepath.Join(t.TempDir(), "record.json")
	if err := os.WriteFile(record, r.Config, 0o666); err != nil {
		t.Fatal(err)
	}
	if again := mustCellnet(t, "model", "show", record, "--json"); again != out {
		t.Errorf("the network of the record is %s, want %s", again, out)
	}
	for _, f := range []failure{
		{[]string{"model", "show", record, "--dataset", "cifar100"}, exitFailed, "reading " + record + ": the network has 10 classes, the dataset has 100"},
		{[]string{"model", "show", "DARTS_V1", "-N", "0"}, exitUsage, "config: N: 0 cells in a stage, want 1 to 1000 (see cellnet model show --help)"},
	} {
		f.check(t)
	}
}

func TestDrawGenotype(t *testing.T) {
	if out := mustCellnet(t, "arch", "draw", "GDAS_V1", "--format", "dot"); !strings.Contains(out, "cluster_reduce") || !strings.Contains(out, "dil_sepc_5x5") {
		t.Errorf("drew %s", out)
	}
}

// A network of two cells is trained, goes on in its folder, and its weights are
// evaluated with and without their genotype's name.
func TestTrainTwoCells(t *testing.T) {
	dir := t.TempDir()
	train := func(out, epochs string) []string {
		return []string{"train", "DARTS_V1", "-C", "2", "-N", "1", "--auxiliary", "--dataset", "synthetic", "--epochs", epochs, "--limit", "40", "--batch", "16", "--out", filepath.Join(dir, out)}
	}
	mustCellnet(t, train("one", "2")...)
	mustCellnet(t, train("two", "2")...)
	one, two := readFile(t, dir, "one", "weights.pth"), readFile(t, dir, "two", "weights.pth")
	if !bytes.Equal(one, two) {
		t.Error("equal runs give other files")
	}
	mustCellnet(t, "train", "--resume", "--out", filepath.Join(dir, "one"))
	file := filepath.Join(dir, "one", "weights.pth")
	for _, args := range [][]string{{"eval"}, {"eval", "DARTS_V1"}} {
		out := mustCellnet(t, append(args, "--weights", file, "--dataset", "synthetic", "--json")...)
		var r evalRecord
		if err := json.Unmarshal([]byte(out), &r); err != nil {
			t.Fatal(err)
		}
		if r.Arch != "DARTS_V1" || r.Index != nil || r.Sets["ori-test"].N == 0 {
			t.Errorf("%q printed %s", args, out)
		}
	}
	if r := cellnet(t, "eval", "DARTS_V2", "--weights", file, "--dataset", "synthetic"); r.code != exitFailed || !strings.Contains(r.stderr, "missing") {
		t.Errorf("another genotype: %d, %s", r.code, r.stderr)
	}
}
