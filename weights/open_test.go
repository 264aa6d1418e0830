package weights_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cellnet/cell"
	"cellnet/internal/fixture"
	"cellnet/weights"
)

// TestParameters compares views, transposed, empty, half, and other tensors
// with what PyTorch says of them.
func TestParameters(t *testing.T) {
	text, err := os.ReadFile(fixture.Shared(t, "fixtures/bench/made.json"))
	if err != nil {
		t.Fatal(err)
	}
	var made struct {
		Parameter map[string]struct {
			Shape  []int
			DType  string
			Values []any
		}
	}
	if err := json.Unmarshal(text, &made); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"parameter.pth", "parameter-zip.pth"} {
		s := load(t, openShared(t, "fixtures/bench/parameter/"+name), weights.Selector{})
		if s.Len() != len(made.Parameter) {
			t.Errorf("%s: %d tensors, want %d", name, s.Len(), len(made.Parameter))
		}
		for key, want := range made.Parameter {
			got, ok := s.Get(key)
			if !ok || "torch."+got.DType.String() != want.DType || !slices.Equal(got.Shape, want.Shape) {
				t.Errorf("%s: %s is %v %v, want %s %v", name, key, got.DType, got.Shape, want.DType, want.Shape)
				continue
			}
			if got.DType.IsFloat() {
				values, err := got.Float32s()
				if err != nil || len(values) != len(want.Values) {
					t.Errorf("%s: %s: %v", name, key, err)
				}
				for i, v := range values {
					if v != float32(want.Values[i].(float64)) {
						t.Errorf("%s: %s[%d] is %v, want %v", name, key, i, v, want.Values[i])
					}
				}
				continue
			}
			values, err := got.Int64s()
			if err != nil || len(values) != len(want.Values) {
				t.Errorf("%s: %s: %v", name, key, err)
			}
			for i, v := range values {
				wanted := want.Values[i]
				if b, isBool := wanted.(bool); isBool {
					wanted = map[bool]float64{false: 0, true: 1}[b]
				}
				if float64(v) != wanted {
					t.Errorf("%s: %s[%d] is %v, want %v", name, key, i, v, want.Values[i])
				}
			}
		}
	}
}

func TestBothFormatsOfNetworks(t *testing.T) {
	for _, net := range []string{"all-none", "all-ops", "dead-node", "disconnected", "narrow", "pools", "readme"} {
		text, err := os.ReadFile(fixture.Shared(t, "fixtures/nets/"+net+"/arch.json"))
		if err != nil {
			t.Fatal(err)
		}
		var want struct{ C, N, Classes int }
		if err := json.Unmarshal(text, &want); err != nil {
			t.Fatal(err)
		}
		var states []*weights.StateDict
		for file, format := range map[string]weights.Format{"weights.pth": weights.Legacy, "weights-zip.pth": weights.Zip} {
			f := openShared(t, "fixtures/nets/"+net+"/"+file)
			n, err := f.Select(weights.Selector{})
			if err != nil || f.Format != format || n.C != want.C || n.N != want.N || n.Classes != want.Classes {
				t.Errorf("%s/%s: format %v, C %d, N %d, %d classes, %v; want %v, %v", net, file, f.Format, n.C, n.N, n.Classes, err, format, want)
			}
			states = append(states, load(t, f, weights.Selector{}))
			for i, name := range states[len(states)-1].Names() {
				tensor, _ := states[len(states)-1].Get(name)
				if info := n.Tensors[i]; info.Name != name || info.DType != tensor.DType || !slices.Equal(info.Shape, tensor.Shape) || info.Len() != tensor.Len() {
					t.Errorf("%s/%s: before loading %v, then %s %v %v", net, file, info, name, tensor.DType, tensor.Shape)
				}
			}
		}
		if d := different(states[0], states[1]); d != "" {
			t.Errorf("%s: %s", net, d)
		}
	}
}

// TestCheckpoints opens trained weights whose files name the architecture.
func TestCheckpoints(t *testing.T) {
	paths, err := filepath.Glob(fixture.Shared(t, "data/weights") + "/*.json")
	if err != nil || len(paths) != 3 {
		t.Fatalf("%d records, %v", len(paths), err)
	}
	named := 0
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var want struct {
			Arch, File    string
			C, N, Classes int
		}
		if err := json.Unmarshal(text, &want); err != nil {
			t.Fatal(err)
		}
		f := open(t, filepath.Join(filepath.Dir(path), want.File))
		n, err := f.Select(weights.Selector{Arch: want.Arch})
		if err != nil {
			t.Error(err)
			continue
		}
		if n.Arch != "" {
			named++
		}
		if n.Arch != "" && n.Arch != want.Arch || n.C != want.C || n.N != want.N || n.Classes != want.Classes {
			t.Errorf("%s: got %+v, want %+v", want.File, n.Description, want)
		}
		if bad := load(t, f, weights.Selector{}).NonFinite(); bad != nil {
			t.Errorf("%s: no finite numbers in %v", want.File, bad)
		}
		if n.Arch != "" {
			if _, err := f.Select(weights.Selector{Arch: "|none~0|"}); err == nil {
				t.Errorf("%s: fits another architecture", want.File)
			}
		}
	}
	if named != 2 {
		t.Errorf("%d files name their architecture, want 2", named)
	}
}

// TestRecords selects among the trials of one architecture, in every layout.
func TestRecords(t *testing.T) {
	want, err := cell.FromIndex(157)
	if err != nil {
		t.Fatal(err)
	}
	files := []*weights.File{
		openShared(t, "fixtures/bench/archive/000157-FULL.pth"),
		openShared(t, "fixtures/bench/archive-zip/000157-FULL.pth"),
		openShared(t, "fixtures/bench/nats-full/NATS-tss-v1_0-3ffb9-full/000157.pickle.pbz2"),
	}
	classes := map[string]int{"cifar10-valid": 10, "cifar10": 10, "cifar100": 100, "ImageNet16-120": 120}
	for hp, seed := range map[int]int{200: 777, 12: 111} {
		for dataset, n := range classes {
			var first *weights.StateDict
			for i, f := range files {
				s := weights.Selector{HP: hp, Dataset: dataset}
				network, err := f.Select(s)
				if err != nil {
					t.Error(err)
					continue
				}
				d := network.Description
				if d.Arch != want.String() || d.C != 16 || d.N != 5 || d.Classes != n || d.Dataset != dataset || d.HP != hp || *d.Seed != seed {
					t.Errorf("%v, %v: got %+v, seed %d", f.Format, s, d, *d.Seed)
				}
				state := load(t, f, weights.Selector{HP: hp, Dataset: dataset, Seed: &seed})
				if linear, _ := state.Get("classifier.weight"); !slices.Equal(linear.Shape, []int{n, 64}) {
					t.Errorf("%v, %v: classifier of shape %v", f.Format, s, linear.Shape)
				}
				if i == 0 {
					first = state
				} else if d := different(first, state); d != "" {
					t.Errorf("%v, %v: %s", f.Format, s, d)
				}
			}
		}
	}
	a := load(t, files[0], weights.Selector{HP: 200, Dataset: "cifar10"})
	b := load(t, files[0], weights.Selector{HP: 12, Dataset: "cifar10"})
	if different(a, b) == "" {
		t.Error("both recipes have the same weights")
	}
}

func TestSelectionErrors(t *testing.T) {
	f := openShared(t, "fixtures/bench/archive/000157-FULL.pth")
	for _, c := range []struct {
		selector weights.Selector
		fitting  int
		words    []string
	}{
		{weights.Selector{}, 8, []string{"8 networks fit", "hp 200 trial cifar10-valid:777", "hp 12 trial ImageNet16-120:111"}},
		{weights.Selector{HP: 12}, 4, []string{"4 networks fit", "hp 12 trial cifar100:111"}},
		{weights.Selector{Dataset: "cifar100"}, 2, []string{"2 networks fit: hp 200 trial cifar100:777, hp 12 trial cifar100:111"}[:0]},
		{weights.Selector{HP: 200, Dataset: "cifar10", Seed: pointer(888)}, 0, []string{"no network fits hp 200, trial cifar10:888", "hp 200 trial cifar10:777"}},
		{weights.Selector{HP: 90}, 0, []string{"no network fits hp 90", "there are: hp 200"}},
		{weights.Selector{Dataset: "cifar"}, 0, []string{"no network fits trial cifar:*"}},
		{weights.Selector{Entry: "model"}, 0, []string{"no network fits entry model"}},
		{weights.Selector{Arch: "|none~0|"}, 0, []string{"no network fits arch |none~0|"}},
	} {
		_, err := f.Select(c.selector)
		var selection *weights.SelectionError
		if !errors.As(err, &selection) || len(selection.Fitting) != c.fitting || len(selection.There) != 8 {
			t.Errorf("%v: error %v", c.selector, err)
			continue
		}
		for _, word := range append(c.words, "000157-FULL.pth: ") {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("%v: error %q lacks %q", c.selector, err, word)
			}
		}
	}
	for name, word := range map[string]string{
		"fixtures/bench/mini/NAS-Bench-201-v1_0-mini.pth":         "records of 49 trials, but their weights were left out",
		"data/nats/NATS-tss-v1_0-3ffb9-simple/000011.pickle.pbz2": "their weights were left out",
		"data/nats/NATS-tss-v1_0-3ffb9-simple/meta.pickle.pbz2":   "no state dict is in it",
		"fixtures/bench/cifar100/cifar-100-python/test":           "no state dict is in it",
		"fixtures/bench/nats-mini/NATS-tss-v1_0-odd.pickle.pbz2":  "their weights were left out",
		"fixtures/bench/mini/NAS-Bench-201-v1_1-mini-zip.pth":     "their weights were left out",
		"data/nats/NATS-sss-v1_0-50262-simple/000000.pickle.pbz2": "their weights were left out",
		"fixtures/bench/imagenet16/val_data":                      "no state dict is in it",
		"fixtures/bench/nats-mini/NATS-tss-v1_0-mini.pickle.pbz2": "their weights were left out",
	} {
		if _, err := openShared(t, name).Select(weights.Selector{}); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: error %v, want one with %q", name, err, word)
		}
	}
}

// TestTrialFile opens a file whose name tells architecture and seed.
func TestTrialFile(t *testing.T) {
	path := fixture.Shared(t, "fixtures/bench/trial/arch-000157-seed-0777.pth")
	n, err := open(t, path).Select(weights.Selector{HP: 12, Dataset: "ImageNet16-120", Seed: pointer(777)})
	if err != nil {
		t.Fatal(err)
	}
	want, err := cell.FromIndex(157)
	if err != nil {
		t.Fatal(err)
	}
	if n.Arch != want.String() || n.C != 16 || n.N != 5 || n.Classes != 120 {
		t.Errorf("got %+v", n.Description)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	other := open(t, write(t, filepath.Join(t.TempDir(), "trial.pth"), content))
	n, err = other.Select(weights.Selector{Dataset: "cifar10"})
	if err != nil || n.Arch != "" || n.Seed != nil {
		t.Errorf("under another name: %+v, %v", n, err)
	}
}

func TestOpenFileErrors(t *testing.T) {
	dir := t.TempDir()
	content, err := os.ReadFile(fixture.Shared(t, "fixtures/nets/narrow/weights.pth"))
	if err != nil {
		t.Fatal(err)
	}
	random := make([]byte, 5000)
	for i := range random {
		random[i] = byte(i*i*7 + i>>3 + 13)
	}
	zip := encode(t, weights.Zip, everyType())
	safe := encode(t, weights.Safetensors, everyType())
	damaged := slices.Clone(zip)
	damaged[slices.Index(damaged, 0x25)] ^= 1 // in a record of data
	for _, c := range []struct {
		name, word string
		data       []byte
		format     bool
	}{
		{"empty.pth", "the file is empty", nil, true},
		{"random.pth", "neither a .pth file nor a pickle nor safetensors", random, true},
		{"cut.pth", "the file is cut off: tensor data", content[:len(content)-100], true},
		{"cut-early.pth", "cut off", content[:3000], true},
		{"cut-at-once.pth", "cut off", content[:10], true},
		{"cut-zip.pth", "directory is missing", zip[:len(zip)-30], true},
		{"cut.safetensors", "cut off", safe[:len(safe)-1], true},
		{"cut-header.safetensors", "header of", safe[:40], true},
	} {
		path := write(t, filepath.Join(dir, c.name), c.data)
		_, err := weights.OpenFile(path)
		var format *weights.FormatError
		var unsupported *weights.UnsupportedError
		if errors.As(err, &format) != c.format || errors.As(err, &unsupported) == c.format {
			t.Errorf("%s: error %T %v", c.name, err, err)
		} else if text := err.Error(); !strings.HasPrefix(text, "reading weights "+path+": ") || !strings.Contains(text, c.word) || strings.Contains(text, "\n") {
			t.Errorf("%s: error %q, want one line with %q", c.name, text, c.word)
		}
	}
	for path, want := range map[string]string{
		filepath.Join(dir, "missing.pth"): "no such file",
		dir:                               "it is a folder",
		os.DevNull:                        "no regular file",
	} {
		if _, err := weights.OpenFile(path); err == nil || strings.Count(err.Error(), path) != 1 || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q that names the file once", path, err, want)
		}
	}
}
