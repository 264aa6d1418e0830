package netfile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cellnet/cell"
	"cellnet/cell/spec"
	"cellnet/cell/twocell"
)

func params(n spec.Network) int {
	sum := 0
	for t := range n.Tensors() {
		if t.Kind.Learnable() {
			sum += t.Len()
		}
	}
	return sum
}

func TestRead(t *testing.T) {
	first := -1
	none := 7
	open := Options{C: 3, N: 1, StemMultiplier: 3, Classes: 10}
	with := func(change func(o *Options)) Options {
		o := open
		change(&o)
		return o
	}
	for _, c := range []struct {
		name, file string
		options    Options
		params     int // 0 to leave them out
		err        string
	}{
		{"checkpoint", "search.pth", with(func(o *Options) { o.C = 8 }), 8490, ""},
		{"checkpoint of an epoch", "search.pth", with(func(o *Options) { o.Classes, o.Epoch = 7, &first }), 7093, ""},
		{"no such epoch", "search.pth", with(func(o *Options) { o.Epoch = &none }), 0, "there is no genotype of epoch 7"},
		{"published", "published.config", with(func(o *Options) { o.Genotype = "testdata/search.pth" }), 8490, ""},
		{"published with a name", "published.config", with(func(o *Options) { o.Genotype = "DARTS_V2" }), 8490, ""},
		{"published with an epoch of none", "published.config", with(func(o *Options) { o.Genotype, o.Epoch = "DARTS_V2", &none }), 0, "DARTS_V2 is none of a search: it has no epoch 7"},
		{"published with an epoch of a file", "published.config", with(func(o *Options) { o.Genotype, o.Epoch = "testdata/genotype.json", &none }), 0, "no search's checkpoint: it has no epoch 7"},
		{"published without a genotype", "published.config", open, 0, "give it with --genotype"},
		{"published with no genotype", "published.config", with(func(o *Options) { o.Genotype = "no" }), 0, "reading genotype no"},
		{"record", "record.json", with(func(o *Options) { o.Classes = 7 }), 7093, ""},
		{"record of other classes", "record.json", open, 0, "the network has 7 classes, the dataset has 10"},
		{"genotype", "genotype.json", with(func(o *Options) { o.Classes = 7 }), 7093, ""},
		{"no channels", "genotype.json", with(func(o *Options) { o.C = 0 }), 0, "0 channels"},
		{"no file", "none.json", open, 0, "reading testdata/none.json"},
	} {
		t.Run(c.name, func(t *testing.T) {
			n, _, err := Read("testdata/"+c.file, c.options)
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) || strings.Contains(err.Error(), "\n") {
					t.Errorf("%v, want an error with %q", err, c.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := params(n); c.params != 0 && got != c.params {
				t.Errorf("%d parameters, want %d", got, c.params)
			}
		})
	}
}

func TestBadFiles(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct{ text, err string }{
		"empty":    {"", "the file is empty"},
		"list":     {" [1]", "want a JSON object"},
		"cut":      {"{", "want a JSON object"},
		"binary":   {"\x80\x02}q\x00.", "neither JSON nor a search's checkpoint"},
		"garbage":  {"hello", "hello"},
		"other":    {`{"super_type": ["str", "basic"]}`, "super_type"},
		"unknown":  {`{"super_type": ["str", "infer-nasnet.cifar"], "C": ["int", "1"], "N": ["int", "1"], "stem_multi": ["int", "1"], "auxiliary": ["bool", "0"], "x": 1}`, "config file"},
		"surplus":  {`{"super_type": ["str", "infer-nasnet.cifar"], "C": ["int", "1"], "N": ["int", "1"], "stem_multi": ["int", "1"], "auxiliary": ["bool", "0"], "x": ["int", "1"]}`, `unknown key "x"`},
		"missing":  {`{"super_type": ["str", "infer-nasnet.cifar"], "C": ["int", "1"]}`, "layers or N"},
		"fraction": {`{"super_type": ["str", "infer-nasnet.cifar"], "C": ["int", "1.5"]}`, "no whole number"},
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(c.text), 0o666); err != nil {
			t.Fatal(err)
		}
		_, _, err := Read(path, Options{Genotype: "DARTS_V1", Classes: 10, C: 1, N: 1, StemMultiplier: 1})
		if err == nil || !strings.Contains(err.Error(), c.err) && name != "garbage" {
			t.Errorf("%s: %v, want an error with %q", name, err, c.err)
		}
	}
}

func TestOfGenotype(t *testing.T) {
	n, err := OfGenotype("DARTS_V1", Options{C: 4, N: 1, StemMultiplier: 3, Classes: 10})
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := n.(twocell.Network); !ok {
		t.Errorf("a %T", n)
	}
	if _, ok := n.(cell.Network); ok {
		t.Error("a network of one cell")
	}
	if _, err := OfGenotype("SETN", Options{}); err == nil {
		t.Error("an unknown name is taken")
	}
}

// FuzzRead: a file of any bytes gives a valid network or an error of one line, which
// names it.
func FuzzRead(f *testing.F) {
	files, err := filepath.Glob("testdata/*")
	if err != nil || len(files) == 0 {
		f.Fatal(files, err)
	}
	for _, file := range files {
		if info, err := os.Stat(file); err != nil || !info.Mode().IsRegular() {
			continue
		}
		content, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(content)
	}
	path := filepath.Join(f.TempDir(), "network")
	f.Fuzz(func(t *testing.T, content []byte) {
		if err := os.WriteFile(path, content, 0o666); err != nil {
			t.Fatal(err)
		}
		n, _, err := Read(path, Options{C: 3, N: 1, StemMultiplier: 3, Classes: 10, Genotype: "DARTS_V1"})
		if err != nil {
			if text := err.Error(); strings.Contains(text, "\n") || !strings.Contains(text, path) {
				t.Fatalf("%q", text)
			}
			return
		}
		if err := n.Validate(); err != nil {
			t.Fatal(err)
		}
	})
}
