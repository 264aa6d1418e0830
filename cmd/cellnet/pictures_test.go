package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/image/draw"

	"cellnet/data"
	"cellnet/internal/fixture"
	"cellnet/internal/rundir"
	"cellnet/train"
)

// pictureOf is an image as a picture of 64 x 64.
func pictureOf(images *data.Images, i int) *image.NRGBA {
	side := images.Side()
	small, large := image.NewNRGBA(image.Rect(0, 0, side, side)), image.NewNRGBA(image.Rect(0, 0, 64, 64))
	plane, pixels := side*side, images.Pixels(i)
	for k := range plane {
		small.SetNRGBA(k%side, k/side, color.NRGBA{pixels[k], pixels[plane+k], pixels[2*plane+k], 255})
	}
	draw.BiLinear.Scale(large, large.Bounds(), small, small.Bounds(), draw.Src, nil)
	return large
}

func writePicture(t testing.TB, path string, m image.Image) {
	t.Helper()
	var b bytes.Buffer
	var err error
	if filepath.Ext(path) == ".png" {
		err = png.Encode(&b, m)
	} else {
		err = jpeg.Encode(&b, m, nil)
	}
	if err == nil {
		err = os.MkdirAll(filepath.Dir(path), 0o777)
	}
	if err == nil {
		err = os.WriteFile(path, b.Bytes(), 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// writeClasses writes n images of each of two classes, PNG and JPEG in turn, and
// returns their paths.
func writeClasses(t testing.TB, dir string, images *data.Images, labels map[int]string, n int) map[string][]string {
	paths := map[string][]string{}
	for i := range images.Len() {
		name, ok := labels[images.Label(i)]
		if !ok || len(paths[name]) == n {
			continue
		}
		path := filepath.Join(dir, name, fmt.Sprintf("%04d%s", i, []string{".png", ".jpeg"}[len(paths[name])%2]))
		writePicture(t, path, pictureOf(images, i))
		paths[name] = append(paths[name], path)
	}
	return paths
}

// addOddities puts a damaged picture, a grey one and a transparent one into a
// class's folder, and files of other kinds.
func addOddities(t testing.TB, folder string, like image.Image) {
	grey, clear := image.NewGray(like.Bounds()), image.NewNRGBA(like.Bounds())
	draw.Draw(grey, grey.Bounds(), like, image.Point{}, draw.Src)
	draw.DrawMask(clear, clear.Bounds(), like, image.Point{}, image.NewUniform(color.Alpha{128}), image.Point{}, draw.Src)
	writePicture(t, filepath.Join(folder, "grey.jpg"), grey)
	writePicture(t, filepath.Join(folder, "clear.png"), clear)
	var whole bytes.Buffer
	if err := png.Encode(&whole, like); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"damaged.png": whole.Bytes()[:whole.Len()/2], ".hidden.png": nil, "notes.txt": nil} {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// checkOwnPictures trains on a folder, twice with an interruption in one of them,
// evaluates, and predicts pictures by class. It wants a top-1 accuracy in percent
// on a set.
func checkOwnPictures(t *testing.T, dir string, side, epochs int, set string, images int, above float64, pictures map[string][]string) {
	t.Helper()
	out := filepath.Join(t.TempDir(), "whole")
	arguments := func(out string) []string {
		return []string{"train", "resnet", "--dataset", "folder", "--data", dir, "--side", fmt.Sprint(side), "-C", "4", "-N", "1",
			"--epochs", fmt.Sprint(epochs), "--batch", "16", "--lr", "0.05", "--out", out, "--json"}
	}
	r := cellnet(t, arguments(out)...)
	if r.code != exitOK {
		t.Fatalf("exit code %d: %s", r.code, r.stderr)
	}
	for _, part := range []string{"damaged.png", "notes.txt"} {
		if !strings.Contains(r.stderr, part) {
			t.Errorf("no note of %s: %s", part, r.stderr)
		}
	}
	if strings.Contains(r.stderr, "hidden") {
		t.Errorf("a note of a hidden file: %s", r.stderr)
	}
	var trained trainRecord
	if err := json.Unmarshal([]byte(r.stdout), &trained); err != nil {
		t.Fatal(err)
	}
	if m := trained.Sets[set]; m.N != images || m.Top1 < above {
		t.Errorf("trained to %+v on %s, want %d images and %g %%", m, set, images, above)
	}

	var plan rundir.Plan
	if err := json.Unmarshal(readFile(t, out, "run.json"), &plan); err != nil {
		t.Fatal(err)
	}
	if info := plan.Run.Folder; info.Validate() != nil || info.Classes != 2 || info.Side != side {
		t.Errorf("run.json has %+v", info)
	}

	var evaluated evalRecord
	if err := json.Unmarshal([]byte(mustCellnet(t, "eval", "--weights", trained.Weights, "--dataset", "folder", "--data", dir, "--json")), &evaluated); err != nil {
		t.Fatal(err)
	}
	if got, want := evaluated.Sets[set], trained.Sets[set]; got.N != want.N || got.Top1 != want.Top1 {
		t.Errorf("evaluated to %+v, in training to %+v", got, want)
	}

	right, all := 0, 0
	for class, paths := range pictures {
		printed := json.NewDecoder(strings.NewReader(mustCellnet(t, append([]string{"predict", "--weights", trained.Weights, "--json"}, paths...)...)))
		for printed.More() {
			var p prediction
			if err := printed.Decode(&p); err != nil {
				t.Fatal(err)
			}
			if all++; p.Classes[0].Name == class {
				right++
			}
		}
	}
	if 100*float64(right)/float64(all) < above {
		t.Errorf("%d of %d pictures are predicted right, want %g %%", right, all, above)
	}

	parts := filepath.Join(t.TempDir(), "parts")
	ctx, cancel := context.WithCancel(t.Context())
	stderr := &interrupter{when: "epoch 2/", cancel: cancel}
	if code := run(ctx, arguments(parts), strings.NewReader(""), new(bytes.Buffer), stderr); code != exitInterrupted {
		t.Fatalf("exit code %d, want %d: %s", code, exitInterrupted, stderr)
	}
	mustCellnet(t, "train", "--resume", "--out", parts)
	if !bytes.Equal(readFile(t, out, "weights.pth"), readFile(t, parts, "weights.pth")) {
		t.Error("the weights differ from those of an uninterrupted training")
	}
	mustCellnet(t, append(arguments(parts), "--resume")...)
	if r := cellnet(t, append(arguments(parts), "--resume", "--holdout-seed", "5", "--side", "12")...); r.code != exitFailed || !strings.Contains(r.stderr, "resume with the same arguments") {
		t.Errorf("resuming with another side: exit code %d, %s", r.code, r.stderr)
	}
}

func TestOwnPictures(t *testing.T) {
	t.Parallel()
	source, err := data.Open(data.Synthetic, data.Options{Synthetic: data.SyntheticSize{Train: 600, Test: 1}})
	if err != nil {
		t.Fatal(err)
	}
	images, err := source.Load(data.Train)
	if err != nil {
		t.Fatal(err)
	}
	labels := map[int]string{0: data.Synthetic.ClassNames()[0], 3: data.Synthetic.ClassNames()[3]}
	dir := t.TempDir()
	paths := writeClasses(t, dir, images, labels, 60)
	addOddities(t, filepath.Join(dir, labels[0]), pictureOf(images, 0))
	checkOwnPictures(t, dir, 16, 8, "x-valid", 24, 80, paths) // of 63 and 60 a fifth, 13 and 12; the damaged one is among them
}

func TestOwnPicturesOfCIFAR10(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a while")
	}
	source, err := data.Open(data.CIFAR10, data.Options{Dir: fixture.CIFAR10(t), NoVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	images, err := source.Load(data.OriTest)
	if err != nil {
		t.Fatal(err)
	}
	labels := map[int]string{0: "airplane", 6: "frog"}
	dir := t.TempDir()
	writeClasses(t, filepath.Join(dir, "train"), images.Select(numbers(0, 7000)), labels, 300)
	paths := writeClasses(t, filepath.Join(dir, "test"), images.Select(numbers(7000, 10000)), labels, 50)
	addOddities(t, filepath.Join(dir, "train", "frog"), pictureOf(images, 4))
	checkOwnPictures(t, dir, 32, 8, "ori-test", 100, 80, paths)
}

func numbers(from, to int) (all []int) {
	for i := from; i < to; i++ {
		all = append(all, i)
	}
	return all
}

func TestOwnPicturesInTrials(t *testing.T) {
	t.Parallel()
	dir, out := t.TempDir(), t.TempDir()
	images, err := data.NewImages(2, 2, [][]byte{make([]byte, 12), bytes.Repeat([]byte{200}, 12)}, []int{0, 1})
	if err != nil {
		t.Fatal(err)
	}
	many := images.Select([]int{0, 0, 0, 0, 1, 1, 1, 1})
	paths := writeClasses(t, dir, many, map[int]string{0: "dark", 1: "light"}, 4)
	arguments := []string{"generate", "--archs", "1", "--datasets", "folder", "--data", dir, "--side", "8", "-C", "4", "-N", "1", "--epochs", "1", "--batch", "4", "--out", out, "--json"}
	var plan planRecord
	if err := json.Unmarshal([]byte(mustCellnet(t, append(arguments, "--plan")...)), &plan); err != nil {
		t.Fatal(err)
	}
	if plan.GFLOPs <= 0 || plan.Left != 1 {
		t.Errorf("planned %+v", plan)
	}
	mustCellnet(t, arguments...)
	file := filepath.Join(plan.Folder, plan.LeftFiles[0])
	// The published layout has no place for what is known of the pictures.
	r := cellnet(t, "predict", paths["dark"][0], "--weights", file)
	if r.code != exitFailed || !strings.Contains(r.stderr, "--data") {
		t.Errorf("exit code %d: %s", r.code, r.stderr)
	}
	if got := mustCellnet(t, "predict", paths["dark"][0], "--weights", file, "--data", dir, "--side", "8"); !strings.Contains(got, "light") {
		t.Errorf("predicted %s", got)
	}
	var evaluated evalRecord
	if err := json.Unmarshal([]byte(mustCellnet(t, "eval", "--weights", file, "--dataset", "folder", "--data", dir, "--side", "8", "--sets", "train,x-valid", "--json")), &evaluated); err != nil {
		t.Fatal(err)
	}
	if sets := evaluated.Sets; len(sets) != 2 || sets["train"] == (train.Metrics{}) || sets["train"].N+sets["x-valid"].N != 8 {
		t.Errorf("evaluated %+v", evaluated)
	}
	if r := cellnet(t, "generate", "--archs", "1", "--datasets", "synthetic", "--side", "8", "--out", t.TempDir()); r.code != exitUsage {
		t.Errorf("a side for the synthetic dataset: exit code %d: %s", r.code, r.stderr)
	}
}

func TestPredictOfOtherClassesPrintsNumbers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "picture.png")
	writePicture(t, path, image.NewGray(image.Rect(0, 0, 40, 40)))
	net := saved(t, readmeArch, 7)
	for _, dataset := range [][]string{nil, {"--dataset", "cifar10"}} {
		r := cellnet(t, append([]string{"predict", path, "--weights", net, "--arch", "1", "--top", "7", "--json"}, dataset...)...)
		var got prediction
		if err := json.Unmarshal([]byte(r.stdout), &got); err != nil {
			t.Fatal(err, r.stderr)
		}
		for _, c := range got.Classes {
			if c.Name != fmt.Sprint(c.Class) {
				t.Errorf("class %d is named %s", c.Class, c.Name)
			}
		}
		if len(got.Classes) != 7 || !strings.Contains(r.stderr, "note: cifar10 has 10 classes, the network 7") {
			t.Errorf("got %+v, printed %s", got, r.stderr)
		}
	}
}
