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
	on := func(args ...string) []string { return append(args, "--dataset", "cifar10") }
	for _, c := range []struct {
		want string // the setting and its range
		args []string
	}{
		{"--dataset, want cifar10, cifar100 or ImageNet16-120", nil},
		{"dataset: \"cifar10-valid\", want cifar10", []string{"--dataset", "cifar10-valid"}},
		{"dataset: \"synthetic\", want cifar10", []string{"--dataset", "synthetic"}},
		{"dataset: \"mnist\", want cifar10", []string{"--dataset", "mnist"}},
		{"algorithm: \"bananas\", want one of random", on("bananas")},
		{"budget: NaN, want a number of seconds above 0", on("--budget", "NaN")},
		{"budget: +Inf, want a number of seconds above 0", on("--budget", "inf")},
		{"budget: -1, want a number of seconds above 0", on("--budget", "-1")},
		{"--budget: 0, want a number of seconds above 0", on("--budget", "0")},
		{"population: 0, want 1 to", on("evolution", "--population", "0")},
		{"sample: 0, want 1 to", on("evolution", "--sample", "0")},
		{"samples: 0, want 1 to", on("bohb", "--samples", "0")},
		{"start: 0, want 1 to", on("local", "--start", "0")},
		{"start: -3, want 1 to", on("bayesian", "--start", "-3")},
		{"rate: 0, want a number above 0", on("reinforce", "--rate", "0")},
		{"rate: NaN, want a number above 0", on("reinforce", "--rate", "NaN")},
		{"momentum: 1, want 0 or more and below 1", on("reinforce", "--momentum", "1")},
		{"momentum: -0.1, want 0 or more and below 1", on("reinforce", "--momentum", "-0.1")},
		{"random_fraction: 1.5, want 0 to 1", on("bohb", "--random-fraction", "1.5")},
		{"random_fraction: NaN, want 0 to 1", on("bohb", "--random-fraction", "nan")},
		{"min_bandwidth: 0, want a number above 0", on("bohb", "--min-bandwidth", "0")},
		{"top_n_percent: 100, want 1 to 99", on("bohb", "--top-percent", "100")},
		{"noise: 0, want a number above 0", on("bayesian", "--noise", "0")},
		{"noise: +Inf, want a number above 0", on("bayesian", "--noise", "inf")},
		{"beta: -1, want a number of 0 or more", on("bayesian", "--beta", "-1")},
		{"eta: 1.9, want a number of 2 or more", on("hyperband", "--eta", "1.9")},
		{"shortest: 0, want 1 epoch or more", on("hyperband", "--shortest", "0")},
		{"longest: 3, want at least the shortest length", on("hyperband", "--shortest", "4", "--longest", "3")},
		{"longest: 13, want the recipe's epochs at most", on("bohb", "--longest", "13")},
		{"recipe: 90 epochs, want 12 or 200", on("random", "--hp", "90")},
		{"recipe: 200 epochs, want 12 or 90", on("random", "--space", "size", "--hp", "200")},
		{"single trials of 200 epochs", []string{"random", "--dataset", "cifar100", "--hp", "200"}},
		{"runs: 0, want 1 to", on("--runs", "0")},
		{"seed: -1, want 0 to 4294967295", on("--seed", "-1")},
		{"evaluations: -1, want 0 or more", on("--evaluations", "-1")},
		{"no such setting", on("random", "--population", "3")},
		{"within the limit", on("--max", "flops=1")},
		{"limit: \"flops\", want NAME=NUMBER", on("--max", "flops")},
		{"cost: \"watts\", want one of flops", on("--max", "watts=1")},
		{"weigh it", on("local", "--against", "flops")},
		{"costs: 3, want 2 at most", on("random", "--against", "flops,params,fpga_energy")},
		{"search space", on("--space", "tss")},
		{"--plot", on("--plot", "curves.gif")},
	} {
		r := cellnet(t, append([]string{"search"}, c.args...)...)
		if r.code != exitUsage || r.stdout != "" || !strings.Contains(r.stderr, c.want) || strings.Count(r.stderr, "\n") != 1 {
			t.Errorf("%q: code %d, %s%s, want %s", c.args, r.code, r.stdout, r.stderr, c.want)
		}
	}
	// A sample may be larger than the population.
	mustCellnet(t, on("search", "evolution", "--population", "3", "--sample", "7", "--evaluations", "12")...)
}

// What a benchmark lacks ends a search with its name; what was trained until then is
// kept.
func TestSearchOfAnIncompleteBenchmark(t *testing.T) {
	files := nats(t)
	out := filepath.Join(t.TempDir(), "out")
	args := func(more ...string) []string {
		return append([]string{"search", "random", "--dataset", "cifar10", "--benchmark", files, "--out", out}, more...)
	}
	failure{args("--space", "size"), exitUsage, "--space: size, but " + files + " is of the topology space (see cellnet search --help)"}.check(t)
	failure{args(), exitFailed, "search: architecture 129: " + filepath.Base(files) + " has no record of architecture 129: not recorded"}.check(t)
	if _, err := os.Stat(out); err == nil {
		t.Error("a folder without runs was made")
	}
	// Within these limits architecture 284, which the file has, is drawn first.
	within := args("--seed", "12")
	for _, limit := range []string{
		"flops=11.72", "params=0.1014", "edgegpu_latency=2.81", "edgegpu_energy=12.18", "raspi4_latency=4.957", "edgetpu_latency=0.3971",
		"pixel3_latency=2.19", "eyeriss_latency=1.926", "eyeriss_energy=0.37822", "fpga_latency=1.64817", "fpga_energy=11.538",
	} {
		within = append(within, "--max", limit)
	}
	failure{within, exitFailed, "search: architecture 12286: " + filepath.Base(files) + " has no record of architecture 12286: not recorded"}.check(t)
	text, err := os.ReadFile(filepath.Join(out, "runs.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var kept experiment.Record
	if err := json.Unmarshal(text, &kept); err != nil || !slices.Equal(kept.Visited, []int{284}) || kept.Seed != 12 {
		t.Errorf("kept %s, error %v", text, err)
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

// Tasks of an array search by a seed each, and go on where they were.
func TestSearchOfArray(t *testing.T) {
	out := filepath.Join(t.TempDir(), "found")
	args := []string{"search", "rsps", "--dataset", "synthetic", "--limit", "24", "--batch", "8", "--epochs", "2", "-C", "4", "-N", "1", "--candidates", "2", "--seed", "5"}
	script := mustCellnet(t, append(args, "--out", out, "--slurm", "--tasks", "2")...)
	for _, want := range []string{"--job-name=cellnet-search\n", "--array=1-2\n", " search rsps --batch=8 ", `--shard="$SLURM_ARRAY_TASK_ID/2" &`} {
		if !strings.Contains(script, want) {
			t.Errorf("want %q in %s", want, script)
		}
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("printing a script made the folder")
	}
	var results [3]sharedResult
	for i, more := range [][]string{{"--out", out, "--shard", "2/2"}, {"--out", out, "--shard", "2/2"}, {"--out", out + "-alone", "--seed", "6"}} {
		if err := json.Unmarshal([]byte(mustCellnet(t, slices.Concat(args, more, []string{"--json"})...)), &results[i]); err != nil {
			t.Fatal(err)
		}
	}
	if log := results[0].Log; log != filepath.Join(out, "seed-0006", "log.jsonl") || results[1].Log != log {
		t.Errorf("the log of a task is %s", log)
	}
	first, again, alone := results[0].Last.Arch.String(), results[1].Last.Arch.String(), results[2].Last.Arch.String()
	if results[0].Seed != 6 || first != again || first != alone {
		t.Errorf("a task found %s, again %s, a search of that seed %s", first, again, alone)
	}
	train := []string{"search", "random", "--train", "--dataset", "synthetic", "--evaluations", "20", "--limit", "20", "-C", "4", "-N", "1", "--epochs", "1", "--out", out}
	script = mustCellnet(t, append(train, "--slurm", "--tasks", "3")...)
	if !strings.Contains(script, "--array=1-3\n") || !strings.Contains(script, " search ") || !strings.Contains(script, " random &\n") || strings.Contains(script, "--shard") {
		t.Errorf("trainings together: %s", script)
	}
	for want, wrong := range map[string][]string{
		"tell the tasks their parts": append(args, "--out", out, "--slurm", "--shard", "1/2"),
		"want a part from 1/2":       append(args, "--out", out, "--shard", "3/2"),
		"--tasks goes with":          append(train, "--tasks", "3"),
		"only a search with --train": {"search", "random", "--dataset", "cifar10", "--slurm"},
	} {
		if r := cellnet(t, wrong...); r.code != exitUsage || !strings.Contains(r.stderr, want) {
			t.Errorf("%q: code %d, %s, want %s", wrong, r.code, r.stderr, want)
		}
	}
}

// Searches by a supernet: to the end, refused, and gone on with.
func TestSearchBySupernet(t *testing.T) {
	small := []string{"--dataset", "synthetic", "--limit", "24", "--batch", "8", "--epochs", "1"}
	for name, more := range map[string][]string{
		"gdas": {"-C", "4", "-N", "1"}, "enas": {"-C", "4", "-N", "1", "--candidates", "2", "--controller-updates", "1", "--controller-samples", "2"},
		"rsps": {"-C", "4", "-N", "1", "--candidates", "2"}, "mask-rl": {"--widths", "4,8"},
	} {
		out := filepath.Join(t.TempDir(), "found")
		args := slices.Concat([]string{"search", name, "--out", out}, small, more)
		var result sharedResult
		if err := json.Unmarshal([]byte(mustCellnet(t, append(args, "--json")...)), &result); err != nil {
			t.Fatal(err)
		}
		if result.Algorithm != name || result.Epochs != 1 || result.Last.Arch.IsZero() || result.Last.Arch.String() != result.Best.Arch.String() {
			t.Errorf("%+v", result)
		}
		for _, file := range []string{"search.json", "log.jsonl", "curves.svg", "architecture.png"} {
			if _, err := os.Stat(filepath.Join(out, file)); err != nil {
				t.Error(err)
			}
		}
		again := mustCellnet(t, "search", name, "--resume", "--out", out)
		if !strings.Contains(again, result.Last.Arch.String()) {
			t.Errorf("gone on with it found\n%s", again)
		}
		if r := cellnet(t, args...); r.code == 0 || !strings.Contains(r.stderr, "--resume") {
			t.Errorf("a second search into the folder: code %d, %s", r.code, r.stderr)
		}
	}
	out := t.TempDir()
	for want, args := range map[string][]string{
		"missing --out":     {"gdas", "--dataset", "cifar10"},
		"missing --dataset": {"gdas", "--out", out},
		"unknown":           {"gdas", "--dataset", "mnist", "--out", out},
		"epochs: 0":         {"setn", "--dataset", "cifar10", "--out", out, "--epochs", "0"},
		"channels: 0":       {"darts-v1", "--dataset", "cifar10", "--out", out, "-C", "0"},
		"cells: 0":          {"darts-v2", "--dataset", "cifar10", "--out", out, "-N", "0"},
		"nodes: 1":          {"darts-v1", "--dataset", "cifar10", "--out", out, "--nodes", "1"},
		"candidates: 0":     {"rsps", "--dataset", "cifar10", "--out", out, "--candidates", "0"},
		"drop path: 1":      {"gdas-v1", "--dataset", "cifar10", "--out", out, "--drop-path", "1"},
		"tau: from 20":      {"gdas", "--dataset", "cifar10", "--out", out, "--tau-min", "20"},
		"warm-up ratio: 0":  {"tas", "--dataset", "cifar10", "--out", out, "--warmup-ratio", "0"},
		"widths: [8 4]":     {"mask-gumbel", "--dataset", "cifar10", "--out", out, "--widths", "8,4"},
		"batch size: 65537": {"gdas", "--dataset", "cifar10", "--out", out, "--batch", "65537"},
		"arch betas":        {"gdas", "--dataset", "cifar10", "--out", out, "--arch-beta1", "1"},
		"momentum: NaN":     {"setn", "--dataset", "cifar10", "--out", out, "--momentum", "NaN"},
		"rate period: -1":   {"enas", "--dataset", "cifar10", "--out", out, "--rate-period", "-1"},
		"lowest rate: -1":   {"tas", "--dataset", "cifar10", "--out", out, "--rate-min", "-1"},
		"--limit: -1":       {"enas", "--dataset", "cifar10", "--out", out, "--limit", "-1"},
	} {
		r := cellnet(t, append([]string{"search"}, args...)...)
		if r.code != exitUsage || r.stdout != "" || !strings.Contains(r.stderr, want) || strings.Count(r.stderr, "\n") != 1 {
			t.Errorf("%q: code %d, %s%s, want %s", args, r.code, r.stdout, r.stderr, want)
		}
	}
}

// TestSearchResultsDontReplaceOthers: results.pth lies where the published plots look
// for it, and may be anything.
func TestSearchResultsDontReplaceOthers(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	args := []string{"search", "random", "--dataset", "cifar10", "--out", out}
	mustCellnet(t, args...)
	mustCellnet(t, args...) // over its own
	results, err := filepath.Glob(filepath.Join(out, "search-tss", "*", "*", "results.pth"))
	if err != nil || len(results) != 1 {
		t.Fatalf("results: %v, %v", results, err)
	}
	if err := os.WriteFile(results[0], []byte("mine"), 0o666); err != nil {
		t.Fatal(err)
	}
	if r := cellnet(t, args...); r.code != exitFailed || !strings.Contains(r.stderr, "--force") {
		t.Errorf("exit code %d, %q", r.code, r.stderr)
	}
	if text := string(readFile(t, results[0])); text != "mine" {
		t.Errorf("the file is now %q", text)
	}
	mustCellnet(t, append(args, "--force")...)
}
