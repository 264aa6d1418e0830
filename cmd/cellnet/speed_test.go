package main

import (
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"cellnet/internal/speed"
)

func TestSpeedJSON(t *testing.T) {
	for _, tt := range []struct {
		args        []string
		train, eval bool
	}{
		{nil, true, true},
		{[]string{"--train"}, true, false},
		{[]string{"--eval"}, false, true},
		{[]string{"--train", "--eval"}, true, true},
	} {
		args := append([]string{"speed", "all_idnt", "11", "--batch", "2", "--seconds", "0", "--threads", "1", "--json"}, tt.args...)
		lines := strings.Split(strings.TrimSpace(mustCellnet(t, args...)), "\n")
		if len(lines) != 2 {
			t.Fatalf("cellnet %q printed %d lines", args, len(lines))
		}
		for _, line := range lines {
			var keys map[string]any
			var r speed.Record
			if err := json.Unmarshal([]byte(line), &keys); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal([]byte(line), &r); err != nil {
				t.Fatal(err)
			}
			for _, key := range []string{"arch", "train", "eval", "train_gflops", "eval_gflops", "peak_gflops", "rss_mb"} {
				if _, ok := keys[key]; !ok {
					t.Errorf("cellnet %q: no %s in %s", args, key, line)
				}
			}
			if (r.Train != nil) != tt.train || (r.Eval != nil) != tt.eval || !(r.Peak > 0) {
				t.Errorf("cellnet %q printed %s", args, line)
			}
		}
	}
}

func TestSpeedTable(t *testing.T) {
	const processors = 3
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
	out := mustCellnet(t, "speed", "all_idnt", "|none~0|", "--eval", "--batch", "3", "--seconds", "0", "--threads", "1")
	for _, want := range []string{"threads 1, batch 3, peak ", "eval images/s", "  |skip_connect~0|+|skip_connect~0|skip_connect~1|", "-  ", "  |none~0|\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if strings.Contains(out, "train images/s") {
		t.Errorf("training was not asked for:\n%s", out)
	}
	if after := runtime.GOMAXPROCS(0); after != processors {
		t.Errorf("GOMAXPROCS is %d after the command, it was %d", after, processors)
	}
}

func TestSpeedErrors(t *testing.T) {
	for _, f := range []failure{
		{[]string{"speed", "--batch", "0"}, exitUsage, "--batch 0: want 1 to 65536 (see cellnet speed --help)"},
		{[]string{"speed", "--batch", "99999999999"}, exitUsage, "--batch 99999999999: want 1 to 65536 (see cellnet speed --help)"},
		{[]string{"speed", "--threads", "0"}, exitUsage, fmt.Sprintf("--threads 0: want 1 to %d, the processors that are here (see cellnet speed --help)", mostThreads())},
		{[]string{"speed", "--seconds", "-1"}, exitUsage, "--seconds -1: want 0 to 3600 (see cellnet speed --help)"},
		{[]string{"speed", "--seconds", "NaN"}, exitUsage, "--seconds NaN: want 0 to 3600 (see cellnet speed --help)"},
		{[]string{"speed", "11", "rsnet"}, exitUsage, "cell: unknown cell \"rsnet\", did you mean resnet? (see cellnet speed --help)"},
	} {
		f.check(t)
	}
	t.Setenv("CELLNET_ISA", "sse")
	failure{[]string{"speed"}, exitFailed, `reading CELLNET_ISA: unknown instruction set "sse": use one of generic, avx2, avx512`}.check(t)
}

func TestSearchSpeed(t *testing.T) {
	small := []string{"-C", "2", "-N", "1", "--batch", "2", "--seconds", "0", "--threads", "1"}
	out := mustCellnet(t, append([]string{"search", "speed", "rsps", "enas", "--steps-only", "--json"}, small...)...)
	for i, line := range strings.Split(strings.TrimSpace(out), "\n") {
		var s searchSpeed
		if err := json.Unmarshal([]byte(line), &s); err != nil {
			t.Fatal(err)
		}
		if want := []string{"rsps", "enas"}[i]; s.Algorithm != want || !(s.Step > 0) || s.Epoch != nil || s.Candidate != nil || s.Validation != nil {
			t.Errorf("measured %s, want steps of %s alone", line, want)
		}
	}
	out = mustCellnet(t, append([]string{"search", "speed", "gdas", "--dataset", "synthetic"}, small...)...)
	if !strings.Contains(out, "synthetic, threads 1, batch 2\n") || !strings.Contains(out, "  gdas\n") || strings.Contains(out, "-  ") {
		t.Errorf("printed\n%s", out)
	}
	for _, tt := range []struct{ args, want string }{
		{"random", `unknown algorithm "random", want one of darts-v1, `},
		{"gdas -C 0", "channels: 0, want 1 or more"},
		{"gdas --dataset folder", "--dataset: pictures of one's own"},
		{"gdas --dataset mnist", "--dataset: "},
		{"gdas --batch 0", "--batch 0: want 1 to"},
	} {
		r := cellnet(t, append([]string{"search", "speed"}, strings.Fields(tt.args)...)...)
		if r.code != exitUsage || !strings.Contains(r.stderr, tt.want) {
			t.Errorf("%s: exit code %d, %s, want %s", tt.args, r.code, r.stderr, tt.want)
		}
	}
}
