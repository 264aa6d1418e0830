package data

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"cellnet/internal/fixture"
)

func readTestdata(t testing.TB, name string) []byte {
	content, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func TestCIFAR10PicklesOfEveryPython(t *testing.T) {
	for _, writer := range []string{"python2", "python3-protocol2", "python3-protocol3", "python3-protocol4", "python3-protocol5", "fortran"} {
		m, err := decodeCIFAR10Pickle(readTestdata(t, "cifar10-"+writer+".pickle"))
		if err != nil {
			t.Errorf("%s: %v", writer, err)
			continue
		}
		if m.Len() != 3 || m.Side() != 32 {
			t.Fatalf("%s: %d images of side %d", writer, m.Len(), m.Side())
		}
		for i := range m.Len() {
			if m.Label(i) != 3*i {
				t.Errorf("%s: image %d has label %d, want %d", writer, i, m.Label(i), 3*i)
			}
			for j, v := range m.Pixels(i) {
				if v != byte(31*i+7*j) {
					t.Fatalf("%s: value %d of image %d is %d, want %d", writer, j, i, v, byte(31*i+7*j))
				}
			}
		}
	}
}

// sums returns the SHA-256 sums of all pixels and of the labels as bytes.
func sums(m *Images) (pixels, labels string) {
	p, l := sha256.New(), sha256.New()
	for i := range m.Len() {
		p.Write(m.Pixels(i))
		l.Write([]byte{byte(m.Label(i))})
	}
	return fmt.Sprintf("%x", p.Sum(nil)), fmt.Sprintf("%x", l.Sum(nil))
}

func TestImageNet16File(t *testing.T) {
	m, err := decodeImageNet16(readTestdata(t, "imagenet16-val_data"))
	if err != nil {
		t.Fatal(err)
	}
	// Image 5 has label 1000 and is left out. Labels count from 1 in the file.
	want := []int{46, 15, 17, 42, 51, 32, 88, 27, 77, 102, 42, 106, 23, 37, 110,
		53, 19, 93, 118, 30, 68, 115, 104, 98, 69, 90, 89, 94, 38}
	if m.Len() != len(want) || m.Side() != 16 {
		t.Fatalf("%d images of side %d", m.Len(), m.Side())
	}
	for i, label := range want {
		if m.Label(i) != label-1 {
			t.Errorf("image %d has label %d, want %d", i, m.Label(i), label-1)
		}
	}
	if pixels, _ := sums(m); pixels != "213b8bc6424a791be4ee72c95618b59c6303da688c721673bd0c21a8f58f2ffb" {
		t.Errorf("pixels have SHA-256 %s", pixels)
	}
}

// The sums are those of NumPy over the same files.
func TestMiniSets(t *testing.T) {
	for _, c := range []struct {
		dataset        Dataset
		folder         string
		set            Set
		n              int
		pixels, labels string
	}{
		{CIFAR100, "cifar100", Train, 200,
			"5f87f21b69617f9bc41c223de9370dc624501de4652ff8b436342b9d6b8b1075",
			"bcfcc031cd28735e1a10195324794adeab59419c45ec6360e685c64a474a6fbd"},
		{CIFAR100, "cifar100", OriTest, 100,
			"c479509c793b77b47d454b8f2a0a98b8b9463c65681d26533e1bb5b3bf4d0721",
			"9daf21fcd97eb13c24b8cd59403a3e1891498326f7401e1f6e7c3243fe9d3794"},
		{ImageNet16, "imagenet16", Train, 198,
			"24cb678eeecf74e6ae64582ba5a6d38f1c3ba0af548761567a1a87977cca5cd7",
			"1643d24d40da487db75bfbda82c0036c2c9de09ed51c3a616aca5849c5a775b9"},
	} {
		s, err := Open(c.dataset, Options{Dir: fixture.Shared(t, "fixtures/bench/"+c.folder), NoVerify: true})
		if err != nil {
			t.Fatal(err)
		}
		m, err := s.Load(c.set)
		if err != nil {
			t.Fatal(err)
		}
		if pixels, labels := sums(m); m.Len() != c.n || pixels != c.pixels || labels != c.labels {
			t.Errorf("%v %v: %d images, SHA-256 of pixels %s, of labels %s", c.dataset, c.set, m.Len(), pixels, labels)
		}
	}
}

func TestBrokenPickles(t *testing.T) {
	good := readTestdata(t, "cifar10-python3-protocol3.pickle")
	replace := func(old, new string) []byte {
		if !bytes.Contains(good, []byte(old)) {
			t.Fatalf("%q is not in the file", old)
		}
		return bytes.Replace(good, []byte(old), []byte(new), 1)
	}
	labels := "K\x00K\x03K\x06" // BININT1 0, 3, 6
	for _, c := range []struct {
		name    string
		content []byte
		want    string
	}{
		{"empty", nil, "pickle"},
		{"cut off", good[:len(good)/2], "pickle"},
		{"no pickle", []byte("<!DOCTYPE html>"), "pickle"},
		{"no dict", []byte("\x80\x02K\x01."), "no dict"},
		{"no data", replace("data", "dada"), `"data"`},
		{"no labels", replace("labels", "lapels"), `"labels"`},
		{"label too large", replace(labels, "K\x00K\x0aK\x06"), "image 1 has label 10, want 0 to 9"},
		{"label no number", replace(labels, "K\x00K\x03N"), "image 2 has label"},
		{"too few labels", replace(labels, "K\x00K\x03"), "3 images with 2 labels"},
		{"class outside the list", []byte("\x80\x02cos\nsystem\nq\x00X\x02\x00\x00\x00idq\x01\x85q\x02Rq\x03."), "holds no dict"},
	} {
		m, err := decodeCIFAR10Pickle(c.content)
		if !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, error %v, want %q", c.name, m, err, c.want)
		}
	}
	if _, err := decodeCIFAR100Pickle(good); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), `"fine_labels"`) {
		t.Errorf("CIFAR-10 as CIFAR-100: %v", err)
	}
	if _, err := decodeImageNet16(good); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), "want N x 768") {
		t.Errorf("CIFAR-10 as ImageNet16: %v", err)
	}
}

// allocated returns the bytes that were ever allocated.
func allocated() uint64 {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.TotalAlloc
}

func fuzzDecoder(f *testing.F, decode decoder, classes int) {
	f.Fuzz(func(t *testing.T, content []byte) {
		before := allocated()
		m, err := decode(content)
		// What the package comment promises, and 1 MiB for the fuzzing engine.
		if n := allocated() - before; n > 130*uint64(len(content))+3<<20 {
			t.Errorf("%d bytes allocated for a file of %d bytes", n, len(content))
		}
		if err != nil {
			if !errors.Is(err, ErrFormat) {
				t.Errorf("error %v is not ErrFormat", err)
			}
			return
		}
		if err := m.check(classes); err != nil {
			t.Error(err)
		}
		if held := m.Len() * 3 * m.Side() * m.Side(); held > len(content) {
			t.Errorf("%d bytes of pixels from a file of %d bytes", held, len(content))
		}
	})
}

// addTinyPickles adds files with images of 2x2 pixels: inputs of several
// kilobytes would keep the fuzzer busy with making them smaller.
func addTinyPickles(f *testing.F) {
	for _, writer := range []string{"python2", "python3-protocol2", "python3-protocol3", "python3-protocol4", "python3-protocol5", "fortran"} {
		f.Add(readTestdata(f, "tiny-"+writer+".pickle"))
	}
}

func FuzzCIFARPickle(f *testing.F) {
	addTinyPickles(f)
	fuzzDecoder(f, func(content []byte) (*Images, error) {
		return decodePickle(content, "labels", 2, 0, 9)
	}, 10)
}

func FuzzImageNet16(f *testing.F) {
	addTinyPickles(f)
	fuzzDecoder(f, func(content []byte) (*Images, error) {
		m, err := decodePickle(content, "labels", 2, 1, 1000)
		if err != nil {
			return nil, err
		}
		return m.firstClasses(5), nil // of the tiny files' 1, 4 and 7
	}, 5)
}
