package torchfile

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"cellnet/internal/fixture"
	"cellnet/internal/pickle"
	"cellnet/internal/pickle/pickletest"
)

const python = "/usr/bin/python3"

// needTorch skips the test where Python has no PyTorch to compare with.
func needTorch(t *testing.T) {
	t.Helper()
	if err := exec.Command(python, "-c", "import torch").Run(); err != nil {
		t.Skipf("no %s with PyTorch: %v", python, err)
	}
}

// TestTreesEqualPython reads every file of the reference data and compares
// the whole tree, tensors' bits included, with what Python reads.
func TestTreesEqualPython(t *testing.T) {
	needTorch(t)
	var paths []string
	for _, root := range []string{"fixtures/bench", "fixtures/nets", "data/nats", "data/weights"} {
		filepath.WalkDir(fixture.Shared(t, root), func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() && filepath.Ext(path) != ".json" {
				paths = append(paths, path)
			}
			return err
		})
	}
	if len(paths) < 50 {
		t.Fatalf("only %d files", len(paths))
	}
	sums := pythonSums(t, paths)
	for i, path := range paths {
		text, err := dumpFile(path)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		if got := sum(text); got != sums[i] {
			t.Errorf("%s: the tree differs from Python's: %.200s...", path, text)
		}
	}
}

// TestWrittenTreesEqualPython writes trees that were read again, in every
// format, and has Python read them.
func TestWrittenTreesEqualPython(t *testing.T) {
	needTorch(t)
	dir := t.TempDir()
	var paths, want []string
	for _, name := range []string{
		"fixtures/bench/archive/000157-FULL.pth", "fixtures/bench/trial/arch-000157-seed-0777.pth",
		"fixtures/bench/parameter/parameter-zip.pth", "fixtures/bench/nats-full/NATS-tss-v1_0-3ffb9-full/000157.pickle.pbz2",
		"data/nats/NATS-tss-v1_0-3ffb9-simple/000011.pickle.pbz2", "fixtures/bench/imagenet16/train_data_batch_3",
		"fixtures/bench/mini/NAS-Bench-201-v1_0-mini.pth", "fixtures/nets/narrow/weights.pth",
	} {
		file, err := readFile(fixture.Shared(t, name))
		if err != nil {
			t.Fatal(err)
		}
		text := pickletest.Dump(file.Value)
		for _, w := range []struct {
			suffix string
			write  func(io.Writer, any) error
		}{
			{"-legacy.pth", func(w io.Writer, v any) error { return Write(w, v, Legacy) }},
			{"-zip.pth", func(w io.Writer, v any) error { return Write(w, v, Zip) }},
			{"-2.pickle", func(w io.Writer, v any) error { return pickle.NewWriter(w, pickle.Protocol2).Write(v) }},
			{"-4.pickle", func(w io.Writer, v any) error { return pickle.NewWriter(w, pickle.Protocol4).Write(v) }},
		} {
			var first, second bytes.Buffer
			for _, out := range []*bytes.Buffer{&first, &second} {
				if err := w.write(out, file.Value); err != nil {
					t.Fatalf("%s as %s: %v", name, w.suffix, err)
				}
			}
			if !bytes.Equal(first.Bytes(), second.Bytes()) {
				t.Errorf("%s as %s: written twice, the bytes differ", name, w.suffix)
			}
			path := filepath.Join(dir, fmt.Sprintf("%d%s", len(paths), w.suffix))
			if err := os.WriteFile(path, first.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
			again, err := dumpFile(path)
			if err != nil || again != text {
				t.Errorf("%s as %s: the tree read again differs, error %v", name, w.suffix, err)
			}
			paths, want = append(paths, path), append(want, sum(text))
		}
	}
	for i, got := range pythonSums(t, paths) {
		if got != want[i] {
			t.Errorf("%s: Python reads another tree", paths[i])
		}
	}
}

func pythonSums(t *testing.T, paths []string) []string {
	t.Helper()
	var complaint bytes.Buffer
	script := exec.Command(python, append([]string{"testdata/dump.py"}, paths...)...)
	script.Stderr = &complaint
	out, err := script.Output()
	sums := strings.Fields(string(out))
	if err != nil || len(sums) != len(paths) {
		t.Fatalf("dump.py: %v after %d of %d files\n%s", err, len(sums), len(paths), complaint.String())
	}
	return sums
}

func sum(text string) string {
	h := sha256.Sum256([]byte(text))
	return hex.EncodeToString(h[:])
}

func dumpFile(path string) (string, error) {
	f, err := readFile(path)
	if err != nil {
		return "", err
	}
	return pickletest.Dump(f.Value), nil
}

// readFile reads a file whose storages all have their data.
func readFile(path string) (*File, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var doc *pickle.Document
	switch filepath.Ext(path) {
	case ".pth":
		f, err := Open(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return nil, err
		}
		return f, fill(f)
	case ".pbz2":
		doc, err = pickle.DecodeBzip2(data)
	default:
		doc, err = pickle.Decode(data)
	}
	if err != nil {
		return nil, err
	}
	return &File{Value: doc.Value}, nil
}

// fill reads the data of all storages below v.
func fill(f *File) error {
	seen := map[any]bool{}
	var walk func(v any) error
	walk = func(v any) (err error) {
		switch v.(type) {
		case *pickle.Dict, *pickle.List, *pickle.Tuple, *pickle.Tensor:
			if seen[v] {
				return nil
			}
			seen[v] = true
		}
		var below []any
		switch v := v.(type) {
		case *pickle.Dict:
			for _, x := range v.All() {
				below = append(below, x)
			}
		case *pickle.List:
			below = *v
		case *pickle.Tuple:
			below = *v
		case *pickle.Tensor:
			if v.Storage.Data, err = f.Data(v.Storage); err == nil {
				_, err = v.Bytes(v.Storage.Data)
			}
			return err
		}
		for _, x := range below {
			if err := walk(x); err != nil {
				return err
			}
		}
		return nil
	}
	return walk(f.Value)
}
