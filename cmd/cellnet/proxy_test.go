package main

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cellnet/proxies/table"
)

// TestProxy prints scores of built-in images as JSON, undefined ones with their
// reason.
func TestProxy(t *testing.T) {
	t.Parallel()
	out := mustCellnet(t, "proxy", "157", "|none~0|", "--measures", "synflow,zen,params", "-C", "4", "-N", "1", "--batch", "4", "--seed", "3", "--json")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) != 2 {
		t.Fatalf("%d lines: %s", len(lines), out)
	}
	var records [2]struct {
		Arch    string
		Index   *int
		Scores  map[string]*float64
		Reasons map[string]string
	}
	for i, line := range lines {
		if err := json.Unmarshal([]byte(line), &records[i]); err != nil {
			t.Fatal(err)
		}
	}
	if r := records[0]; r.Index == nil || *r.Index != 157 || len(r.Scores) != 3 || r.Scores["zen"] == nil || r.Reasons != nil {
		t.Errorf("%s", lines[0])
	}
	if r := records[1]; r.Index != nil || r.Scores["zen"] != nil || r.Reasons["zen"] == "" || *r.Scores["synflow"] != 0 {
		t.Errorf("%s", lines[1])
	}
	text := mustCellnet(t, "proxy", "8:8:8:8:8", "--measures", "nwot", "--batch", "4", "--seed", "1")
	if !strings.Contains(text, "nwot") || !strings.Contains(text, "8:8:8:8:8 (index 0)") {
		t.Errorf("%s", text)
	}
}

// TestProxyTable writes tables of both formats, goes on from a journal, and
// correlates.
func TestProxyTable(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	args := []string{"proxy", "--measures", "flops,params,swap", "-C", "4", "-N", "1", "--batch", "4"}
	run := func(out string, more ...string) string {
		return mustCellnet(t, append(append(args, "--out", filepath.Join(dir, out)), more...)...)
	}
	run("a.csv", "--archs", "0-9")
	run("a.parquet", "--archs", "0-9")
	var tables [2]*table.Table
	for i, name := range []string{"a.csv", "a.parquet"} {
		var err error
		if tables[i], err = table.Open(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(filepath.Join(dir, name+".part")); err == nil {
			t.Errorf("the journal of %s is left", name)
		}
	}
	for _, m := range []string{"flops", "params", "swap"} {
		a, b := tables[0].Column(m), tables[1].Column(m)
		for i := range a {
			if len(a) != 10 || a[i] != b[i] {
				t.Errorf("%s: %v and %v", m, a, b)
				break
			}
		}
	}
	// A journal that another walk with the same settings has left.
	again := filepath.Join(dir, "b.csv")
	if r := cellnet(t, append(args, "--archs", "0-4", "--out", filepath.Join(dir, "none", "b.csv"))...); r.code != exitFailed || strings.Count(r.stderr, "\n") != 1 {
		t.Errorf("into no folder: code %d, %s", r.code, r.stderr)
	}
	if err := os.WriteFile(again+".part", []byte("{\"preset\":\"naslib\",\"dataset\":\"\",\"images\":1,\"images_sha256\":\"\",\"shape\":\"\",\"measures\":null}\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if r := cellnet(t, append(args, "--archs", "0-4", "--out", again)...); r.code != exitFailed || !strings.Contains(r.stderr, "other settings") {
		t.Errorf("other settings: code %d, %s", r.code, r.stderr)
	}
	plot := filepath.Join(dir, "a.svg")
	out := mustCellnet(t, "proxy", "correlate", filepath.Join(dir, "a.parquet"), "--dataset", "cifar10", "-o", plot, "--json")
	var first struct {
		Measure  string
		Spearman float64
		N        int
	}
	if err := json.Unmarshal([]byte(strings.SplitN(out, "\n", 2)[0]), &first); err != nil || first.Measure != "flops" || first.N != 10 || math.Abs(first.Spearman) > 1 {
		t.Errorf("%v: %s", err, out)
	}
	if svg, err := os.ReadFile(plot); err != nil || !strings.Contains(string(svg), "<svg") {
		t.Errorf("%v", err)
	}
}

// TestProxyParts scores in parts, of which one is stopped; the command without parts
// joins them and scores what is left.
func TestProxyParts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	args := []string{"proxy", "--measures", "flops,swap", "-C", "4", "-N", "1", "--batch", "4", "--archs", "0-9", "--seed", "7", "--jobs", "1"}
	to := func(name string, more ...string) []string {
		return slices.Concat(args, []string{"--out", filepath.Join(dir, name)}, more)
	}
	mustCellnet(t, to("whole.csv")...)
	if out := mustCellnet(t, to("a.csv", "--shard", "2/3")...); !strings.Contains(out, "scored 3 architectures") || !strings.Contains(out, "without --shard writes") {
		t.Errorf("a part says %s", out)
	}
	mustCellnet(t, to("a.csv", "--shard", "1/3")...)
	half := filepath.Join(dir, "a.csv.part-1-of-3")
	journal, err := os.ReadFile(half)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(half, journal[:len(journal)-20], 0o666); err != nil { // killed in the midst of a line
		t.Fatal(err)
	}
	script := mustCellnet(t, to("a.csv", "--slurm", "--tasks", "9")...)
	for _, want := range []string{"--array=1-4\n", " proxy --archs=0-9 --batch=4 ", `--shard="$SLURM_ARRAY_TASK_ID/4" &`} { // of 10, 3 are done by each part, less the half one
		if !strings.Contains(script, want) {
			t.Errorf("want %q in %s", want, script)
		}
	}
	if strings.Contains(script, "--slurm") || strings.Contains(script, "--tasks") {
		t.Errorf("the tasks print scripts: %s", script)
	}
	if manifest := mustCellnet(t, to("a.csv", "--kubernetes", "--tasks", "2")...); !strings.Contains(manifest, `"--shard=/2"`) || !strings.Contains(manifest, `"cellnet-proxy"`) {
		t.Errorf("manifest %s", manifest)
	}
	mustCellnet(t, to("a.csv", "--shard", "2/2")...)                                                                               // of another division: what the others have is not scored again
	if other, err := os.ReadFile(filepath.Join(dir, "a.csv.part-2-of-2")); err != nil || strings.Count(string(other), "\n") != 3 { // 5 and 9
		t.Errorf("scored again: %s, %v", other, err)
	}
	mustCellnet(t, to("a.csv")...)
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(names) != 2 {
		t.Errorf("left in the folder: %v, %v", names, err)
	}
	var texts [2]string
	for i, name := range []string{"whole.csv", "a.csv"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		texts[i] = string(text)
	}
	if texts[0] != texts[1] {
		t.Errorf("joined parts:\n%s\nwant\n%s", texts[1], texts[0])
	}
	for _, wrong := range [][]string{{"proxy", "157", "--shard", "1/2"}, to("b.csv", "--shard", "3/2"), to("b.csv", "--shard", "1/2", "--slurm"), {"proxy", "157", "--slurm"}} {
		if r := cellnet(t, wrong...); r.code != exitUsage {
			t.Errorf("%q: code %d, %s", wrong, r.code, r.stderr)
		}
	}
}

// TestProxyRefusals: a line, and the exit code of a wrong use.
func TestProxyRefusals(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args string
		want string
	}{
		{"", "ARCH"},
		{"157 --measures best", "there are grad_norm"},
		{"157 --preset best", "there are benchmark"},
		{"157 --out scores.txt", ".parquet or .csv"},
		{"157 --seed many", "no seed"},
		{"|none~0| --measures flops", "give --seed"},
		{"157 --jobs -1", "--jobs"},
		{"157 --dataset mnist", "--dataset"},
		{"correlate x.csv", "--dataset"},
		{"correlate x.csv --dataset cifar10 --set best", "--set"},
	} {
		r := cellnet(t, append([]string{"proxy"}, strings.Fields(c.args)...)...)
		if r.code != exitUsage || !strings.Contains(r.stderr, c.want) {
			t.Errorf("%q: code %d, %s, want %s", c.args, r.code, r.stderr, c.want)
		}
	}
	r := cellnet(t, "proxy", "157", "--measures", "nwot", "--batch", "1")
	if r.code != exitFailed || !strings.Contains(r.stderr, "needs 2 or more") || strings.Count(r.stderr, "\n") != 1 {
		t.Errorf("one image: code %d, %s", r.code, r.stderr)
	}
}
