package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cellnet/cell"
	"cellnet/models"
	"cellnet/weights"
)

// own makes files of all kinds that commands write, in the working folder.
func own(t *testing.T) {
	t.Helper()
	t.Chdir(t.TempDir())
	mustCellnet(t, "generate", "--archs", "0", "--datasets", "synthetic", "-C", "4", "-N", "1", "--limit", "16", "--batch", "8", "--hp", "12", "--out", "trials")
	mustCellnet(t, "collect", "trials", "--latency", "0", "--benchmark", "NAS-Bench-201-own.pth", "--nats", "NATS-tss-own.pickle.pbz2", "--archive", "archive")
	mustCellnet(t, "bench", "import", "trials", "-o", "own.parquet")
	mustCellnet(t, "weights", "convert", "trials/000000-015624-C4-N1-LESS/arch-000000-seed-0777.pth", "net.pth")
	mustCellnet(t, "weights", "convert", "net.pth", "net.safetensors")
	mustCellnet(t, "arch", "draw", "1", "-o", "cell.svg")
}

// contents gives the names in the working folder, and what is in the files.
func contents(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		all[e.Name()] = ""
		if !e.IsDir() {
			all[e.Name()] = string(readFile(t, e.Name()))
		}
	}
	return all
}

func TestOutputsEatNothing(t *testing.T) {
	own(t)
	if err := os.Symlink("own.parquet", "link.parquet"); err != nil {
		t.Skip(err)
	}
	member := filepath.Join("archive", "000000-FULL.pth")
	before, memberBefore := contents(t), string(readFile(t, member))
	for _, c := range []struct {
		code int
		want string // in the message
		args string
	}{
		{exitUsage, "both read and to be written", "bench import own.parquet -o own.parquet --force"},
		{exitUsage, "both read and to be written", "bench import own.parquet -o ./link.parquet"},
		{exitUsage, "both read and to be written", "bench export NATS-tss-own.pickle.pbz2 -o archive/../NATS-tss-own.pickle.pbz2"},
		{exitUsage, "a file of the folder", "bench import archive -o archive/000000-FULL.pth --force"},
		{exitUsage, "both read and to be written", "weights convert net.pth net.pth --force"},
		{exitUsage, "written twice", "collect trials --latency 0 --benchmark NAS-Bench-201-x.pth --nats ./NAS-Bench-201-x.pth"},
		{exitUsage, "both read and to be written", "collect trials --latency 0 --into NATS-tss-own.pickle.pbz2 --nats NATS-tss-own.pickle.pbz2"},
		{exitFailed, "--force", "bench import trials -o net.pth"},
		{exitFailed, "--force", "bench export NATS-tss-own.pickle.pbz2 --layout nats-file -o own.parquet"},
		{exitFailed, "--force", "bench export own.parquet --layout nas-bench-201 -o net.pth"},
		{exitFailed, "--force", "collect trials --latency 0 --benchmark net.pth"},
		{exitFailed, "--force", "arch draw 1 --format svg -o net.safetensors"},
		{exitFailed, "--force", "weights convert net.pth NAS-Bench-201-own.pth"},
		{exitFailed, "--force", "query archive params 0 --dataset cifar10 --seed 777 --hp 12 --format zip -o own.parquet"},
		{exitFailed, "--force", "demo --out own.parquet"},
		{exitFailed, "no such file", "demo --out missing/net.pth"},
		{exitFailed, "is a directory", "demo --out archive"},
		{exitFailed, "already exists", "collect trials --latency 0 --nats NATS-tss-own.pickle.pbz2 --archive archive"},
	} {
		args := strings.Fields(c.args)
		r := cellnet(t, args...)
		if r.code != c.code || !strings.Contains(r.stderr, c.want) || strings.Count(r.stderr, "\n") != 1 {
			t.Errorf("cellnet %q: %d, %q, want %d and %q", args, r.code, r.stderr, c.code, c.want)
		}
	}
	after := contents(t)
	for name, was := range before {
		if after[name] != was {
			t.Errorf("%s was changed", name)
		}
	}
	if len(after) != len(before) || string(readFile(t, member)) != memberBefore {
		t.Errorf("the folder has %d entries, had %d", len(after), len(before))
	}
	mustCellnet(t, "arch", "draw", "1", "--format", "svg", "-o", "net.safetensors", "--force")
	if got := readFile(t, "net.safetensors"); string(got) != before["cell.svg"] {
		t.Errorf("by force: %.20q", got)
	}
	mustCellnet(t, "arch", "draw", "2", "-o", "cell.svg") // of the same kind
}

// A second output that fails is found before the first is in the way.
func TestCollectAgainAfterAFailure(t *testing.T) {
	own(t)
	args := []string{"collect", "trials", "--latency", "0", "--archive", "again"}
	if r := cellnet(t, append(slices.Clip(args), "--nats", "missing/NATS-tss-x.pickle.pbz2")...); r.code != exitFailed {
		t.Errorf("a missing folder: %d, %s", r.code, r.stderr)
	}
	// It fails while it is written, after the first.
	if err := os.Mkdir("trials2", 0o777); err != nil {
		t.Fatal(err)
	}
	mustCellnet(t, "generate", "--archs", "1", "--datasets", "synthetic", "-C", "4", "-N", "1", "--limit", "16", "--batch", "8", "--epochs", "1", "--out", "trials2")
	if r := cellnet(t, "collect", "trials2", "--latency", "0", "--nats-full", "again", "--benchmark", "NAS-Bench-201-x.pth"); r.code != exitFailed {
		t.Errorf("a recipe without a place: %d, %s", r.code, r.stderr)
	}
	mustCellnet(t, append(args, "--nats", "NATS-tss-x.pickle.pbz2")...)
}

func TestSearchOutputs(t *testing.T) {
	t.Chdir(t.TempDir())
	search := func(more ...string) result {
		return cellnet(t, append([]string{"search", "random", "--dataset", "cifar10", "--runs", "2"}, more...)...)
	}
	// What is there is of the same kind, or another one.
	for range 2 {
		if r := search("--out", "found", "--plot", "curves.svg"); r.code != exitOK {
			t.Fatalf("%d, %s", r.code, r.stderr)
		}
	}
	for _, path := range []string{"curves.svg", filepath.Join("found", "runs.jsonl"), filepath.Join("found", "curves.svg")} {
		if err := os.WriteFile(path, []byte("mine"), 0o666); err != nil {
			t.Fatal(err)
		}
		args := []string{"--out", "found", "--plot", "curves.svg"}
		if r := search(args...); r.code != exitFailed || !strings.Contains(r.stderr, path+": it is there and is something else") || string(readFile(t, path)) != "mine" {
			t.Errorf("%s: %d, %s", path, r.code, r.stderr)
		}
		if r := search(append(args, "--force")...); r.code != exitOK {
			t.Errorf("%s by force: %d, %s", path, r.code, r.stderr)
		}
	}
	// What is read is not written over, by force neither.
	net := saved(t, readmeArch, 10)
	if err := os.Symlink(net, "link.svg"); err != nil {
		t.Skip(err)
	}
	before := readFile(t, net)
	for _, plot := range []string{"link.svg", "found"} {
		if r := search("--benchmark", net, "--plot", plot, "--force"); r.code == exitOK || !bytes.Equal(readFile(t, net), before) {
			t.Errorf("%s: %d, %s", plot, r.code, r.stderr)
		}
	}
}

// failingWriter has no room.
type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, errors.New("no room") }

func TestResultsThatAreLost(t *testing.T) {
	for _, args := range [][]string{{"--help"}, {"train", "--help"}, {"version"}, {"completion", "bash"}, {"arch", "show", "1"}} {
		var stderr strings.Builder
		if code := run(t.Context(), args, strings.NewReader(""), failingWriter{}, &stderr); code != exitFailed || !strings.Contains(stderr.String(), "no room") {
			t.Errorf("cellnet %q: %d, %q", args, code, stderr.String())
		}
	}
}

func TestControlCharactersAreQuoted(t *testing.T) {
	t.Chdir(t.TempDir())
	if r := cellnet(t, "weights", "show", "\x1b[31mred.pth"); r.code != exitFailed || strings.Contains(r.stderr, "\x1b") || !strings.Contains(r.stderr, `\x1b[31mred.pth`) {
		t.Errorf("said %q", r.stderr)
	}
	var stderr strings.Builder
	(&app{stderr: &stderr}).note("%s", "of \x1b[31ma file")
	if stderr.String() != "cellnet: note: of \\x1b[31ma file\n" {
		t.Errorf("noted %q", stderr.String())
	}
	// A name may have #, too.
	history := "run#1.json"
	if err := os.WriteFile(history, []byte(`{"seed": 5, "history": [{"epoch": 0}]}`), 0o666); err != nil {
		t.Fatal(err)
	}
	table := mustCellnet(t, "curves", "re\x1b[31md="+history, "-o", "curves.svg")
	if picture := string(readFile(t, "curves.svg")); strings.Contains(table+picture, "\x1b") || !strings.Contains(picture, `re\x1b[31md`) {
		t.Errorf("printed %q", table)
	}
}

func TestPredictionsThatAreNoNumbers(t *testing.T) {
	t.Chdir(t.TempDir())
	c, err := cell.FromIndex(1)
	if err != nil {
		t.Fatal(err)
	}
	net, err := cell.NewNetwork(c, 4, 1, 10)
	if err != nil {
		t.Fatal(err)
	}
	p, err := models.Initialize(net, 777)
	if err != nil {
		t.Fatal(err)
	}
	state := p.StateDict()
	bias := make([]float32, 10)
	bias[3] = float32(math.NaN())
	state.Set("classifier.bias", weights.NewFloat32([]int{10}, bias))
	if err := weights.WriteFile("nan.pth", weights.Zip, state); err != nil {
		t.Fatal(err)
	}
	mustCellnet(t, "arch", "draw", "1", "-o", "cell.png")
	for _, c := range []struct {
		more []string
		want string
	}{{nil, "not a number"}, {[]string{"--json"}, `"probability":null`}} {
		r := cellnet(t, append([]string{"predict", "cell.png", "--weights", "nan.pth", "--arch", "1", "--dataset", "cifar10"}, c.more...)...)
		if r.code != exitOK || !strings.Contains(r.stdout, c.want) || !strings.Contains(r.stderr, "NaN or infinity in classifier.bias") || c.more != nil && !json.Valid([]byte(r.stdout)) {
			t.Errorf("predict %v: %d, %q, %q", c.more, r.code, r.stdout, r.stderr)
		}
	}
}
