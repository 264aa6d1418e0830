package data

import (
	"bytes"
	"encoding/json"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// files are names and contents below a folder.
type files map[string][]byte

func (f files) write(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range f {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// plain is a PNG of one colour.
func plain(t testing.TB, c color.Color) []byte {
	m := image.NewNRGBA(image.Rect(0, 0, 8, 8))
	for i := range 64 {
		m.Set(i%8, i/8, c)
	}
	return encodePNG(t, m)
}

func openPictures(t testing.TB, dir string, given Info) *Source {
	t.Helper()
	source, err := Open(Folder, Options{Dir: dir, Folder: given})
	if err != nil {
		t.Fatal(err)
	}
	return source
}

func labels(m *Images) []int {
	var all []int
	for i := range m.Len() {
		all = append(all, m.Label(i))
	}
	return all
}

func TestFolderOfSets(t *testing.T) {
	black, white := plain(t, color.Black), plain(t, color.White)
	var photo bytes.Buffer
	if err := jpeg.Encode(&photo, image.NewGray(image.Rect(0, 0, 9, 12)), nil); err != nil {
		t.Fatal(err)
	}
	dir := files{
		"train/b/2.png": black, "train/b/1.PNG": white, "train/b/deep/3.jpeg": photo.Bytes(),
		"train/a/x.png": white, "train/a/.hidden.png": white, "train/a/list.txt": nil,
		"train/a/cut.png":   white[:40],
		"train/.cache/z":    nil,
		"val/a/v.png":       plain(t, color.NRGBA{0, 0, 0, 0}), // transparent black
		"test/b/t.png":      plain(t, color.Gray{90}),
		"test/a/.gitignore": nil,
		"other/a/v.png":     white,
		"README":            nil,
	}.write(t)
	source := openPictures(t, dir, Info{Side: 8})
	sets, missing := source.EvaluationSets()
	if !slices.Equal(sets, []Set{XValid, OriTest}) || missing != nil {
		t.Errorf("sets %v, missing %v", sets, missing)
	}
	for _, want := range []struct {
		set    Set
		labels []int
		first  []byte // red of the first pixel
	}{
		{Train, []int{1, 0, 1, 1}, []byte{255, 255, 0, 0}}, // class 0 begins with the damaged one
		{XValid, []int{0}, []byte{255}},
		{OriTest, []int{1}, []byte{90}},
	} {
		images, err := source.Load(want.set)
		if err != nil {
			t.Fatalf("%v: %v", want.set, err)
		}
		if got := labels(images); !slices.Equal(got, want.labels) {
			t.Errorf("%v: labels %v, want %v", want.set, got, want.labels)
		}
		for i, red := range want.first {
			if got := images.Pixels(i)[0]; got != red || len(images.Pixels(i)) != 3*8*8 {
				t.Errorf("%v: image %d is %d, want %d", want.set, i, got, red)
			}
		}
	}
	if _, err := source.Load(XTest); err == nil {
		t.Error("x-test was loaded")
	}
	info, err := source.Info()
	if err != nil {
		t.Fatal(err)
	}
	want := Info{Classes: 2, ClassNames: []string{"a", "b"}, Side: 8, Normalization: Normalization{
		Mean: [3]float64{127.5, 127.5, 127.5}, Std: [3]float64{127.5, 127.5, 127.5}}}
	if !reflect.DeepEqual(info, want) {
		t.Errorf("info %+v, want %+v", info, want)
	}
	if err := info.Validate(); err != nil {
		t.Error(err)
	}
	notes := strings.Join(source.Notes(), "\n")
	for _, part := range []string{"cut.png", "list.txt", "README, other"} {
		if !strings.Contains(notes, part) {
			t.Errorf("notes have no %s:\n%s", part, notes)
		}
	}
	if strings.Contains(notes, "hidden") || strings.Contains(notes, "git") || strings.Contains(notes, "cache") {
		t.Errorf("notes of hidden files:\n%s", notes)
	}
}

// numbered has n pictures of each class, each picture of a grey of its own.
func numbered(t testing.TB, n int, classes ...string) files {
	f := files{}
	for k, class := range classes {
		for i := range n {
			f[class+"/"+string(rune('a'+i))+".png"] = plain(t, color.Gray{byte(100*k + i)})
		}
	}
	return f
}

func TestHeldOut(t *testing.T) {
	dir := numbered(t, 10, "x", "y").write(t)
	greys := func(given HeldOut, set Set) map[byte]bool {
		images, err := openPictures(t, dir, Info{Side: 4, HeldOut: given}).Load(set)
		if err != nil {
			t.Fatal(err)
		}
		all := map[byte]bool{}
		for i := range images.Len() {
			all[images.Pixels(i)[0]] = true
		}
		if want := []int{0, 1}; !slices.Equal(labels(images)[:2], want) {
			t.Errorf("%v begins with labels %v, want %v", set, labels(images)[:2], want)
		}
		return all
	}
	for _, c := range []struct {
		given HeldOut
		held  int // of 20
	}{{HeldOut{}, 4}, {HeldOut{Share: 0.5}, 10}, {HeldOut{Share: 0.5, Seed: 1}, 10}, {HeldOut{Share: 0.01}, 2}, {HeldOut{Share: 0.99}, 18}} {
		train, held := greys(c.given, Train), greys(c.given, XValid)
		if len(held) != c.held || len(train)+len(held) != 20 {
			t.Errorf("%+v: %d to train on, %d held out", c.given, len(train), len(held))
		}
		for v := range held {
			if train[v] {
				t.Errorf("%+v: picture %d is in both sets", c.given, v)
			}
		}
		if !reflect.DeepEqual(held, greys(c.given, XValid)) {
			t.Errorf("%+v: other pictures the second time", c.given)
		}
	}
	if reflect.DeepEqual(greys(HeldOut{Share: 0.5}, XValid), greys(HeldOut{Share: 0.5, Seed: 1}, XValid)) {
		t.Error("two seeds hold out the same pictures")
	}
	all := openPictures(t, dir, Info{HeldOut: HeldOut{Share: 1}})
	if images, err := all.Load(XValid); err != nil || images.Len() != 20 {
		t.Errorf("all held out: %v, %v", images, err)
	}
	if _, err := all.Load(Train); err == nil {
		t.Error("all are held out, but some are to train on")
	}
}

// What an earlier training was told is used for other pictures.
func TestFolderOfKnownClasses(t *testing.T) {
	given := Info{Classes: 3, ClassNames: []string{"x", "y", "z"}, Side: 4,
		Normalization: Normalization{Mean: [3]float64{1, 2, 3}, Std: [3]float64{4, 5, 6}}}
	dir := files{"test/z/1.png": plain(t, color.Black)}.write(t)
	source := openPictures(t, dir, given)
	if info, err := source.Info(); err != nil || !reflect.DeepEqual(info, given) {
		t.Errorf("got %+v, %v", info, err)
	}
	if images, err := source.Load(OriTest); err != nil || images.Label(0) != 2 {
		t.Errorf("got %v, %v, want a picture of class 2", images, err)
	}
	text, err := json.Marshal(given)
	if err != nil {
		t.Fatal(err)
	}
	var read Info
	if err := json.Unmarshal(text, &read); err != nil || !reflect.DeepEqual(read, given) {
		t.Errorf("%s is read as %+v, %v", text, read, err)
	}
}

func TestFolderErrors(t *testing.T) {
	good := plain(t, color.Black)
	for name, c := range map[string]struct {
		files files
		given Info
		parts []string
	}{
		"no folders":       {files{"a.png": good}, Info{}, []string{"no folders", "each class"}},
		"one class":        {files{"a/a.png": good}, Info{}, []string{"one class, a"}},
		"no pictures":      {files{"a/a.png": good, "b/b.gif": good}, Info{}, []string{"no PNG or JPEG", "b"}},
		"other class":      {files{"train/a/a.png": good, "train/b/b.png": good, "val/c/c.png": good}, Info{}, []string{"c is none of the 2 classes", "a, b"}},
		"unknown class":    {files{"a/a.png": good, "b/b.png": good}, Info{Classes: 2, ClassNames: []string{"a", "c"}}, []string{"b is none of the 2 classes"}},
		"side":             {files{"a/a.png": good, "b/b.png": good}, Info{Side: 30}, []string{"side 30", "multiple of 4"}},
		"large side":       {files{"a/a.png": good, "b/b.png": good}, Info{Side: 4096}, []string{"side 4096"}},
		"share":            {files{"a/a.png": good, "b/b.png": good}, Info{HeldOut: HeldOut{Share: 1.5}}, []string{"1.5", "at most 1"}},
		"share of nothing": {files{"a/a.png": good, "b/b.png": good}, Info{HeldOut: HeldOut{Share: math.NaN()}}, []string{"NaN"}},
	} {
		_, err := Open(Folder, Options{Dir: c.files.write(t), Folder: c.given})
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		for _, part := range c.parts {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: %q has no %q", name, err, part)
			}
		}
	}
	if _, err := Open(Folder, Options{}); err == nil || !strings.Contains(err.Error(), "--data") {
		t.Errorf("no folder: %v", err)
	}
	if _, err := Open(Folder, Options{Dir: filepath.Join(t.TempDir(), "none")}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no such folder: %v", err)
	}
	broken := openPictures(t, files{"train/a/a.png": good[:50], "train/b/b.png": nil}.write(t), Info{})
	if _, err := broken.Info(); err == nil || !strings.Contains(err.Error(), "none of the 1 pictures") && !strings.Contains(err.Error(), "none of the 2 pictures") {
		t.Errorf("damaged pictures only: %v", err)
	}
}

func TestMeasuredNormalization(t *testing.T) {
	m, err := NewImages(1, 1, [][]byte{{0, 10, 7}, {4, 10, 9}, {8, 10, 11}}, []int{0, 0, 0})
	if err != nil {
		t.Fatal(err)
	}
	got := measureNormalization(m)
	want := Normalization{Mean: [3]float64{4, 10, 9}, Std: [3]float64{math.Sqrt(32. / 3), 1, math.Sqrt(8. / 3)}}
	for c := range 3 {
		if math.Abs(got.Mean[c]-want.Mean[c]) > 1e-12 || math.Abs(got.Std[c]-want.Std[c]) > 1e-12 {
			t.Errorf("channel %d: mean %v, deviation %v, want %v and %v", c, got.Mean[c], got.Std[c], want.Mean[c], want.Std[c])
		}
	}
}

func TestFolderHasTheSameImagesOnAnyThreads(t *testing.T) {
	dir := numbered(t, 10, "x", "y", "z").write(t)
	load := func(threads int) *Images {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(threads))
		images, err := openPictures(t, dir, Info{}).Load(Train)
		if err != nil {
			t.Fatal(err)
		}
		return images
	}
	if !reflect.DeepEqual(load(1), load(5)) {
		t.Error("other images by the number of threads")
	}
}

func TestInfoOfPublishedDatasets(t *testing.T) {
	for _, d := range Datasets() {
		info, ok := d.Info()
		if !ok {
			t.Errorf("%v: not known", d)
		}
		if err := info.Validate(); err != nil {
			t.Errorf("%v: %v", d, err)
		}
	}
	if _, ok := Folder.Info(); ok {
		t.Error("a folder is known without its files")
	}
	good, _ := CIFAR10.Info()
	for name, change := range map[string]func(*Info){
		"classes":   func(i *Info) { i.Classes = 0 },
		"names":     func(i *Info) { i.Classes = 11 },
		"side":      func(i *Info) { i.Side = 33 },
		"mean":      func(i *Info) { i.Normalization.Mean[1] = math.NaN() },
		"deviation": func(i *Info) { i.Normalization.Std[2] = 0 },
		"held out":  func(i *Info) { i.HeldOut.Share = 2 },
	} {
		bad := good
		change(&bad)
		if bad.Validate() == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
