package weights_test

import (
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"cellnet/cell"
	"cellnet/internal/fixture"
	"cellnet/weights"
)

// userFile is an entry of fixtures/userfiles/files.json.
type userFile struct {
	File    string
	Is      string
	Weights string // "plain", "other", or none to compare
	Entry   string
	Named   bool
	Wants   string
}

func userFiles(t *testing.T) []userFile {
	t.Helper()
	text, err := os.ReadFile(fixture.Shared(t, "fixtures/userfiles/files.json"))
	if err != nil {
		t.Fatal(err)
	}
	var files []userFile
	if err := json.Unmarshal(text, &files); err != nil || len(files) < 30 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	return files
}

// TestUserFiles reads checkpoints as people's own programs leave them. All of
// them hold one of two sets of weights, which must come out bit for bit.
func TestUserFiles(t *testing.T) {
	const folder = "fixtures/userfiles/"
	plain := load(t, openShared(t, folder+"args.pth"), weights.Selector{})
	other := load(t, openShared(t, folder+"two-averaged.pth"), weights.Selector{Entry: "state_dict_ema"})
	if different(plain, other) == "" {
		t.Fatal("both sets of weights are the same")
	}
	eleven, err := cell.FromIndex(11)
	if err != nil {
		t.Fatal(err)
	}
	refused := map[string]string{
		"none.pth": "entry 777 is None, from an archive without weights", "page.pth": "HTML page: the download failed", "pointer.pth": "Git LFS pointer",
	}
	notes := map[string]string{
		"two-raw.pth": "other weights are in the file, too: entry state_dict_ema", "swa.pth": "left aside, being no part of the network: n_averaged",
		"arch-name.pth": `arch "nasbench201" is no architecture`,
	}
	entries := map[string]string{
		"args.pth": "base-model", "by-seed.pth": "777", "nested.pth": "checkpoint.net", "list.pth": "0", "module-parallel.pth": "model", "module.pth": "",
		"two-raw.pth": "state_dict", "beside-date.pth": "net",
	}
	for _, c := range userFiles(t) {
		f, err := weights.OpenFile(fixture.Shared(t, folder+c.File))
		if err == nil {
			defer f.Close()
			_, err = f.Select(weights.Selector{Entry: c.Entry})
		}
		if word, ok := refused[c.File]; ok {
			if err == nil || !strings.Contains(err.Error(), word) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: error %v, want one with %q", c.File, err, word)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s (%s): %v", c.File, c.Is, err)
			continue
		}
		n, _ := f.Select(weights.Selector{Entry: c.Entry})
		state, err := n.Load()
		if err != nil {
			t.Errorf("%s (%s): %v", c.File, c.Is, err)
			continue
		}
		want := map[string]*weights.StateDict{"plain": plain, "other": other}[c.Weights]
		if c.File == "no-batches.pth" {
			want = withoutBatches(plain)
		}
		if want != nil {
			if d := different(want, state); d != "" {
				t.Errorf("%s (%s): %s", c.File, c.Is, d)
			}
			if n.C != 3 || n.N != 1 || n.Classes != 10 {
				t.Errorf("%s: %+v", c.File, n.Description)
			}
		}
		if c.Named != (n.Arch == eleven.String()) {
			t.Errorf("%s: architecture %q", c.File, n.Arch)
		}
		if word, ok := notes[c.File]; ok != (len(n.Notes) > 0) || ok && !strings.Contains(n.Notes[0], word) {
			t.Errorf("%s: notes %q, want %q", c.File, n.Notes, word)
		}
		if want, ok := entries[c.File]; ok && n.Entry != want {
			t.Errorf("%s: entry %q, want %q", c.File, n.Entry, want)
		}
		if n.Entry != "" {
			if again, err := f.Select(weights.Selector{Entry: n.Entry}); err != nil || again != n {
				t.Errorf("%s: by its entry %s: %v, %v", c.File, n.Entry, again, err)
			}
		}
	}
}

// withoutBatches leaves out the counters of batches.
func withoutBatches(s *weights.StateDict) *weights.StateDict {
	out := new(weights.StateDict)
	for name, tensor := range s.All() {
		if !strings.HasSuffix(name, ".num_batches_tracked") {
			out.Set(name, tensor)
		}
	}
	return out
}

// A contradiction between file and user names both architectures.
func TestOtherArchitecture(t *testing.T) {
	f := openShared(t, "fixtures/userfiles/config-contradicts.pth")
	eleven, err := cell.FromIndex(11)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Select(weights.Selector{Arch: eleven.String()})
	var selection *weights.SelectionError
	if !errors.As(err, &selection) || !strings.Contains(err.Error(), "not of "+eleven.String()) || !strings.Contains(err.Error(), f.Networks()[0].Arch) {
		t.Errorf("error %v", err)
	}
}

// What lies beside the weights is shown by its class.
func TestOpaqueEntries(t *testing.T) {
	for name, want := range map[string]string{
		"args": "argparse.Namespace", "date": "datetime.datetime", "path": "pathlib.PosixPath", "device": "torch.device", "dtype": "class torch.float16",
		"deque": "collections.deque", "defaultdict": "collections.defaultdict", "counter": "collections.Counter", "complex": "builtins.complex",
	} {
		file := "beside-" + name + ".pth"
		if name == "args" {
			file = "args.pth"
		}
		f := openShared(t, "fixtures/userfiles/"+file)
		v, err := f.Entry(name)
		if opaque, ok := v.(weights.Opaque); !ok || err != nil || strings.TrimPrefix(opaque.Class, "__builtin__.") != strings.TrimPrefix(want, "builtins.") {
			t.Errorf("%s: %#v, %v, want %s", file, v, err, want)
		}
		if !slices.Contains(f.Entries(), name) {
			t.Errorf("%s: entries %v", file, f.Entries())
		}
	}
}
