package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cellnet/bench"
	"cellnet/data"
)

func TestCollect(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	out := filepath.Join(dir, "trials")
	mustCellnet(t, smallGeneration(out, "--epochs", "12", "--limit", "16")...)
	at := func(name string) string { return filepath.Join(dir, name) }
	var got collectRecord
	text := mustCellnet(t, "collect", out, "--archive", at("archive"), "--benchmark", at("b.pth"), "--nats", at("n.pickle.pbz2"),
		"--nats-simple", at("simple"), "--nats-full", at("full"), "--latency", "3", "--json")
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	if got.Files != 4 || got.Added != 4 || got.Archs != 2 || len(got.Written) != 5 {
		t.Errorf("printed %s", text)
	}
	for _, path := range got.Written {
		b, err := bench.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		trials, err := b.Trials(157, data.Synthetic, bench.HP12)
		if err != nil || len(trials) != 2 || trials[0].Epochs != 12 || len(trials[0].Latency) != 2 {
			t.Errorf("%s: %v, %v", path, trials, err)
		}
		b.Close()
	}
	if _, err := os.Stat(filepath.Join(at("archive"), "000157-FULL.pth")); err != nil {
		t.Error(err)
	}
	// A further seed goes into the file.
	more := filepath.Join(dir, "more")
	mustCellnet(t, smallGeneration(more, "--epochs", "12", "--limit", "16", "--seeds", "999")...)
	text = mustCellnet(t, "collect", more, out, "--into", at("b.pth"), "--benchmark", at("c.pth"), "--format", "legacy")
	if !strings.Contains(text, "6 trial files with 2 new trials of 2 architectures") {
		t.Errorf("printed %s", text)
	}
	b, err := bench.Open(at("c.pth"))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	r, err := b.Results(157, bench.HP12)
	if err != nil {
		t.Fatal(err)
	}
	if seeds, err := r.SeedsOn(data.Synthetic); err != nil || !slices.Equal(seeds, []int{777, 888, 999}) {
		t.Errorf("seeds are %v, %v", seeds, err)
	}
	// Other results of the same trials are refused, and nothing is written.
	other := filepath.Join(dir, "other")
	mustCellnet(t, smallGeneration(other, "--epochs", "12", "--limit", "16", "--lr", "0.01", "--archs", "157")...)
	failure{
		[]string{"collect", other, "--into", at("c.pth"), "--benchmark", at("d.pth")}, exitFailed,
		"2 trials are recorded twice, and differently: architecture 157 by recipe 12 on synthetic with seed 777; architecture 157 by recipe 12 on synthetic with seed 888" +
			": leave out the folder, or the benchmark, whose records are not wanted",
	}.check(t)
	if _, err := os.Stat(at("d.pth")); err == nil {
		t.Error("a file was written")
	}
}

func TestCollectFailures(t *testing.T) {
	dir := t.TempDir()
	see := " (see cellnet collect --help)"
	for _, f := range []failure{
		{[]string{"collect"}, exitUsage, "missing argument DIR" + see},
		{[]string{"collect", dir}, exitUsage, "collect needs one or more of --archive, --benchmark, --nats, --nats-simple, --nats-full" + see},
		{[]string{"collect", dir, "--benchmark", "x.pth"}, exitFailed, "collecting from [" + dir + "]: no trial files, such as arch-000157-seed-0777.pth"},
		{[]string{"collect", dir, "--benchmark", "x.pth", "--latency", "-1"}, exitUsage, "--latency: -1 batches, want 0 or more" + see},
	} {
		f.check(t)
	}
}
