package output

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cellnet/internal/usage"
)

// heads begin files of the kinds.
var heads = map[Kind]string{
	empty: "", unknown: "text", Weights: "PK\x03\x04 archive/data.pkl", TorchBenchmark: "PK\x03\x04 meta_archs",
	trialFile: "PK\x03\x04 train_acc1es", NATSBenchmark: "BZh91AY", Store: "PAR1", Safetensors: "\x02\x00\x00\x00\x00\x00\x00\x00{}",
	SearchResults: "PK\x03\x04 all_archs",
	SVG:           "<?xml version=\"1.0\"?>\n<svg/>", PNG: "\x89PNG\r\n\x1a\n", DOT: "digraph cell {}", Records: "{\"seed\": 1}\n",
}

func put(t *testing.T, path string, k Kind) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(heads[k]), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestOtherKindsAreKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	for there := range heads {
		put(t, path, there)
		for _, k := range []Kind{Weights, Safetensors, TorchBenchmark, NATSBenchmark, Store, SVG, PNG, DOT, Records, SearchResults} {
			err := Check(false, []Target{{path, k}})
			if wanted := there == k || there == empty; wanted != (err == nil) {
				t.Errorf("%v over %v: %v", k, there, err)
			}
			if err != nil && !strings.Contains(err.Error(), "--force") {
				t.Errorf("%v over %v: %v names no way", k, there, err)
			}
			if err := Check(true, []Target{{path, k}}); err != nil {
				t.Errorf("%v over %v by force: %v", k, there, err)
			}
		}
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 1 {
		t.Errorf("%d files are left, %v", len(entries), err)
	}
}

func TestOutputIsNoInput(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	in := put(t, filepath.Join(dir, "in"), Store)
	folder := filepath.Join(dir, "folder")
	if err := os.Mkdir(folder, 0o777); err != nil {
		t.Fatal(err)
	}
	member := put(t, filepath.Join(folder, "member"), Store)
	put(t, filepath.Join(folder, "picture"), SVG)
	for link, to := range map[string]string{"link": "in", "links": "link", "there": "folder"} {
		if err := os.Symlink(to, link); err != nil {
			t.Skip(err)
		}
	}
	if err := os.Link(in, "hard"); err != nil {
		t.Skip(err)
	}
	for _, c := range []struct {
		path   string
		inputs []string
		kind   Kind
		ok     bool
	}{
		{in, []string{"in"}, Store, false},
		{"in", []string{"none", in}, Store, false},
		{"folder/../in", []string{"in"}, Store, false},
		{"links", []string{"in"}, Store, false},
		{"in", []string{"links"}, Store, false},
		{"hard", []string{"in"}, Store, false},
		{"there/member", []string{"folder"}, Store, false},
		{member, []string{"there"}, Store, false},
		{"folder/picture", []string{"folder"}, SVG, true}, // which nobody reads
		{"folder/new", []string{"folder"}, Store, true},
		{"in", []string{"folder"}, Store, true},
	} {
		for _, force := range []bool{false, true} {
			err := Check(force, []Target{{c.path, c.kind}}, c.inputs...)
			var faulty usage.Error
			if c.ok != (err == nil) || err != nil && !errors.As(err, &faulty) {
				t.Errorf("%s of %v, force %v: %v", c.path, c.inputs, force, err)
			}
		}
	}
	if got, err := os.ReadFile(in); string(got) != heads[Store] {
		t.Errorf("the input is %q, %v", got, err)
	}
}

func TestTargets(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	file := put(t, "file", Store)
	for want, targets := range map[string][]Target{
		"":                  {{"x", Store}, {"y", SVG}, {"z", Folder}},
		"written twice":     {{"x", Store}, {filepath.Join(dir, "x"), SVG}},
		"is a directory":    {{".", Store}},
		"no such file":      {{"missing/x", Store}},
		"not a directory":   {{"file/x", Store}},
		"is no folder":      {{"file/x", Folder}},
		"no such file or d": {{"missing/x", Folder}},
		"already exists":    {{file, Folder}},
	} {
		err := Check(false, targets)
		if (want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", targets, err, want)
		}
	}
	if err := Check(false, []Target{{file, Folder}}); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a folder that is there: %v", err)
	}
	if err := Check(false, []Target{{os.DevNull, Store}}); err != nil {
		t.Errorf("a device: %v", err)
	}
}
