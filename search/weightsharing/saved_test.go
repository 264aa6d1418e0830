package weightsharing

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cellnet/cell/supernet"
	"cellnet/weights"
)

func readSaved(t *testing.T, path string) *Saved {
	t.Helper()
	f, err := weights.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s, err := ReadSaved(f)
	if err != nil || s == nil {
		t.Fatalf("%s: %v, %v", path, s, err)
	}
	return s
}

// choices are a saved search's as text.
func choices(s *Saved) string {
	var all []string
	for _, c := range s.Choices {
		text := fmt.Sprintf("%d %v", c.Epoch, c.Arch)
		if c.Validation != nil {
			text += fmt.Sprintf(" %g", *c.Validation)
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}

// Files as the published program writes them, by testdata/generate_published.py.
func TestPublishedCheckpointsAreRead(t *testing.T) {
	const first = "|nor_conv_3x3~0|+|none~0|nor_conv_1x1~1|+|skip_connect~0|nor_conv_3x3~1|avg_pool_3x3~2|"
	const skips = "|skip_connect~0|+|skip_connect~0|skip_connect~1|+|skip_connect~0|skip_connect~1|skip_connect~2|"
	for _, c := range []struct {
		name, choices string
		epochs        int
		controller    bool
	}{
		{"gdas", "-1 " + first + ", 0 " + first + " 30, 1 " + skips + " 31", 2, false},
		{"enas", "-1 " + first + ", 0 " + skips + " 30", 1, true},
		{"tas", "-1 2:2:4:6:8, 0 2:4:4:6:8 30", 1, false},
	} {
		s := readSaved(t, filepath.Join("testdata", "published-"+c.name+".pth"))
		if s.Algorithm != c.name || s.Epochs != c.epochs || choices(s) != c.choices || (s.Controller != nil) != c.controller {
			t.Errorf("%s: %s, %d epochs, controller %v, chosen %s", c.name, s.Algorithm, s.Epochs, s.Controller != nil, choices(s))
		}
		if c.name == "tas" {
			if size := s.Widths.Size(); s.Cells != nil || fmt.Sprint(size.Candidates) != "[2 4 6 8]" || size.Widths != 5 || size.Affine || size.Track {
				t.Errorf("%s: %+v", c.name, size)
			}
			continue
		}
		if want := (supernet.Topology{C: 2, N: 1, Nodes: 4, Classes: 10}); s.Widths != nil || s.Cells.Topology() != want {
			t.Errorf("%s: %+v, want %+v", c.name, s.Cells.Topology(), want)
		}
		ops := s.Likeliest.Cell().Edges()
		for e, link := range ops {
			if p := s.Parameters[e]; argmax(p) != supernet.Number(link.Op) {
				t.Errorf("%s: edge %d has %v, its parameters are %v", c.name, e, link.Op, p)
			}
		}
	}
}

func TestOwnCheckpointsAreRead(t *testing.T) {
	r, folder := smallRun(GDAS), t.TempDir()
	r.Epochs, r.Channels, r.Cells, r.Affine = 1, 2, 1, true
	s, err := New(r, smallImages(t), Supernets{}, Options{Checkpoints: folder})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	paths, err := filepath.Glob(filepath.Join(folder, "*.ckpt"))
	if err != nil || len(paths) == 0 {
		t.Fatal(paths, err)
	}
	saved, last := readSaved(t, paths[len(paths)-1]), s.Last()
	if saved.Algorithm != "gdas" || saved.Epochs != 1 || choices(saved) != fmt.Sprintf("0 %v %g", last.Arch, last.Validation.Top1) || !saved.Cells.Topology().Affine {
		t.Errorf("%+v, chosen %s", saved, choices(saved))
	}
}

func TestSavedRefusals(t *testing.T) {
	f, err := weights.OpenFile(filepath.Join("testdata", "published-gdas.pth"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	whole, err := f.Networks()[0].Load()
	if err != nil {
		t.Fatal(err)
	}
	without := func(missing string) *weights.StateDict {
		s := new(weights.StateDict)
		for name, tensor := range whole.All() {
			if name != missing {
				s.Set(name, tensor)
			}
		}
		return s
	}
	nodes := weights.List{weights.List{weights.List{weights.Text("no_such_op"), weights.Int(0)}}}
	for want, c := range map[string]struct {
		state   *weights.StateDict
		entries []weights.Entry
	}{
		"_stem.1.bias":            {state: without("_stem.1.bias")},
		"0 classes":               {state: without("classifier.bias")},
		"genotype of epoch 0":     {whole, []weights.Entry{{Name: "genotypes", Value: weights.Dict{{Name: "0", Value: nodes}}}}},
		"want a cell's nodes":     {whole, []weights.Entry{{Name: "genotypes", Value: weights.Dict{{Name: "3", Value: weights.Int(7)}}}}},
		"genotype of epoch 1: it": {whole, []weights.Entry{{Name: "genotypes", Value: weights.Dict{{Name: "1", Value: weights.List{weights.Int(7)}}}}}},
	} {
		var b bytes.Buffer
		if err := weights.Write(&b, weights.Zip, c.state, c.entries...); err != nil {
			t.Fatal(err)
		}
		file, err := weights.Open(bytes.NewReader(b.Bytes()), int64(b.Len()))
		if err != nil {
			t.Fatal(err)
		}
		if s, err := ReadSaved(file); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("read %v, %v, want an error with %s", s, err, want)
		}
	}
}

func FuzzReadSaved(f *testing.F) {
	for _, name := range []string{"gdas", "tas"} {
		content, err := os.ReadFile(filepath.Join("testdata", "published-"+name+".pth"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(content)
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		file, err := weights.Open(bytes.NewReader(content), int64(len(content)))
		if err != nil {
			return
		}
		if s, err := ReadSaved(file); err == nil && s != nil && (s.Likeliest.IsZero() || len(s.Parameters) == 0) {
			t.Errorf("read %+v", s)
		}
	})
}
