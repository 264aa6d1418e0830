package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cellnet/internal/fixture"
)

// TestWordsForForeignFiles has what people give for a benchmark or for weights.
func TestWordsForForeignFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, c := range map[string]struct{ content, want string }{
		"page.pth":    {"<!DOCTYPE html><html>Quota exceeded", "it is an HTML page: the download failed"},
		"pointer.pth": {"version https://git-lfs.github.com/spec/v1\noid sha256:0", "it is a Git LFS pointer"},
		"net.pth.gz":  {"\x1f\x8b\x08\x00", "it is packed with gzip: unpack it first"},
		"all.tar":     {strings.Repeat("\x00", 257) + "ustar\x00" + strings.Repeat("\x00", 300), "it is a tar archive: unpack it first"},
		"all.taraa":   {strings.Repeat("\x00", 257) + "ustar\x00", "join the pieces"},
		"all.tarab":   {"anything", "join the pieces"},
		"empty.pth":   {"", "the file is empty"},
		"notes.pth":   {"hello", "neither"},
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(c.content), 0o666); err != nil {
			t.Fatal(err)
		}
		for _, args := range [][]string{{"query", path, "info"}, {"weights", "show", path}} {
			want := c.want
			if args[0] == "query" && want == "neither" {
				want = "not a benchmark file"
			}
			r := cellnet(t, args...)
			if r.code != exitFailed || !strings.Contains(r.stderr, want) || strings.Count(r.stderr, "\n") != 1 {
				t.Errorf("%q: code %d, %s, want %s", args, r.code, r.stderr, want)
			}
		}
	}
}

// TestFolderInAFolder opens what unpacking leaves.
func TestFolderInAFolder(t *testing.T) {
	t.Parallel()
	outer := t.TempDir()
	inner, err := filepath.Abs(nats(t))
	if err != nil {
		t.Fatal(err)
	}
	copyFolder := func(name string) {
		if err := os.CopyFS(filepath.Join(outer, name), os.DirFS(inner)); err != nil {
			t.Fatal(err)
		}
	}
	copyFolder("NATS-tss")
	if got, want := mustCellnet(t, "query", outer, "arch", "11"), mustCellnet(t, "query", inner, "arch", "11"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	copyFolder("NATS-again")
	if r := cellnet(t, "query", outer, "arch", "11"); r.code != exitFailed || !strings.Contains(r.stderr, "several benchmarks are in the folder") {
		t.Errorf("code %d, %s", r.code, r.stderr)
	}
}

// TestWordsOfQueries has the dataset of CIFAR-10's validation, names in any case, and
// what is missing.
func TestWordsOfQueries(t *testing.T) {
	t.Parallel()
	files := nats(t)
	const note = "the validation of cifar10 is recorded as cifar10-valid"
	for _, command := range []string{"metrics", "best", "top", "points"} {
		args := func(dataset string, more ...string) []string {
			line := []string{"query", files, command, "--dataset", dataset, "--set", "valid", "--json"}
			if command == "metrics" {
				line = append(line, "11")
			}
			return append(line, more...)
		}
		asked, recorded := cellnet(t, args("cifar10")...), cellnet(t, args("CIFAR10-valid")...)
		if asked.code != exitOK || asked.stdout != recorded.stdout || !strings.Contains(asked.stderr, note) || recorded.stderr != "" {
			t.Errorf("%s: %+v and %+v", command, asked, recorded)
		}
	}
	for dataset, want := range map[string]string{
		"imagenet16": "ImageNet16-120, recipe of 200 epochs\n", "CIFAR100": "cifar100, recipe of 200 epochs\n",
	} {
		for _, set := range [][]string{nil, {"--set", "test"}} {
			out := mustCellnet(t, append([]string{"query", files, "metrics", "11", "--dataset", dataset, "--hp", "200"}, set...)...)
			if !strings.HasPrefix(out, want) {
				t.Errorf("%s: %s", dataset, out)
			}
		}
	}
	for _, f := range []failure{
		{[]string{"query", files, "params", "11", "--dataset", "cifar10", "-o", "x.pth"}, exitUsage,
			"--seed: missing, want the seed of a trial (see cellnet query params --help)"},
		{[]string{"query", files, "index"}, exitUsage,
			"--arch: missing, want the string of an architecture (see cellnet query index --help)"},
		{[]string{"query", files, "arch"}, exitUsage,
			"--index: missing, want the index or the string of an architecture (see cellnet query arch --help)"},
	} {
		f.check(t)
	}
}

// TestNotANumber predicts with weights that have a NaN.
func TestNotANumber(t *testing.T) {
	t.Parallel()
	file := fixture.Shared(t, "fixtures/userfiles/nan.pth")
	picture := filepath.Join(t.TempDir(), "cell.png")
	mustCellnet(t, "arch", "draw", "11", "-o", picture)
	r := cellnet(t, "predict", picture, "--weights", file, "--arch", "11", "--json")
	if r.code != exitOK || !strings.Contains(r.stdout, `"probability":null`) || !strings.Contains(r.stderr, "NaN") {
		t.Errorf("%+v", r)
	}
	if r = cellnet(t, "predict", picture, "--weights", file, "--arch", "11"); r.code != exitOK || !strings.Contains(r.stdout, "not a number") {
		t.Errorf("%+v", r)
	}
}

// TestParamsNameTheNetwork writes weights that need no --arch.
func TestParamsNameTheNetwork(t *testing.T) {
	t.Parallel()
	archive := fixture.Shared(t, "fixtures/bench/archive")
	out := filepath.Join(t.TempDir(), "net.pth")
	mustCellnet(t, "query", archive, "params", "157", "--dataset", "cifar10", "--seed", "111", "-o", out)
	var r struct {
		Networks []struct {
			Index, Seed, HP int
			Dataset         string
		}
	}
	decode(t, mustCellnet(t, "weights", "show", out, "--json"), &r)
	if len(r.Networks) != 1 || r.Networks[0].Index != 157 || r.Networks[0].Seed != 111 || r.Networks[0].HP != 12 || r.Networks[0].Dataset != "cifar10" {
		t.Errorf("%+v", r.Networks)
	}
}

func decode(t *testing.T, text string, v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}
