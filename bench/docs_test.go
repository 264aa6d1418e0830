package bench

import (
	"cmp"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cellnet/bench/record"
	"cellnet/data"
	"cellnet/internal/fixture"
)

// example gives the code of a language in docs/benchmark.md.
func example(t *testing.T, language string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "docs", "benchmark.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(text), "```"+language+"\n")
	code, _, closed := strings.Cut(rest, "```")
	if !ok || !closed {
		t.Fatalf("docs/benchmark.md has no example in %s", language)
	}
	return code
}

// runExample runs a program in Python in a folder with a store, if Python has the
// modules, and gives the lines that it prints and the store.
func runExample(t *testing.T, program string, modules ...string) ([]string, *Benchmark) {
	t.Helper()
	const python = "/usr/bin/python3"
	for _, module := range modules {
		if err := exec.Command(python, "-c", "import "+module).Run(); err != nil {
			t.Skipf("needs %s with %s: %v", python, strings.Join(modules, " and "), err)
		}
	}
	dir := t.TempDir()
	store := filepath.Join(dir, "nb201.parquet")
	if err := Import(mustOpen(t, fixture.Shared(t, "fixtures/bench/mini/NAS-Bench-201-v1_1-mini.pth")), store, nil); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "-c", program)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n"), mustOpen(t, store)
}

func TestExampleOfDuckDB(t *testing.T) {
	lines, b := runExample(t, fmt.Sprintf("import duckdb\nfor row in duckdb.sql('''%s''').fetchall(): print(row[0], row[2])", example(t, "sql")), "duckdb")
	var want []Candidate
	for c, err := range b.Candidates(BestQuery{Dataset: data.CIFAR100, Set: data.OriTest, HP: HP200, MaxFLOPs: record.NumberOf(60)}) {
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, c)
	}
	slices.SortStableFunc(want, func(x, y Candidate) int { return cmp.Compare(y.Accuracy, x.Accuracy) })
	want = want[:min(5, len(want))]
	if len(lines) != len(want) {
		t.Fatalf("got %q, want %v", lines, want)
	}
	for i, line := range lines {
		var index int
		var top1 float64
		if _, err := fmt.Sscan(line, &index, &top1); err != nil || index != want[i].Index || math.Abs(top1-want[i].Accuracy) > 1e-9 {
			t.Errorf("got %q, want %+v", line, want[i])
		}
	}
}

func TestExampleOfPandas(t *testing.T) {
	program := "import pandas\ntrials = " + strings.TrimSpace(example(t, "python")) +
		"\nfor t in trials.itertuples(): print(t.arch_index, t.seed, repr(float(t.ori_test_top1)), repr(float(t.flops_m)))"
	lines, b := runExample(t, program, "pandas", "pyarrow")
	var want []string
	for _, index := range b.Stored() {
		trials, err := b.Trials(index, data.CIFAR10, HP200)
		if err != nil {
			t.Fatal(err)
		}
		for _, trial := range trials {
			m, err := trial.Metrics(data.OriTest, Epoch{})
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, fmt.Sprint(index, trial.Seed, m.Accuracy, trial.FLOPs))
		}
	}
	slices.Sort(lines)
	slices.Sort(want)
	if !slices.Equal(lines, want) {
		t.Errorf("got %q, want %q", lines, want)
	}
}
