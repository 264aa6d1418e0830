package data

import (
	"crypto/md5"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cellnet/internal/fixture"
	"cellnet/internal/inputfile"
)

func writeFile(t testing.TB, content []byte, path ...string) string {
	name := filepath.Join(path...)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, content, 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

func load(t testing.TB, d Dataset, set Set, options Options) (*Images, error) {
	s, err := Open(d, options)
	if err != nil {
		return nil, err
	}
	return s.Load(set)
}

// Every layout is found in its folder and in its folder alone, by Dir and in the
// default place.
func TestFoldersAndLayouts(t *testing.T) {
	pickled := readTestdata(t, "cifar10-python2.pickle")
	for _, c := range []struct {
		dataset Dataset
		folder  string
		files   map[string][]byte
		set     Set
		n       int
	}{
		{CIFAR10, "cifar-10-batches-py", map[string][]byte{"test_batch": pickled}, OriTest, 3},
		{CIFAR10Valid, "cifar-10-batches-bin", map[string][]byte{"test_batch.bin": binaryRecords(5, 1, func(i int) int { return i })}, OriTest, 5},
		{CIFAR100, "cifar-100-binary", map[string][]byte{"train.bin": binaryRecords(7, 2, func(i int) int { return i })}, Train, 7},
		{ImageNet16, "ImageNet16", map[string][]byte{"val_data": readTestdata(t, "imagenet16-val_data")}, OriTest, 29},
	} {
		torch := t.TempDir()
		dir := filepath.Join(torch, "cifar.python")
		for name, content := range c.files {
			writeFile(t, content, dir, c.folder, name)
		}
		t.Setenv("TORCH_HOME", torch)
		for _, place := range []string{"", dir, filepath.Join(dir, c.folder)} {
			m, err := load(t, c.dataset, c.set, Options{Dir: place, NoVerify: true})
			if err != nil || m.Len() != c.n {
				t.Errorf("%v in %q: %v, %v", c.dataset, place, m, err)
			}
		}
	}
}

func TestDefaultDir(t *testing.T) {
	t.Setenv("TORCH_HOME", "")
	t.Setenv("HOME", "/home/someone")
	t.Setenv("USERPROFILE", "/home/someone")
	if dir, err := DefaultDir(); err != nil || dir != filepath.FromSlash("/home/someone/.torch/cifar.python") {
		t.Errorf("%q, %v", dir, err)
	}
}

func TestTrainingBatchesInOrder(t *testing.T) {
	dir := t.TempDir()
	n := 0
	for k := range 5 {
		size := 10 - k
		first := n
		writeFile(t, binaryRecords(size, 1, func(i int) int { return (first + i) % 10 }), dir, "cifar-10-batches-bin", fmt.Sprintf("data_batch_%d.bin", k+1))
		n += size
	}
	s, err := Open(CIFAR10Valid, Options{Dir: dir, NoVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	all, err := s.train()
	if err != nil || all.Len() != n {
		t.Fatalf("%v, %v", all, err)
	}
	for i := range n {
		if all.Label(i) != i%10 {
			t.Fatalf("image %d has label %d: the files are not in order", i, all.Label(i))
		}
	}
	// The published halves, as far as there are images.
	train, valid := cifar10Split()
	for set, indexes := range map[Set][]int{Train: train, XValid: valid} {
		m, err := s.Load(set)
		if err != nil {
			t.Fatal(err)
		}
		for k := range m.Len() {
			if &m.Pixels(k)[0] != &all.Pixels(indexes[k])[0] {
				t.Errorf("image %d of %v is not training image %d", k, set, indexes[k])
			}
		}
		if end := m.Len(); indexes[end-1] >= n || indexes[end] < n {
			t.Errorf("%v has %d images", set, end)
		}
	}
	s.options.NoVerify = false
	if _, err := s.Load(XValid); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), "there are only 40") {
		t.Errorf("with verification: %v", err)
	}
}

func TestVerification(t *testing.T) {
	content := binaryRecords(2, 1, func(i int) int { return i })
	path := writeFile(t, content, t.TempDir(), "cifar-10-batches-bin", "test_batch.bin")
	options := Options{Dir: filepath.Dir(filepath.Dir(path))}
	_, err := load(t, CIFAR10, OriTest, options)
	var sum *ChecksumError
	got := fmt.Sprintf("%x", md5.Sum(content))
	if !errors.As(err, &sum) || sum.Path != path || sum.Want != "803d5f7f4d78ea53de84dbe85f74fb6d" || sum.Got != got {
		t.Errorf("error %v", err)
	}
	for _, want := range []string{path, got, "803d5f7f4d78ea53de84dbe85f74fb6d", "--no-verify"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q lacks %q", err, want)
		}
	}
	s, err := Open(CIFAR10, options)
	if err != nil {
		t.Fatal(err)
	}
	s.layout.test = []publishedFile{{"test_batch.bin", got}}
	if m, err := s.Load(OriTest); err != nil || m.Len() != 2 {
		t.Errorf("the right sum: %v, %v", m, err)
	}
}

func TestMissingFiles(t *testing.T) {
	dir := t.TempDir()
	for dataset, wants := range map[Dataset][]string{
		CIFAR10Valid: {dir, "cifar-10-batches-py or cifar-10-batches-bin", "--data", "--download"},
		CIFAR100:     {dir, "cifar-100-python or cifar-100-binary", "--data", "--download"},
		ImageNet16:   {dir, "ImageNet16 in", "--data", "image-net.org"},
	} {
		_, err := Open(dataset, Options{Dir: dir})
		var missing *MissingError
		if !errors.As(err, &missing) || missing.Dataset != dataset || !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%v: error %v", dataset, err)
			continue
		}
		for _, want := range wants {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%q lacks %q", err, want)
			}
		}
	}
	writeFile(t, nil, dir, "cifar-10-batches-py", "readme.html")
	_, err := load(t, CIFAR10, OriTest, Options{Dir: dir})
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "no test_batch in "+filepath.Join(dir, "cifar-10-batches-py")) {
		t.Errorf("file missing: %v", err)
	}
	if _, err := Open(Dataset(0), Options{}); err == nil {
		t.Error("the zero dataset opens")
	}
}

func TestBrokenFilesAreNamed(t *testing.T) {
	pickled := readTestdata(t, "cifar10-python2.pickle")
	path := writeFile(t, pickled[:5000], t.TempDir(), "cifar-10-batches-py", "test_batch")
	_, err := load(t, CIFAR10, OriTest, Options{Dir: filepath.Dir(path), NoVerify: true})
	if !errors.Is(err, ErrFormat) || !strings.HasPrefix(err.Error(), "reading "+path+": ") {
		t.Errorf("error %v", err)
	}
}

// TestEndlessFiles has sparse files that no memory holds.
func TestEndlessFiles(t *testing.T) {
	for _, noVerify := range []bool{false, true} {
		path := writeFile(t, nil, t.TempDir(), "cifar-10-batches-py", "test_batch")
		if err := os.Truncate(path, 300<<30); err != nil {
			t.Skipf("no sparse file can be made here: %v", err)
		}
		_, err := load(t, CIFAR10, OriTest, Options{Dir: filepath.Dir(path), NoVerify: noVerify})
		var large *inputfile.TooLargeError
		if !errors.As(err, &large) || !strings.Contains(err.Error(), path) {
			t.Errorf("without verification %v: error %v", noVerify, err)
		}
	}
}

// Files may hold nothing but classes above 120.
func TestNoImagesOfTheDataset(t *testing.T) {
	content := readTestdata(t, "imagenet16-val_data")
	s := &Source{dataset: ImageNet16, options: Options{NoVerify: true}, folder: t.TempDir()}
	s.layout.decode = func(content []byte) (*Images, error) {
		m, err := decodeImageNet16(content)
		return m.firstClasses(0), err
	}
	writeFile(t, content, s.folder, "val_data")
	if _, err := s.read([]publishedFile{{name: "val_data"}}); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), "no images of ImageNet16-120") {
		t.Errorf("error %v", err)
	}
}

func TestSetsThatAreNotThere(t *testing.T) {
	for dataset, set := range map[Dataset]Set{CIFAR10: XValid, CIFAR10Valid: XTest, Synthetic: XTest} {
		dir := t.TempDir()
		writeFile(t, nil, dir, "cifar-10-batches-py", "test_batch")
		if _, err := load(t, dataset, set, Options{Dir: dir}); err == nil || !strings.Contains(err.Error(), "has no set") {
			t.Errorf("%v %v: %v", dataset, set, err)
		}
	}
}

// The mini sets have fewer images than the published splits name.
func TestTestSplits(t *testing.T) {
	for _, c := range []struct {
		dataset       Dataset
		folder, split string
		n             int
	}{
		{CIFAR100, "cifar100", "cifar100-test-split.txt", 100},
		{ImageNet16, "imagenet16", "imagenet-16-120-test-split.txt", 29},
	} {
		dir := fixture.Shared(t, "fixtures/bench/"+c.folder)
		without, err := Open(c.dataset, Options{Dir: dir, NoVerify: true})
		if err != nil {
			t.Fatal(err)
		}
		sets, missing := without.EvaluationSets()
		if !slices.Equal(sets, []Set{OriTest}) || len(missing) != 2 {
			t.Fatalf("%v without a split: %v, %v", c.dataset, sets, missing)
		}
		var noSplit *NoSplitError
		if !errors.As(missing[0], &noSplit) || noSplit.Set != XValid || noSplit.File != c.split ||
			!errors.Is(missing[1], fs.ErrNotExist) || !strings.Contains(missing[1].Error(), "x-test of "+c.dataset.String()) {
			t.Errorf("%v: reasons %v", c.dataset, missing)
		}
		if _, err := without.Load(XValid); !errors.As(err, &noSplit) {
			t.Errorf("%v: Load: %v", c.dataset, err)
		}

		options := Options{Dir: dir, NoVerify: true, SplitFile: fixture.Shared(t, "data/splits/"+c.split)}
		with, err := Open(c.dataset, options)
		if err != nil {
			t.Fatal(err)
		}
		if sets, missing := with.EvaluationSets(); !slices.Equal(sets, []Set{XValid, XTest, OriTest}) || missing != nil {
			t.Errorf("%v with a split: %v, %v", c.dataset, sets, missing)
		}
		n := 0
		for _, set := range []Set{XValid, XTest} {
			m, err := with.Load(set)
			if err != nil {
				t.Fatal(err)
			}
			n += m.Len()
		}
		if n != c.n {
			t.Errorf("%v: x-valid and x-test have %d images together, want %d", c.dataset, n, c.n)
		}
	}
}

func TestSplitFiles(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, binaryRecords(4, 2, func(i int) int { return i }), dir, "cifar-100-binary", "test.bin")
	good := []byte(`{"xvalid": ["int", ["3", "0"]], "xtest": ["int", ["1", "9"]]}`)

	options := Options{Dir: dir, NoVerify: true, SplitFile: filepath.Join(dir, "none.txt")}
	if _, err := Open(CIFAR100, options); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "none.txt") {
		t.Errorf("missing split file: %v", err)
	}
	options.SplitFile = writeFile(t, []byte("{"), dir, "broken.txt")
	if _, err := load(t, CIFAR100, XTest, options); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), "broken.txt") {
		t.Errorf("broken split file: %v", err)
	}
	options.SplitFile = writeFile(t, []byte(`{"xvalid": ["int", ["70"]], "xtest": ["int", ["0"]]}`), dir, "far.txt")
	if _, err := load(t, CIFAR100, XValid, options); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), "none of the 1 images") {
		t.Errorf("split of another set: %v", err)
	}
	if _, err := load(t, CIFAR10, OriTest, options); err == nil {
		t.Error("a split file for CIFAR-10 is accepted")
	}

	options.SplitFile = ""
	for _, place := range []string{dir, filepath.Join(dir, "cifar-100-binary")} {
		path := writeFile(t, good, place, "cifar100-test-split.txt")
		s, err := Open(CIFAR100, options)
		if err != nil {
			t.Fatal(err)
		}
		valid, err := s.Load(XValid)
		if err != nil || valid.Len() != 2 || valid.Label(0) != 3 || valid.Label(1) != 0 {
			t.Errorf("x-valid %v, %v", valid, err)
		}
		test, err := s.Load(XTest)
		if err != nil || test.Len() != 1 || test.Label(0) != 1 {
			t.Errorf("x-test %v, %v", test, err)
		}
		os.Remove(path)
	}
}

func TestRealCIFAR10(t *testing.T) {
	s, err := Open(CIFAR10Valid, Options{Dir: fixture.CIFAR10(t), NoVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	for set := range s.dataset.description().counts {
		m, err := s.Load(set)
		if err != nil {
			t.Fatal(err)
		}
		if m.Len() != s.dataset.Count(set) {
			t.Errorf("%v has %d images, want %d", set, m.Len(), s.dataset.Count(set))
		}
		counts := make([]int, s.dataset.Classes())
		for i := range m.Len() {
			counts[m.Label(i)]++
		}
		if set == OriTest && slices.Min(counts) != 1000 {
			t.Errorf("images per class: %v", counts)
		}
	}
	var checksum *ChecksumError
	if _, err := load(t, CIFAR10, OriTest, Options{Dir: fixture.CIFAR10(t)}); !errors.As(err, &checksum) {
		t.Errorf("images after JPEG pass as the published ones: %v", err)
	}
}

func BenchmarkLoadTestSet(b *testing.B) {
	dir := fixture.CIFAR10(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := load(b, CIFAR10, OriTest, Options{Dir: dir, NoVerify: true}); err != nil {
			b.Fatal(err)
		}
	}
}
