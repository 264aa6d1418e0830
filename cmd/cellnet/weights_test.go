package main

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cellnet/internal/fixture"
	"cellnet/weights"
)

const readmeArch = "|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_3x3~1|skip_connect~2|"

func writeFile(t testing.TB, name string, data []byte) string {
	t.Helper()
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// stateOf loads the only network of a file.
func stateOf(t testing.TB, name string) (*weights.Network, *weights.StateDict) {
	t.Helper()
	f, err := weights.OpenFile(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n, err := f.Select(weights.Selector{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := n.Load()
	if err != nil {
		t.Fatal(err)
	}
	return n, s
}

func sameTensors(t *testing.T, a, b *weights.StateDict) {
	t.Helper()
	if !slices.Equal(a.Names(), b.Names()) {
		t.Errorf("names %v and %v", a.Names(), b.Names())
	}
	for name, x := range a.All() {
		if y, _ := b.Get(name); x.DType != y.DType || !slices.Equal(x.Shape, y.Shape) || !bytes.Equal(x.Data, y.Data) {
			t.Errorf("%s differs", name)
		}
	}
}

func TestWeightsShowJSON(t *testing.T) {
	var r weightsRecord
	show := func(args ...string) {
		t.Helper()
		r = weightsRecord{}
		out := mustCellnet(t, append([]string{"weights", "show", "--json"}, args...)...)
		if err := json.Unmarshal([]byte(out), &r); err != nil {
			t.Fatal(err)
		}
	}
	show(fixture.Shared(t, "data/weights/mixed-1e-999.pth"))
	if r.Format != "legacy" || len(r.Networks) != 1 || len(r.Tensors) != 309 || r.Entries["seed"] != 999.0 || len(r.NonFinite) != 0 || r.NonFinite == nil {
		t.Errorf("got %.300v", r)
	}
	n := r.Networks[0]
	if *n.Arch != r.Entries["arch"] || *n.C != 16 || *n.N != 5 || *n.Classes != 10 || *n.Seed != 999 || n.HP != nil || n.Index == nil {
		t.Errorf("got %+v", n)
	}
	if first := r.Tensors[0]; first.Name != "stem.0.weight" || first.Type != "float32" || !slices.Equal(first.Shape, []int{16, 3, 3, 3}) {
		t.Errorf("the first tensor is %+v", first)
	}

	full := fixture.Shared(t, "fixtures/bench/archive-zip/000157-FULL.pth")
	show(full)
	if len(r.Networks) != 8 || r.Tensors != nil || r.Elements != nil || *r.Networks[7].HP != 12 || *r.Networks[0].Index != 157 {
		t.Errorf("got %.300v", r)
	}
	show(full, "--hp", "200", "--trial", "cifar100:777", "--arch", "157")
	if len(r.Networks) != 1 || len(r.Tensors) != 39 || *r.Networks[0].Classes != 100 {
		t.Errorf("got %.300v", r)
	}
}

func TestWeightsShow(t *testing.T) {
	full := fixture.Shared(t, "fixtures/bench/trial/arch-000157-seed-0777.pth")
	for _, c := range []struct {
		args, words []string
	}{
		{[]string{full}, []string{"networks", "hp 12 trial cifar100:777, 39 tensors, C = 16, N = 5, classes = 100\n"}},
		{[]string{full, "--trial", "cifar10:*"}, []string{"index    157\n", "stem.1.num_batches_tracked", "scalar\n", "16x3x3x3\n", "tensors  39 with 73"}},
		{[]string{fixture.Shared(t, "data/weights/readme-1e-888.pth")}, []string{"format      zip\n", "arch        " + readmeArch}},
	} {
		out := mustCellnet(t, append([]string{"weights", "show"}, c.args...)...)
		for _, word := range c.words {
			if !strings.Contains(out, word) {
				t.Errorf("%q: no %q in\n%.1500s", c.args, word, out)
			}
		}
	}
}

func TestWeightsShowWarnsOfNaN(t *testing.T) {
	s := new(weights.StateDict)
	s.Set("fine", weights.NewFloat32([]int{1}, []float32{1}))
	s.Set("bad\x1b[31m", weights.NewFloat32([]int{2}, []float32{1, float32(math.NaN())}))
	name := filepath.Join(t.TempDir(), "net.pth")
	if err := weights.WriteFile(name, weights.Zip, s, weights.Entry{Name: "loss", Value: weights.Float(math.Inf(1))}); err != nil {
		t.Fatal(err)
	}
	want := "cellnet: warning: " + name + `: NaN or infinite numbers in "bad\x1b[31m"` + "\n"
	for _, args := range [][]string{
		{"weights", "show", name},
		{"weights", "show", name, "--json"},
		{"weights", "convert", name, name + ".safetensors"},
	} {
		r := cellnet(t, args...)
		if r.code != exitOK || r.stderr != want {
			t.Errorf("%q: code %d, %q; want %q", args, r.code, r.stderr, want)
		}
		if strings.Contains(r.stdout, "\x1b") {
			t.Errorf("%q: a control character reaches the terminal", args)
		}
	}
}

func TestWeightsConvert(t *testing.T) {
	dir := t.TempDir()
	in := fixture.Shared(t, "data/weights/mixed-1e-999.pth")
	n, want := stateOf(t, in)
	var files []string
	for i, step := range []struct {
		file, format string
		want         weights.Format
	}{
		{"a.pth", "", weights.Zip},
		{"b.safetensors", "", weights.Safetensors},
		{"c.pth", "legacy", weights.Legacy},
		{"d", "safetensors", weights.Safetensors},
		{"e.pt", "legacy", weights.Legacy},
	} {
		out := filepath.Join(dir, step.file)
		args := []string{"weights", "convert", in, out}
		if step.format != "" {
			args = append(args, "--format", step.format)
		}
		if printed := mustCellnet(t, args...); printed != "" {
			t.Errorf("%q printed %q", args, printed)
		}
		got, state := stateOf(t, out)
		sameTensors(t, want, state)
		if got.Arch != n.Arch || *got.Seed != 999 || got.C != n.C {
			t.Errorf("step %d: %+v, want %+v", i, got.Description, n.Description)
		}
		in = out
		files = append(files, out)
	}
	c, _ := os.ReadFile(files[2])
	e, _ := os.ReadFile(files[4])
	if len(c) == 0 || !bytes.Equal(c, e) {
		t.Error("the two legacy files differ")
	}
	if left, _ := filepath.Glob(dir + "/.*"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestWeightsConvertFromRecords(t *testing.T) {
	out := filepath.Join(t.TempDir(), "157.pth")
	for _, in := range []string{
		"fixtures/bench/archive/000157-FULL.pth",
		"fixtures/bench/nats-full/NATS-tss-v1_0-3ffb9-full/000157.pickle.pbz2",
	} {
		mustCellnet(t, "weights", "convert", fixture.Shared(t, in), out, "--hp", "12", "--trial", "ImageNet16-120:111")
		n, _ := stateOf(t, out)
		if n.Arch == "" || n.C != 16 || n.N != 5 || n.Classes != 120 || n.Dataset != "ImageNet16-120" || *n.Seed != 111 || n.HP != 12 {
			t.Errorf("%s: got %+v", in, n.Description)
		}
	}
}

// TestWeightsConvertNamesTheArch notes the architecture of a bare state dict.
func TestWeightsConvertNamesTheArch(t *testing.T) {
	in, out := fixture.Shared(t, "fixtures/nets/readme/weights.pth"), filepath.Join(t.TempDir(), "named.pth")
	mustCellnet(t, "weights", "convert", in, out)
	if n, _ := stateOf(t, out); n.Arch != "" || n.Entry != "" {
		t.Errorf("a bare state dict became %+v", n)
	}
	mustCellnet(t, "weights", "convert", in, out, "--arch", readmeArch)
	n, got := stateOf(t, out)
	_, want := stateOf(t, in)
	sameTensors(t, want, got)
	if n.Arch != readmeArch {
		t.Errorf("arch %q", n.Arch)
	}
}

func TestWeightsConvertWarnsOfWhatIsLost(t *testing.T) {
	dir := t.TempDir()
	s := new(weights.StateDict)
	s.Set("a", weights.NewInt64(nil, []int64{1}))
	in := filepath.Join(dir, "in.pth")
	if err := weights.WriteFile(in, weights.Legacy, s, weights.Entry{Name: "history", Value: weights.List{}}, weights.Entry{Name: "epoch", Value: weights.Int(3)}); err != nil {
		t.Fatal(err)
	}
	r := cellnet(t, "weights", "convert", in, filepath.Join(dir, "out.safetensors"))
	if want := "cellnet: warning: the format safetensors cannot keep these entries: history\n"; r.code != exitOK || r.stderr != want {
		t.Errorf("code %d, %q; want %q", r.code, r.stderr, want)
	}
	if out := mustCellnet(t, "weights", "show", filepath.Join(dir, "out.safetensors"), "--json"); !strings.Contains(out, `"entries":{"epoch":"3"}`) {
		t.Errorf("got %s", out)
	}
}

func TestWeightsErrors(t *testing.T) {
	dir := t.TempDir()
	readme := fixture.Shared(t, "fixtures/nets/readme/weights.pth")
	full := fixture.Shared(t, "fixtures/bench/archive/000157-FULL.pth")
	content, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	cut := writeFile(t, filepath.Join(dir, "cut.pth"), content[:len(content)-1000])
	random := writeFile(t, filepath.Join(dir, "random.pth"), []byte("\x13\x37 this is no file of weights"))
	evil := writeFile(t, filepath.Join(dir, "evil.pth"), []byte("\x80\x02cos\nsystem\nX\x02\x00\x00\x00id\x85R."))
	out, missing := filepath.Join(dir, "out.pth"), filepath.Join(dir, "missing", "out.pth")
	for _, f := range []failure{
		{[]string{"weights", "show"}, exitUsage, "missing argument FILE (see cellnet weights show --help)"},
		{[]string{"weights", "convert", "a.pth"}, exitUsage, "missing argument OUT (see cellnet weights convert --help)"},
		{[]string{"weights", "show", missing}, exitFailed, "reading weights " + missing + ": no such file or directory: check its name"},
		{[]string{"weights", "show", dir}, exitFailed, "reading weights " + dir + ": it is a folder"},
		{[]string{"weights", "show", random}, exitFailed, "reading weights " + random + ": it is neither a .pth file nor a pickle nor safetensors"},
		{[]string{"weights", "show", cut}, exitFailed, "reading weights " + cut + ": the file is cut off: tensor data 301 of 309 need 147456 bytes, 147176 are there: fetch it again"},
		{[]string{"weights", "show", evil}, exitFailed, "reading weights " + evil + ": no state dict is in it: it holds an instance of os.system"},
		{[]string{"weights", "show", full, "--hp", "90"}, exitFailed, "reading weights " + full + ": no network fits hp 90; there are: hp 200 trial cifar10-valid:777, hp 200 trial cifar10:777, hp 200 trial cifar100:777, hp 200 trial ImageNet16-120:777, hp 12 trial cifar10-valid:111, hp 12 trial cifar10:111, hp 12 trial cifar100:111, hp 12 trial ImageNet16-120:111"},
		{[]string{"weights", "show", full, "--trial", "cifar10"}, exitUsage, "reading weights " + full + ": 2 networks fit, choose one: hp 200 trial cifar10:777, hp 12 trial cifar10:111; use --hp, --trial or --entry (see cellnet weights show --help)"},
		{[]string{"weights", "show", full, "--hp", "twelve"}, exitUsage, `--hp "twelve" is no number of epochs (see cellnet weights show --help)`},
		{[]string{"weights", "show", full, "--trial", "cifar10:x"}, exitUsage, `--trial "cifar10:x" is not DATASET:SEED, such as cifar10:777 (see cellnet weights show --help)`},
		{[]string{"weights", "convert", full, out, "--hp", "12", "--trial", "cifar10:111", "--arch", "0"}, exitFailed, "reading weights " + full + ": no network fits arch |avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|skip_connect~1|skip_connect~2|, hp 12, trial cifar10:111; there are: hp 200 trial cifar10-valid:777, hp 200 trial cifar10:777, hp 200 trial cifar100:777, hp 200 trial ImageNet16-120:777, hp 12 trial cifar10-valid:111, hp 12 trial cifar10:111, hp 12 trial cifar100:111, hp 12 trial ImageNet16-120:111"},
		{[]string{"weights", "convert", readme, filepath.Join(dir, "out.xyz")}, exitUsage, "writing " + filepath.Join(dir, "out.xyz") + `: file extension ".xyz" tells no format, want .pth, .pt or .safetensors; or use --format (see cellnet weights convert --help)`},
		{[]string{"weights", "convert", readme, out, "--format", "onnx"}, exitUsage, "writing " + out + `: unknown format "onnx", want legacy, zip or safetensors; or use --format (see cellnet weights convert --help)`},
		{[]string{"weights", "convert", readme, missing}, exitFailed, "writing " + missing + ": no such file or directory"},
		{[]string{"weights", "convert", readme, dir, "--format", "zip"}, exitFailed, "writing " + dir + ": it is a directory"},
	} {
		f.check(t)
	}
	r := cellnet(t, "weights", "convert", readme, out, "--arch", "resnet")
	if r.code != exitFailed || !strings.HasPrefix(r.stderr, "cellnet: weights "+readme+": ") || strings.Count(r.stderr, "\n") != 1 {
		t.Errorf("another architecture: code %d, %.300q", r.code, r.stderr)
	}
	if left, _ := filepath.Glob(dir + "/*out*"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
