package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cellnet/internal/fixture"
	"cellnet/weights"
)

// nats is a folder of three real records: architectures 0, 11 and 284.
func nats(t *testing.T) string { return fixture.Shared(t, "data/nats/NATS-tss-v1_0-3ffb9-simple") }

func importStore(t *testing.T, file string) string {
	t.Helper()
	store := filepath.Join(t.TempDir(), "store.parquet")
	mustCellnet(t, "bench", "import", file, "-o", store)
	return store
}

func TestQueriesOfStoreAndFilesAgree(t *testing.T) {
	files := nats(t)
	store := importStore(t, files)
	for _, args := range [][]string{
		{"show", "11"},
		{"best", "--dataset", "cifar10", "--set", "valid", "--hp", "12", "--max-flops", "50"},
		{"best", "--dataset", "cifar10", "--set", "valid", "--max-params", "0.01"},
		{"top", "--dataset", "ImageNet16-120", "--set", "test", "--hp", "200", "--limit", "2"},
		{"points", "--dataset", "cifar100", "--set", "train"},
		{"metrics", "--index", "11", "--dataset", "cifar100", "--hp", "200"},
		{"metrics", "11", "--dataset", "cifar100", "--hp", "200", "--set", "test", "--epoch", "199", "--seed", "777"},
		{"metrics", "11", "--dataset", "cifar100", "--hp", "200", "--random", "5"},
		{"metrics", "11", "--dataset", "cifar100", "--mean"},
		{"cost", "11", "--dataset", "cifar10-valid"},
		{"config", "11", "--dataset", "cifar100"},
		{"arch", "11"},
		{"index", "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|"},
		{"trials", "11", "--dataset", "cifar10", "--hp", "200"},
		{"trials", "11", "--dataset", "cifar10", "--hp", "200", "--seed", "888", "--epoch", "3"},
		{"simulate", "11", "--dataset", "cifar10", "--hp", "12", "--random", "1"},
		{"info", "11", "--hp", "200"},
	} {
		for _, format := range []string{"", "--json"} {
			rest := slices.DeleteFunc(append(slices.Clone(args), format), func(s string) bool { return s == "" })
			direct := mustCellnet(t, append([]string{"query", files}, rest...)...)
			stored := mustCellnet(t, append([]string{"query", store}, rest...)...)
			if direct != stored || direct == "" {
				t.Errorf("%q: files: %sstore: %s", rest, direct, stored)
			}
			if format != "" && !json.Valid([]byte(direct)) {
				t.Errorf("%q: no JSON: %s", rest, direct)
			}
		}
	}
}

func TestQueryTakesTheFileInFront(t *testing.T) {
	files := nats(t)
	in := mustCellnet(t, "query", files, "arch", "--index", "284")
	if behind := mustCellnet(t, "query", "arch", files, "284"); in != behind || !strings.HasPrefix(in, "|skip_connect~0|") {
		t.Errorf("got %q and %q", in, behind)
	}
	if alone := mustCellnet(t, "query", files); !strings.Contains(alone, "nats-folder") {
		t.Errorf("query FILE prints %q", alone)
	}
	if help := mustCellnet(t, "query", files, "metrics", "--help"); !strings.Contains(help, "cellnet query [FILE] metrics [ARCH] [flags]") {
		t.Errorf("help of metrics: %s", help)
	}
}

// A folder named like a command is one if a command follows.
func TestQueryOfAFileNamedLikeACommand(t *testing.T) {
	files, err := filepath.Abs(nats(t))
	if err != nil {
		t.Fatal(err)
	}
	want := mustCellnet(t, "query", files, "arch", "284")
	t.Chdir(t.TempDir())
	if err := os.Symlink(files, "trials"); err != nil {
		t.Skip(err)
	}
	for _, args := range [][]string{{"trials", "arch", "284"}, {"arch", "trials", "284"}} {
		if got := mustCellnet(t, append([]string{"query"}, args...)...); got != want {
			t.Errorf("query %q prints %q, want %q", args, got, want)
		}
	}
	trials := []string{"284", "--dataset", "cifar10", "--hp", "12"}
	want = mustCellnet(t, append([]string{"query", files, "trials"}, trials...)...)
	if got := mustCellnet(t, append([]string{"query", "trials", "trials"}, trials...)...); got != want {
		t.Errorf("trials of trials prints %q, want %q", got, want)
	}
}

func TestQueryShowsAll(t *testing.T) {
	files := nats(t)
	text := mustCellnet(t, "query", files, "show")
	lines := mustCellnet(t, "query", files, "show", "--json")
	for _, arch := range []string{"0", "11", "284"} {
		if one := mustCellnet(t, "query", files, "show", arch); !strings.Contains(text, one) {
			t.Errorf("%s is not shown among all:\n%s", arch, one)
		}
		if one := mustCellnet(t, "query", files, "show", arch, "--json"); !strings.Contains(lines, one) {
			t.Errorf("%s is not shown among all as %s", arch, one)
		}
	}
	if n := strings.Count(lines, "\n"); n != 3 {
		t.Errorf("%d architectures, want 3", n)
	}
}

func TestQueryListsAndDraws(t *testing.T) {
	files := nats(t)
	var all []string
	if err := json.Unmarshal([]byte(mustCellnet(t, "query", files, "list", "--json")), &all); err != nil || len(all) != 15625 {
		t.Fatalf("%d architectures, %v", len(all), err)
	}
	table := mustCellnet(t, "query", files, "list")
	if !strings.HasSuffix(table, "15624  "+all[15624]+"\n") {
		t.Errorf("the list ends with %s", table[len(table)-200:])
	}
	var drawn struct {
		Index int
		Arch  string
	}
	// random.seed(7); random.randint(0, 15624)
	if err := json.Unmarshal([]byte(mustCellnet(t, "query", files, "random", "--random", "7", "--json")), &drawn); err != nil || drawn.Index != 5305 || drawn.Arch != all[drawn.Index] {
		t.Errorf("%+v, %v", drawn, err)
	}
}

func TestQueryCompletes(t *testing.T) {
	for _, c := range []struct {
		line string
		want string
	}{
		{"query nb.parquet metrics --dataset ", "ImageNet16-120\n"},
		{"query nb.parquet best --hp ", "200\n"},
		{"query nb.parquet plot scatter --set ", "x-valid\n"},
		{"query nb.parquet ", "statistics\t"},
		{"query nb.parquet me", "metrics\t"},
		{"query nb.parquet metrics ", "resnet\n"},
	} {
		args := append([]string{"__complete"}, strings.Split(c.line, " ")...)
		if got := mustCellnet(t, args...); !strings.Contains(got, c.want) {
			t.Errorf("%q: got %q, want %q in it", c.line, got, c.want)
		}
	}
}

// TestSpelledArchitectures asks for a cell in the spellings of other programs.
func TestSpelledArchitectures(t *testing.T) {
	t.Parallel()
	files := nats(t)
	turned := "|nor_conv_3x3~0|+|avg_pool_3x3~1|nor_conv_3x3~0|+|none~0|nor_conv_3x3~1|avg_pool_3x3~2|"
	for arch, want := range map[string]string{
		"naslib:(2, 2, 1, 4, 2, 4)": "11\n",
		"ops:334034":                "11\n",
		"[[0 0 0 0]\n [3 0 0 0]\n [3 4 0 0]\n [0 3 4 0]]": "11\n",
		turned:           "11\n",
		"|none~0|":       "-1\n",
		"64:64:64:64:64": "-1\n",
	} {
		r := cellnet(t, "query", files, "index", arch)
		if r.stdout != want || r.code != exitOK || strings.Contains(r.stderr, "in order it is index 11") != (arch == turned) {
			t.Errorf("%s: code %d, %s%s, want %s", arch, r.code, r.stdout, r.stderr, want)
		}
	}
	for arch, want := range map[string]string{
		"421211":         "naslib:421211 for",
		"foo":            `unknown cell "foo"`,
		"64:64:64:64:64": "this is the topology space, its architectures are like |",
	} {
		r := cellnet(t, "query", files, "arch", arch)
		if r.code == exitOK || !strings.Contains(r.stderr, want) {
			t.Errorf("%s: code %d, %s, want %s", arch, r.code, r.stderr, want)
		}
	}
	out := mustCellnet(t, "arch", "show", turned)
	if !strings.Contains(out, "not in the benchmark; in order it is index 11\n") {
		t.Error(out)
	}
	if out = mustCellnet(t, "arch", "show", "11"); !strings.Contains(out, "(2, 2, 1, 4, 2, 4)\n") {
		t.Error(out)
	}
}

func TestQueryRefuses(t *testing.T) {
	files := nats(t)
	for _, f := range []failure{
		{[]string{"query", files, "metrics", "11"}, exitUsage,
			"--dataset: missing, want cifar10-valid, cifar10, cifar100 or ImageNet16-120 (see cellnet query metrics --help)"},
		{[]string{"query", files, "metrics", "--index", "x", "--dataset", "cifar10"}, exitUsage,
			`--index: "x" is no whole number from 0 to 2147483647 (see cellnet query metrics --help)`},
		{[]string{"query", files, "metrics", "11", "--index", "3", "--dataset", "cifar10"}, exitUsage,
			`"11" and --index, want one of them (see cellnet query metrics --help)`},
		{[]string{"query", files, "metrics", "11", "--dataset", "cifar10", "--mean", "--seed", "777"}, exitUsage,
			"--mean: does not go with seed (see cellnet query metrics --help)"},
		{[]string{"query", files, "mtrics"}, exitUsage,
			`unknown command "mtrics", did you mean metrics? (see cellnet query --help)`},
		{[]string{"query", files, "arch", "99999"}, exitFailed,
			files + ": architecture 99999, want 0 to 15624: out of range"},
		{[]string{"query", files, "params", "11", "--dataset", "cifar10", "--seed", "777"}, exitUsage,
			"params needs --output (see cellnet query params --help)"},
		{[]string{"bench", "export", files, "-o", "x", "--layout", "y"}, exitUsage,
			`--layout: bench: unknown layout "y", want one of [nas-bench-201 nas-bench-201-archive nats-file nats-folder naslib] (see cellnet bench export --help)`},
	} {
		f.check(t)
	}
}

func TestQueriesOfTrialFiles(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	mustCellnet(t, smallGeneration(out)...)
	store := importStore(t, out)
	again := filepath.Join(t.TempDir(), "own.pickle.pbz2")
	mustCellnet(t, "bench", "export", store, "--layout", "nats-file", "-o", again)
	if text := mustCellnet(t, "query", out, "info"); !strings.Contains(text, "trial-files") || !strings.Contains(text, "2/15625") {
		t.Errorf("info prints %s", text)
	}
	for _, args := range [][]string{{"show", "157", "--json"}, {"show", "0", "--json"}} {
		want := mustCellnet(t, append([]string{"query", out}, args...)...)
		if got := mustCellnet(t, append([]string{"query", store}, args...)...); got != want || !strings.Contains(want, "synthetic") {
			t.Errorf("%q: store: %sfiles: %s", args, got, want)
		}
	}
	net := filepath.Join(t.TempDir(), "net.pth")
	for _, file := range []string{out, filepath.Join(out, "000000-015624-C4-N1-E02", "arch-000157-seed-0888.pth")} {
		failure{[]string{"query", file, "params", "157", "--dataset", "cifar10", "--seed", "888", "--hp", "02", "-o", net}, exitFailed,
			file + ": architecture 157 has no trial on cifar10 with seed 888: not recorded"}.check(t)
	}
}

func TestQueryParamsWritesWeights(t *testing.T) {
	out := filepath.Join(t.TempDir(), "net.pth")
	mustCellnet(t, "query", fixture.Shared(t, "fixtures/bench/archive"), "params", "157", "--dataset", "cifar10", "--seed", "111", "-o", out)
	f, err := weights.OpenFile(out)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
}

func TestBenchExportGivesWhatWasImported(t *testing.T) {
	files := nats(t)
	store := importStore(t, files)
	again := filepath.Join(t.TempDir(), "NATS-tss-v1_0-3ffb9-simple")
	mustCellnet(t, "bench", "export", store, "--layout", "nats-folder", "-o", again)
	want := mustCellnet(t, "query", files, "show", "11", "--json")
	if got := mustCellnet(t, "query", again, "show", "11", "--json"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestQueryPlotsDraw(t *testing.T) {
	files := nats(t)
	for _, args := range [][]string{
		{"curves", "11", "--dataset", "cifar100", "--hp", "200"},
		{"scatter", "--dataset", "cifar10", "--set", "valid"},
		{"ranks", "--set", "test", "--hp", "200"},
	} {
		for extension, start := range map[string]string{".svg": "<?xml", ".png": "\x89PNG"} {
			out := filepath.Join(t.TempDir(), "plot"+extension)
			mustCellnet(t, append(append([]string{"query", files, "plot"}, args...), "-o", out)...)
			picture, err := os.ReadFile(out)
			if err != nil || !strings.HasPrefix(string(picture), start) || len(picture) < 2000 {
				t.Errorf("%q: %d bytes, %v", args, len(picture), err)
			}
		}
	}
	out := filepath.Join(t.TempDir(), "plot.svg")
	failure{[]string{"query", files, "plot", "curves", "5", "--dataset", "cifar10", "-o", out}, exitFailed,
		files + ": writing " + out + ": NATS-tss-v1_0-3ffb9-simple has no record of architecture 5: not recorded"}.check(t)
	if _, err := os.Stat(out); err == nil {
		t.Error("half a picture is left")
	}
	failure{[]string{"query", files, "plot", "crves"}, exitUsage,
		`unknown command "crves", did you mean curves? (see cellnet query plot --help)`}.check(t)
	failure{[]string{"query", files, "plot", "ranks", "--set", "test", "-o", "x.gif"}, exitUsage,
		`--output: want a file .svg or .png, got "x.gif" (see cellnet query plot ranks --help)`}.check(t)
}
