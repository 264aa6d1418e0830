package bench

import (
	"bytes"
	"cellnet/bench/record"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cellnet/internal/fixture"
	"cellnet/weights"

	"github.com/parquet-go/parquet-go"
)

// publishedCopies writes a small benchmark in every form and gives the files.
func publishedCopies(t *testing.T) map[string][]byte {
	source := smallFile(t)
	b := mustOpen(t, source)
	dir := t.TempDir()
	files := map[string][]byte{"legacy": readFile(t, source)}
	for name, o := range map[string]ExportOptions{
		"zip": {Layout: record.NASBench201, Format: weights.Zip}, "bzip2": {Layout: record.NATSFile},
	} {
		path := filepath.Join(dir, name)
		if err := Export(b, path, o); err != nil {
			t.Fatal(err)
		}
		files[name] = readFile(t, path)
	}
	path := filepath.Join(dir, "store")
	if err := Import(b, path, nil); err != nil {
		t.Fatal(err)
	}
	files["store"] = readFile(t, path)
	return files
}

// useWhole opens a file and reads all records, and gives the first error.
func useWhole(text []byte) error {
	b, err := Read("file", bytes.NewReader(text), int64(len(text)))
	if err != nil {
		return err
	}
	defer b.Close()
	if _, err := b.Len(); err != nil {
		return err
	}
	if _, err := b.Evaluated(); err != nil {
		return err
	}
	for _, err := range b.All() {
		if err != nil {
			return err
		}
	}
	return nil
}

func TestCutFilesFail(t *testing.T) {
	for name, text := range publishedCopies(t) {
		if err := useWhole(text); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		r := rand.New(rand.NewPCG(1, 1))
		cuts := []int{1, 2, 3, 4, 8, 12, len(text) - 1, len(text) - 4, len(text) - 8, len(text) / 2}
		for range 25 {
			cuts = append(cuts, r.IntN(len(text)))
		}
		for _, n := range cuts {
			err := useWhole(text[:n])
			if err == nil {
				t.Errorf("%s cut to %d of %d bytes: no error", name, n, len(text))
				continue
			}
			checkLine(t, err)
		}
	}
}

// TestFlippedBits has files with sums, where a flipped bit must not pass but
// where nothing depends on it, and the legacy format, which has none.
func TestFlippedBits(t *testing.T) {
	for name, text := range publishedCopies(t) {
		r := rand.New(rand.NewPCG(2, 2))
		passed, flips := 0, 200
		if name == "bzip2" { // takes 0.1 s to read
			flips = 20
		}
		for range flips {
			flipped := bytes.Clone(text)
			flipped[r.IntN(len(text))] ^= 1 << r.IntN(8)
			err := useWhole(flipped)
			if err == nil {
				passed++
			}
			checkLine(t, err)
		}
		most := map[string]int{"legacy": flips, "zip": flips / 20, "bzip2": 0, "store": flips / 10}[name]
		if passed > most {
			t.Errorf("%s: %d of %d flipped bits went unnoticed, want at most %d", name, passed, flips, most)
		}
		t.Logf("%s: %d of %d flipped bits went unnoticed", name, passed, flips)
	}
}

func TestForeignFiles(t *testing.T) {
	var other bytes.Buffer
	w := parquet.NewGenericWriter[struct{ X int64 }](&other)
	if _, err := w.Write([]struct{ X int64 }{{1}}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		text []byte
		says string
	}{
		"empty":            {nil, "empty"},
		"text":             {[]byte("arch,accuracy\n1,2\n"), "not a benchmark file"},
		"picture":          {[]byte("\x89PNG\r\n\x1a\n0000"), "not a benchmark file"},
		"archive":          {[]byte("PK\x05\x06" + strings.Repeat("\x00", 18)), "data.pkl"},
		"other Parquet":    {other.Bytes(), "not a store"},
		"only its start":   {[]byte("PAR1"), "cut off"},
		"another pickle":   {[]byte("\x80\x02]q\x00."), "want a dict"},
		"pickle of a text": {[]byte("\x80\x02X\x01\x00\x00\x00x."), "want a dict"},
		"OrderedDict":      {[]byte("\x80\x02ccollections\nOrderedDict\n)R(X\x0d\x00\x00\x00stem.0.weightK\x01u."), `not a benchmark file: it has an entry "stem.0.weight"`},
		"program":          {[]byte("\x80\x02cos\nsystem\nX\x02\x00\x00\x00ls\x85R."), "class"},
	} {
		path := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(path, c.text, 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := Open(path)
		if err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: error %v, want one that says %q and names the file", name, err, c.says)
		}
		checkLine(t, err)
	}
	for _, name := range []string{"data/weights/readme-1e-888.pth", "fixtures/nets/readme/weights.pth", "fixtures/bench/cifar100/cifar-100-python/meta", "fixtures/bench/parameter/parameter.pth", "fixtures/nets"} {
		_, err := Open(fixture.Shared(t, name))
		if err == nil || name != "fixtures/nets" && !strings.Contains(err.Error(), "not a benchmark file") {
			t.Errorf("%s: error %v", name, err)
		}
		checkLine(t, err)
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v for a file that is not there", err)
	}
	if _, err := Open(t.TempDir()); err == nil || !strings.Contains(err.Error(), "folder without files") {
		t.Errorf("error %v for an empty folder", err)
	}
}
