package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cellnet/internal/speed"
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
	for _, args := range [][]string{{"weights", "show", file}, {"weights", "show", file, "--arch", "DARTS_V1"}} {
		if out := mustCellnet(t, args...); !strings.Contains(out, "DARTS_V1, C = 2, N = 1, classes = 10\n") || !strings.Contains(out, "DARTS_V1\n") {
			t.Errorf("%q printed %.300s", args, out)
		}
	}
	if r := cellnet(t, "weights", "show", file, "--arch", "DARTS_V2"); r.code != exitFailed || !strings.Contains(r.stderr, "missing") {
		t.Errorf("another genotype: %d, %s", r.code, r.stderr)
	}
	if r := cellnet(t, "eval", "DARTS_V2", "--weights", file, "--dataset", "synthetic"); r.code != exitFailed || !strings.Contains(r.stderr, "missing") {
		t.Errorf("another genotype: %d, %s", r.code, r.stderr)
	}
}

func TestArchShowOfTwoCells(t *testing.T) {
	out := mustCellnet(t, "arch", "show", "DARTS_V2")
	for _, want := range []string{"arch DARTS_V2\n", "normal, node 4 dua_sepc_3x3~1 + skip_connect~0\n", "reduce, result 2 3 4 5\n", "M parameters with C=16, N=5\n"} {
		if !strings.Contains(squeezeBlanks(out), want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	var r genotypeRecord
	if err := json.Unmarshal([]byte(mustCellnet(t, "arch", "show", "DARTS_V2", "--json")), &r); err != nil {
		t.Fatal(err)
	}
	var m modelRecordOfTest
	if err := json.Unmarshal([]byte(mustCellnet(t, "model", "show", "DARTS_V2", "--json")), &m); err != nil {
		t.Fatal(err)
	}
	if c := r.Costs["cifar10"]; r.Arch != "DARTS_V2" || c.FLOPs != m.FLOPs || c.Params != m.Params {
		t.Errorf("arch show has %+v, model show %+v", r, m)
	}
}

// modelRecordOfTest are the costs that model show --json prints.
type modelRecordOfTest struct {
	FLOPs  float64 `json:"flops_M"`
	Params float64 `json:"params_M"`
}

// squeezeBlanks has one blank in the place of several.
func squeezeBlanks(s string) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = strings.Join(strings.Fields(line), " ")
	}
	return strings.Join(lines, "\n")
}

func TestSpeedOfTwoCells(t *testing.T) {
	var r speed.Record
	out := mustCellnet(t, "speed", "DARTS_V2", "-C", "4", "-N", "1", "--batch", "2", "--seconds", "0", "--json")
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	if r.Arch != "DARTS_V2" || r.Train == nil || r.Eval == nil || !(*r.Train > 0 && *r.Eval > 0) {
		t.Errorf("printed %s", out)
	}
}

// TestCollapsedEdgesAreTold has two edges of a node from the same input.
func TestCollapsedEdgesAreTold(t *testing.T) {
	genotype := filepath.Join(t.TempDir(), "genotype.json")
	text := `{"normal": [[["nor_conv_1x1", 0], ["dua_sepc_3x3", 0]]], "normal_concat": [2], "reduce": [[["max_pool_3x3", 1]]], "reduce_concat": [2]}`
	if err := os.WriteFile(genotype, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	const want = "warning: the 2 edges 2<-0 of the normal cell are one dua_sepc_3x3, whose result is added 2 times, as in the published class\n"
	for _, args := range [][]string{
		{"model", "show", genotype},
		{"arch", "show", genotype},
		{"train", genotype, "-C", "2", "-N", "1", "--dataset", "synthetic", "--epochs", "1", "--limit", "8", "--batch", "4", "--out", filepath.Join(t.TempDir(), "out")},
	} {
		if r := cellnet(t, args...); r.code != exitOK || strings.Count(r.stderr, want) != 1 {
			t.Errorf("%q: exit code %d, %s", args, r.code, r.stderr)
		}
	}
}
