package weights_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cellnet/cell"
	"cellnet/weights"
)

// ownFile is an entry of testdata/userfiles/files.json, which make.py explains.
type ownFile struct {
	File, Weights, Entry, Says string
	Named                      bool
}

// TestOwnUserFiles reads the kinds of checkpoints that make.py writes: weights in
// many wrappings, beside objects of many classes, and what is none.
func TestOwnUserFiles(t *testing.T) {
	dir := filepath.Join("testdata", "userfiles")
	text, err := os.ReadFile(filepath.Join(dir, "files.json"))
	if err != nil {
		t.Fatal(err)
	}
	var files []ownFile
	if err := json.Unmarshal(text, &files); err != nil || len(files) < 45 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	eleven, err := cell.FromIndex(11)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]*weights.StateDict{}
	for _, name := range []string{"plain", "other"} {
		want[name] = load(t, open(t, filepath.Join(dir, name+".pth")), weights.Selector{})
	}
	if different(want["plain"], want["other"]) == "" {
		t.Fatal("both sets of weights are the same")
	}
	for _, c := range files {
		n, state, err := readOwn(filepath.Join(dir, c.File), weights.Selector{Entry: c.Entry, Arch: eleven.String()})
		if c.Weights == "" {
			if err == nil || !strings.Contains(err.Error(), c.Says) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: error %v, want %s", c.File, err, c.Says)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.File, err)
			continue
		}
		if d := different(want[c.Weights], state); d != "" {
			t.Errorf("%s: %s", c.File, d)
		}
		if c.Named != (n.Arch == eleven.String()) || n.C != 1 || n.N != 1 || n.Classes != 10 {
			t.Errorf("%s: %+v", c.File, n.Description)
		}
		if notes := strings.Join(n.Notes, "; "); c.Says == "" && notes != "" || !strings.Contains(notes, c.Says) {
			t.Errorf("%s: notes %q, want %q", c.File, notes, c.Says)
		}
		if again, err := open(t, filepath.Join(dir, c.File)).Select(weights.Selector{Entry: n.Entry}); err != nil || again.Entry != n.Entry {
			t.Errorf("%s: by its entry %s: %v", c.File, n.Entry, err)
		}
	}
}

func readOwn(path string, s weights.Selector) (*weights.Network, *weights.StateDict, error) {
	f, err := weights.OpenFile(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	n, err := f.Select(s)
	if err != nil {
		return nil, nil, err
	}
	if err := n.CheckNetwork(); err != nil {
		return nil, nil, err
	}
	state, err := n.Load()
	return n, state, err
}

// TestContradictions has networks of other widths than C, 2C and 4C.
func TestContradictions(t *testing.T) {
	net := cell.Network{Cell: cell.SizeCell(), Widths: cell.Widths{8, 8, 40, 32, 40}, Classes: 10}
	state := new(weights.StateDict)
	for tensor := range net.Tensors() {
		n := 1
		for _, size := range tensor.Shape {
			n *= size
		}
		state.Set(tensor.Name, weights.NewFloat32(tensor.Shape, make([]float32, n)))
	}
	for _, c := range []struct {
		entries []weights.Entry
		arch    string
		want    string
	}{
		{nil, "8:8:40:32:40", ""},
		{[]weights.Entry{{Name: "arch_index", Value: weights.Int(11)}}, "8:8:40:32:40", ""},
		{[]weights.Entry{{Name: "channels", Value: weights.Text("8:8:40:32:40")}, {Name: "genotype", Value: weights.Text(cell.SizeCell().String())}}, "8:8:40:32:40", ""},
		{[]weights.Entry{{Name: "channels", Value: weights.Text("8:8:40:32:48")}}, "8:8:40:32:48",
			"the file says that the network has the widths 8:8:40:32:48, its tensors are of the widths 8:8:40:32:40"},
		{[]weights.Entry{{Name: "C", Value: weights.Int(16)}, {Name: "N", Value: weights.Int(5)}}, "8:8:40:32:40",
			"the file says C = 16, N = 5, its tensors are of the widths 8:8:40:32:40"},
	} {
		f, err := openBytes(encode(t, weights.Zip, state, c.entries...))
		if err != nil {
			t.Fatal(err)
		}
		n, err := f.Select(weights.Selector{})
		if err != nil {
			t.Fatal(err)
		}
		if n.Arch != c.arch || n.Contradiction() != c.want || (n.CheckNetwork() == nil) != (c.want == "") {
			t.Errorf("%v: arch %s, %q, %v; want %s, %q", c.entries, n.Arch, n.Contradiction(), n.CheckNetwork(), c.arch, c.want)
		}
	}
}
