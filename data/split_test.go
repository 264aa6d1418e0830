package data

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"cellnet/internal/fixture"
)

// The sum is that of Python: random.seed(1021); random.shuffle(l);
// sorted(l[:25000]), one number a line.
func TestCIFAR10Split(t *testing.T) {
	train, valid := cifar10Split()
	h := sha256.New()
	for _, i := range train {
		fmt.Fprintln(h, i)
	}
	if got := fmt.Sprintf("%x", h.Sum(nil)); got != "d7e2cfd6e1e71b9e1ee1d9e8d74dc9027a7c22cd6e0b910908742dd548a4c2d5" {
		t.Errorf("SHA-256 of the training half is %s, it begins with %d", got, train[:5])
	}
	all := slices.Concat(train, valid)
	slices.Sort(all)
	for i, v := range all {
		if i != v {
			t.Fatal("the halves are no partition")
		}
	}
	if len(all) != 50000 || !slices.IsSorted(valid) {
		t.Errorf("%d images, validation sorted: %v", len(all), slices.IsSorted(valid))
	}
}

func TestPublishedSplits(t *testing.T) {
	for dataset, name := range splitFileNames {
		content, err := os.ReadFile(fixture.Shared(t, "data/splits/"+name))
		if err != nil {
			t.Fatal(err)
		}
		split, err := parseTestSplit(content)
		if err != nil {
			t.Fatal(err)
		}
		if len(split.xValid) != dataset.Count(XValid) || len(split.xTest) != dataset.Count(XTest) {
			t.Errorf("%v: %d and %d images", dataset, len(split.xValid), len(split.xTest))
		}
		all := slices.Concat(split.xValid, split.xTest)
		slices.Sort(all)
		if all[0] != 0 || all[len(all)-1] != dataset.Count(OriTest)-1 {
			t.Errorf("%v: images %d to %d", dataset, all[0], all[len(all)-1])
		}
	}
}

func TestBrokenSplits(t *testing.T) {
	for _, c := range []struct{ content, want string }{
		{``, "unexpected end"},
		{`{"xvalid": ["int", ["1"`, "unexpected end"},
		{`[]`, "not a split file"},
		{`{}`, `"xvalid" and "xtest"`},
		{`{"xvalid": ["int", ["1"]]}`, `"xvalid" and "xtest"`},
		{`{"xvalid": null, "xtest": null}`, `"xvalid" and "xtest"`},
		{`{"xvalid": ["1"], "xtest": ["int", ["0"]]}`, "list of 1 parts"},
		{`{"xvalid": ["str", ["1"]], "xtest": ["int", ["0"]]}`, `type "str"`},
		{`{"xvalid": ["int", ["one"]], "xtest": ["int", ["0"]]}`, `index "one"`},
		{`{"xvalid": ["int", ["-1"]], "xtest": ["int", ["0"]]}`, `index "-1"`},
		{`{"xvalid": ["int", [1]], "xtest": ["int", ["0"]]}`, "number"},
		{`{"xvalid": ["int", "1"], "xtest": ["int", ["0"]]}`, "string"},
		{`{"xvalid": ["int", ["1", "2"]], "xtest": ["int", ["2"]]}`, "image 2 is named twice"},
	} {
		if split, err := parseTestSplit([]byte(c.content)); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, error %v, want %q", c.content, split, err, c.want)
		}
	}
}

func FuzzSplit(f *testing.F) {
	f.Add([]byte(`{"xvalid": ["int", ["1", "3"]], "xtest": ["int", ["0", "2"]]}`))
	f.Add([]byte(`{"xtest": ["int", []], "xvalid": ["int", ["99999999999999999999"]]}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		split, err := parseTestSplit(content)
		if err != nil {
			if !errors.Is(err, ErrFormat) {
				t.Errorf("error %v is not ErrFormat", err)
			}
			return
		}
		seen := map[int]bool{}
		for _, i := range slices.Concat(split.xValid, split.xTest) {
			if i < 0 || seen[i] {
				t.Errorf("index %d", i)
			}
			seen[i] = true
		}
	})
}
