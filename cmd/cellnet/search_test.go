package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cellnet/internal/fixture"
	"cellnet/search/experiment"
)

// What scripts read of a run is what the reference program recorded.
func TestSearchPrintsRecordedRuns(t *testing.T) {
	for _, name := range experiment.Names() {
		b, err := os.ReadFile(fixture.Shared(t, "fixtures/search/"+name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		var records []struct {
			Space, Dataset string
			Seed           json.Number
			Budget         json.Number
			Visited, Best  []int
		}
		if err := json.Unmarshal(b, &records); err != nil {
			t.Fatal(err)
		}
		for _, r := range records[:2] {
			out := mustCellnet(t, "search", name, "--space", r.Space, "--dataset", r.Dataset, "--seed", r.Seed.String(), "--budget", r.Budget.String(), "--runs", "1", "--json")
			var got experiment.Record
			if err := json.Unmarshal([]byte(out), &got); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got.Visited, r.Visited) || !slices.Equal(got.Best, r.Best) || got.Algorithm != name {
				t.Errorf("%s on %s: the run differs", name, r.Space)
			}
		}
	}
}

func TestSearchDefaultsToTheBest(t *testing.T) {
	out := mustCellnet(t, "search", "--dataset", "ImageNet16-120", "--budget", "30000")
	if !strings.Contains(out, "bayesian found architecture ") || !strings.Contains(out, "after 200 epochs: validation ") {
		t.Error(out)
	}
	out = mustCellnet(t, "search", "evolution", "--dataset", "cifar10", "--against", "flops,raspi4_latency", "--budget", "3000", "--max", "params=0.5")
	if !strings.Contains(out, "Pareto front, hypervolume 0.") {
		t.Error(out)
	}
}

func TestSearchWritesAFolder(t *testing.T) {
	dir := t.TempDir()
	out := mustCellnet(t, "search", "compare", "--algorithms", "random,local", "--runs", "3", "--budget", "2000", "--out", dir, "--json")
	if lines := strings.Count(out, "\n"); lines != 6 {
		t.Errorf("%d lines, want 6:\n%s", lines, out)
	}
	for _, name := range []string{
		"runs.jsonl", "curves.svg", "search-tss/cifar10-T2000/RANDOM/results.pth", "search-tss/ImageNet16-120-T2000/LOCAL/results.pth",
	} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
	table := mustCellnet(t, "search", "random", "--dataset", "cifar10", "--runs", "2", "--plot", filepath.Join(dir, "p.png"))
	if !strings.HasPrefix(table, "| (runs, trainings each) | cifar10 |\n") {
		t.Error(table)
	}
}

func TestSearchRefusals(t *testing.T) {
	for want, args := range map[string][]string{
		"--dataset":        {},
		"cifar10-valid":    {"--dataset", "cifar10-valid"},
		"bananas":          {"bananas", "--dataset", "cifar10"},
		"budget: NaN":      {"--dataset", "cifar10", "--budget", "NaN"},
		"--budget: 0":      {"--dataset", "cifar10", "--budget", "0"},
		"budget: +Inf":     {"--dataset", "cifar10", "--budget", "inf"},
		"population: 0":    {"evolution", "--dataset", "cifar10", "--population", "0"},
		"no such setting":  {"random", "--dataset", "cifar10", "--population", "3"},
		"single trials":    {"random", "--dataset", "cifar100", "--hp", "200"},
		"longest: 13":      {"bohb", "--dataset", "cifar10", "--longest", "13"},
		"within the limit": {"--dataset", "cifar10", "--max", "flops=1"},
		"weigh it":         {"local", "--dataset", "cifar10", "--against", "flops"},
		"search space":     {"--dataset", "cifar10", "--space", "tss"},
		"--plot":           {"--dataset", "cifar10", "--plot", "curves.gif"},
	} {
		r := cellnet(t, append([]string{"search"}, args...)...)
		if r.code != exitUsage || r.stdout != "" || !strings.Contains(r.stderr, want) || strings.Count(r.stderr, "\n") != 1 {
			t.Errorf("%q: code %d, %s%s, want %s", args, r.code, r.stdout, r.stderr, want)
		}
	}
}

// A search whose trainings really run, and what is made of them.
func TestSearchTrains(t *testing.T) {
	out := t.TempDir()
	args := []string{"search", "random", "--train", "--dataset", "synthetic", "--evaluations", "2", "--limit", "20", "-C", "4", "-N", "1", "--epochs", "1", "--batch", "10", "--out", out}
	var first, again experiment.Record
	for _, r := range []*experiment.Record{&first, &again} {
		if err := json.Unmarshal([]byte(mustCellnet(t, append(args, "--json")...)), r); err != nil {
			t.Fatal(err)
		}
	}
	if len(first.Visited) != 2 || !slices.Equal(first.Visited, again.Visited) || !slices.Equal(first.Clock, again.Clock) {
		t.Errorf("visited %v until %v, then %v until %v", first.Visited, first.Clock, again.Visited, again.Clock)
	}
	if text := mustCellnet(t, args...); !strings.Contains(text, "s of training)") || !strings.Contains(text, "after 1 epochs: validation ") {
		t.Error(text)
	}
	mustCellnet(t, "collect", out, "--nats-simple", filepath.Join(t.TempDir(), "records"))

	for want, args := range map[string][]string{
		"missing --out": {"--train", "--dataset", "synthetic", "--evaluations", "2"},
		"--evaluations": {"--train", "--dataset", "synthetic", "--out", out},
		"only cells":    {"--train", "--dataset", "synthetic", "--space", "size", "--evaluations", "2", "--out", out},
		"unknown":       {"--train", "--dataset", "mnist", "--evaluations", "2", "--out", out},
		"with --train":  {"--dataset", "cifar10", "--limit", "3"},
		"--trial-seeds": {"--train", "--dataset", "synthetic", "--trial-seeds", "x", "--evaluations", "2", "--out", out},
	} {
		r := cellnet(t, append([]string{"search"}, args...)...)
		if r.code != exitUsage || r.stdout != "" || !strings.Contains(r.stderr, want) || strings.Count(r.stderr, "\n") != 1 {
			t.Errorf("%q: code %d, %s%s, want %s", args, r.code, r.stdout, r.stderr, want)
		}
	}
}
