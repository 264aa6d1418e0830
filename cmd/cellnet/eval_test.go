package main

import (
	"bytes"
	"context"
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cellnet/cell"
	"cellnet/internal/fixture"
	"cellnet/models"
	"cellnet/train"
	"cellnet/weights"
)

// Trained weights and what PyTorch measured with them on the test images.
func TestEvalEqualsPyTorch(t *testing.T) {
	if testing.Short() {
		t.Skip("evaluates 10,000 images with each of three networks")
	}
	t.Parallel()
	images := fixture.CIFAR10(t)
	for _, name := range []string{"readme-1e-888", "mixed-1e-999", "arch11-12e-777"} {
		var want struct {
			Arch string
			File string
			Test train.Metrics
		}
		readJSONFile(t, fixture.Shared(t, "data/weights/"+name+".json"), &want)
		file := fixture.Shared(t, "data/weights/"+want.File)
		var got evalRecord
		out := mustCellnet(t, "eval", want.Arch, "--weights", file, "--dataset", "cifar10", "--data", images, "--no-verify", "--sets", "ori-test", "--json")
		if err := json.Unmarshal([]byte(out), &got); err != nil {
			t.Fatal(err)
		}
		m := got.Sets["ori-test"]
		if m.N != want.Test.N || math.Abs(m.Loss-want.Test.Loss) > 1e-4 || math.Abs(m.Top1-want.Test.Top1) > 0.02 {
			t.Errorf("%s: %+v, want %+v", name, m, want.Test)
		}
		if got.Arch != want.Arch || got.Weights != file || got.Dataset.String() != "cifar10" {
			t.Errorf("%s: record %s", name, out)
		}
	}
}

func readJSONFile(t testing.TB, path string, into any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatal(err)
	}
}

// saved writes the weights of a small network.
func saved(t testing.TB, arch string, classes int, entries ...weights.Entry) string {
	t.Helper()
	c, err := cell.Parse(arch)
	if err != nil {
		t.Fatal(err)
	}
	net, err := cell.NewNetwork(c, 4, 1, classes)
	if err != nil {
		t.Fatal(err)
	}
	p, err := models.Initialize(net, 1)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "net.pth")
	if err := weights.WriteFile(path, weights.Zip, p.StateDict(), entries...); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestEvalNamesTheArchitecture(t *testing.T) {
	named := saved(t, readmeArch, 10, weights.Description{Arch: readmeArch}.Entries()...)
	var got evalRecord
	if err := json.Unmarshal([]byte(mustCellnet(t, "eval", "--weights", named, "--dataset", "synthetic", "--json")), &got); err != nil {
		t.Fatal(err)
	}
	if got.Arch != readmeArch || got.Index == nil || *got.Index != 1 || got.Sets["ori-test"].N == 0 {
		t.Errorf("got %+v", got)
	}
	unnamed := saved(t, readmeArch, 10)
	failure{
		[]string{"eval", "--weights", unnamed, "--dataset", "synthetic"}, exitUsage,
		unnamed + " does not name its architecture: give it as ARCH (see cellnet eval --help)",
	}.check(t)
}

// Everything that a user may get wrong: one line that says what and where.
func TestEvalOfBadInput(t *testing.T) {
	good := saved(t, readmeArch, 10)
	dir := t.TempDir()
	content, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	cut := writeFile(t, filepath.Join(dir, "cut.pth"), content[:len(content)/2])
	noise := writeFile(t, filepath.Join(dir, "noise.pth"), []byte(strings.Repeat("\x8f\x13no weights", 99)))
	system := writeFile(t, filepath.Join(dir, "system.pth"), []byte("\x80\x02cposix\nsystem\nq\x00X\x04\x00\x00\x00echoq\x01\x85q\x02Rq\x03."))

	batches := filepath.Join(dir, "cifar-10-batches-py")
	if err := os.Mkdir(batches, 0o755); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(batches, "test_batch"), []byte("\x80\x02}q\x00U\x06labelsq\x01]q\x02"))
	binary := t.TempDir()
	if err := os.Mkdir(filepath.Join(binary, "cifar-10-batches-bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(binary, "cifar-10-batches-bin", "test_batch.bin"), append([]byte{200}, make([]byte, 3072)...))

	other := "|nor_conv_1x1~0|+|none~0|none~1|+|none~0|none~1|skip_connect~2|"
	eval := func(arch, file, dataset string, more ...string) []string {
		return append([]string{"eval", arch, "--weights", file, "--dataset", dataset}, more...)
	}
	for name, tt := range map[string]struct {
		args []string
		code int
		want []string // parts of the line
	}{
		"typo in an op":       {eval("|nor_conv_3x4~0|", good, "synthetic"), exitUsage, []string{"nor_conv_3x4", "nor_conv_3x3"}},
		"edge of a later one": {eval("|none~0|+|none~2|", good, "synthetic"), exitUsage, []string{"~2"}},
		"empty node":          {eval("|none~0|+||", good, "synthetic"), exitUsage, []string{"offset"}},
		"other architecture":  {eval(other, good, "synthetic"), exitFailed, []string{good, "tensor", "unexpected"}},
		"truncated weights":   {eval("1", cut, "synthetic"), exitFailed, []string{cut}},
		"no weights file":     {eval("1", noise, "synthetic"), exitFailed, []string{noise}},
		"class outside":       {eval("1", system, "synthetic"), exitFailed, []string{system, "posix.system"}},
		"no such weights":     {eval("1", dir+"/none.pth", "synthetic"), exitFailed, []string{"none.pth", "no such file"}},
		"unknown dataset":     {eval("1", good, "cifar11"), exitUsage, []string{"cifar11", "cifar100"}},
		"unknown set":         {eval("1", good, "synthetic", "--sets", "test"), exitUsage, []string{`"test"`, "ori-test"}},
		"no data folder":      {eval("1", good, "cifar10", "--data", dir+"/nowhere"), exitFailed, []string{"nowhere", "cifar-10-batches-py", "--data"}},
		"truncated batch":     {eval("1", good, "cifar10", "--data", dir, "--no-verify"), exitFailed, []string{"test_batch"}},
		"wrong sum":           {eval("1", saved(t, readmeArch, 100), "cifar100", "--data", fixture.Shared(t, "fixtures/bench/cifar100"), "--sets", "ori-test"), exitFailed, []string{"cifar-100-python/test", "MD5", "--no-verify"}},
		"label out of range":  {eval("1", good, "cifar10", "--data", binary, "--no-verify"), exitFailed, []string{"test_batch.bin", "label 200"}},
		"other classes":       {eval("1", good, "cifar100", "--data", fixture.Shared(t, "fixtures/bench/cifar100"), "--no-verify"), exitFailed, []string{"10 classes", "cifar100", "100"}},
		"no split file":       {eval("1", saved(t, readmeArch, 100), "cifar100", "--data", fixture.Shared(t, "fixtures/bench/cifar100"), "--no-verify", "--sets", "x-valid"), exitFailed, []string{"cifar100-test-split.txt", "--split"}},
		"several networks":    {eval("157", fixture.Shared(t, "fixtures/bench/archive/000157-FULL.pth"), "synthetic"), exitUsage, []string{"000157-FULL.pth", "choose one", "--trial"}},
		"nothing":             {[]string{"eval"}, exitUsage, []string{"--weights", "--dataset"}},
		"unwritable output":   {[]string{"weights", "convert", good, dir + "/none/out.pth"}, exitFailed, []string{"out.pth"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := cellnet(t, tt.args...)
			if r.code != tt.code || strings.Count(r.stderr, "\n") != 1 || r.stdout != "" {
				t.Errorf("exit code %d, want %d; printed %q and\n%s", r.code, tt.code, r.stdout, r.stderr)
			}
			if strings.Count(r.stderr, "reading weights") > 1 {
				t.Errorf("says twice what was read: %s", r.stderr)
			}
			for _, part := range tt.want {
				if !strings.Contains(r.stderr, part) {
					t.Errorf("no %q in %s", part, r.stderr)
				}
			}
		})
	}
}

func TestEvalWarnsOfNaN(t *testing.T) {
	c, err := cell.Parse(readmeArch)
	if err != nil {
		t.Fatal(err)
	}
	net, err := cell.NewNetwork(c, 4, 1, 10)
	if err != nil {
		t.Fatal(err)
	}
	p, err := models.Initialize(net, 1)
	if err != nil {
		t.Fatal(err)
	}
	p.Learnable("classifier.bias").Data().([]float32)[3] = float32(math.NaN())
	path := filepath.Join(t.TempDir(), "nan.pth")
	if err := weights.WriteFile(path, weights.Legacy, p.StateDict()); err != nil {
		t.Fatal(err)
	}
	r := cellnet(t, "eval", "1", "--weights", path, "--dataset", "synthetic", "--json")
	if r.code != exitOK || !strings.Contains(r.stderr, "warning: "+path+": NaN or infinity in classifier.bias\n") {
		t.Errorf("exit code %d: %s", r.code, r.stderr)
	}
	if !strings.Contains(r.stdout, `"loss":null`) {
		t.Errorf("printed %s", r.stdout)
	}
}

func TestPredict(t *testing.T) {
	picture := image.NewRGBA(image.Rect(0, 0, 40, 50))
	for i := range 40 {
		picture.Set(i, i, color.RGBA{200, 30, 90, 255})
	}
	path := filepath.Join(t.TempDir(), "picture.png")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(f, picture); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	net := saved(t, readmeArch, 10)
	var got prediction
	if err := json.Unmarshal([]byte(mustCellnet(t, "predict", path, "--weights", net, "--arch", "1", "--dataset", "cifar10", "--top", "10", "--json")), &got); err != nil {
		t.Fatal(err)
	}
	var sum float64
	last := 1.0
	for _, c := range got.Classes {
		sum += float64(c.Probability)
		if float64(c.Probability) > last {
			t.Errorf("classes are not in order: %+v", got.Classes)
		}
		last = float64(c.Probability)
	}
	if got.Image != path || len(got.Classes) != 10 || math.Abs(sum-1) > 1e-9 {
		t.Errorf("got %+v", got)
	}
	if out := mustCellnet(t, "predict", path, "--weights", net, "--arch", "1"); !strings.Contains(out, "%") {
		t.Errorf("printed %s", out)
	}
	r := cellnet(t, "predict", net, "--weights", net, "--arch", "1")
	if r.code != exitFailed || strings.Count(r.stderr, "\n") != 1 {
		t.Errorf("of a file that is no picture: exit code %d: %s", r.code, r.stderr)
	}
}

func TestModelShow(t *testing.T) {
	var got struct {
		Params float64 `json:"params_M"`
		Layers []cell.Layer
	}
	if err := json.Unmarshal([]byte(mustCellnet(t, "model", "show", "1", "--json")), &got); err != nil {
		t.Fatal(err)
	}
	if math.Abs(got.Params-0.802426) > 1e-9 || len(got.Layers) != 20 {
		t.Errorf("%.6f M parameters in %d layers", got.Params, len(got.Layers))
	}
	if out := mustCellnet(t, "model", "show", "1"); !strings.Contains(out, "cells.16") {
		t.Errorf("printed %s", out)
	}
}

func TestDemo(t *testing.T) {
	if testing.Short() {
		t.Skip("trains for some seconds")
	}
	t.Parallel()
	out := filepath.Join(t.TempDir(), "demo.pth")
	var got demoRecord
	if err := json.Unmarshal([]byte(mustCellnet(t, "demo", "--out", out, "--json")), &got); err != nil {
		t.Fatal(err)
	}
	if got.After.Top1 < 50 || got.Before.Top1 > 30 || got.Weights != out {
		t.Errorf("got %+v", got)
	}
}

func TestInterruptedEval(t *testing.T) {
	good := saved(t, readmeArch, 10)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stdout, stderr bytes.Buffer
	code := run(ctx, []string{"eval", "1", "--weights", good, "--dataset", "synthetic"}, strings.NewReader(""), &stdout, &stderr)
	if code != exitInterrupted || stdout.Len() > 0 || !strings.HasSuffix(stderr.String(), ": interrupted\n") {
		t.Errorf("exit code %d, printed %q and %s", code, stdout.String(), stderr.String())
	}
}
