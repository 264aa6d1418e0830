package main

import (
	"bytes"
	"crypto/md5"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"cellnet/bench"
	"cellnet/data"
	"cellnet/internal/fixture"
)

func TestSizeSpace(t *testing.T) {
	lines := strings.Split(strings.TrimSuffix(mustCellnet(t, "arch", "list", "--space", "size"), "\n"), "\n")
	if len(lines) != 32768 || lines[0] != "8:8:8:8:8" || lines[11] != "8:8:8:16:32" || lines[284] != "8:8:40:32:40" || lines[32767] != "64:64:64:64:64" {
		t.Errorf("%d architectures, the first is %s", len(lines), lines[0])
	}
	for _, args := range [][]string{{"8:8:40:32:40"}, {"284", "--space", "size"}} {
		var got archRecord
		if err := json.Unmarshal([]byte(mustCellnet(t, append([]string{"arch", "show", "--json"}, args...)...)), &got); err != nil {
			t.Fatal(err)
		}
		if got.Arch.String() != "8:8:40:32:40" || got.Index == nil || *got.Index != 284 || got.Cell == nil || got.Unique != nil {
			t.Errorf("%v: got %+v", args, got)
		}
		if !strings.HasPrefix(*got.Message, "DynamicShapeTinyNet(C=(8, 8, 40, 32, 40), N=1, L=5)\n 00/05 :: ") {
			t.Errorf("message %s", *got.Message)
		}
	}
	text := mustCellnet(t, "model", "show", "8:8:40:32:40")
	if !strings.HasPrefix(text, "8:8:40:32:40, widths 8:8:40:32:40, 10 classes\n") || !strings.Contains(text, "0.144834 M  21.82799 M") {
		t.Errorf("model show prints %s", text)
	}
	if dot := mustCellnet(t, "arch", "draw", "8:8:40:32:40", "--format", "dot"); !strings.Contains(dot, "skip_connect") {
		t.Errorf("drawn is %s", dot)
	}
}

func TestSizeCostsAreThoseOfTheRecords(t *testing.T) {
	var costs struct {
		Archs, Published map[string]map[string][2]float64
	}
	if err := json.Unmarshal(readFile(t, fixture.Shared(t, "fixtures/size/costs.json")), &costs); err != nil {
		t.Fatal(err)
	}
	b, err := bench.Open(fixture.Shared(t, "data/nats/NATS-sss-v1_0-50262-simple"))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	for arch, published := range costs.Published {
		var got archRecord
		if err := json.Unmarshal([]byte(mustCellnet(t, "arch", "show", arch, "--json")), &got); err != nil {
			t.Fatal(err)
		}
		for dataset, want := range published {
			c := got.Costs[dataset]
			if math.Abs(c.FLOPs-want[0]) > 1e-9 || math.Abs(c.Params-want[1]) > 1e-9 {
				t.Errorf("%s on %s: %+v, want %v", arch, dataset, c, want)
			}
			d, err := data.ParseDataset(dataset)
			if err != nil {
				t.Fatal(err)
			}
			trials, err := b.Trials(*got.Index, d, bench.HP90)
			if err != nil {
				t.Fatal(err)
			}
			for _, trial := range trials {
				if math.Abs(c.FLOPs-trial.FLOPs) > 1e-9 || math.Abs(c.Params-trial.Params) > 1e-9 {
					t.Errorf("%s on %s: %+v, the record has %v, %v", arch, dataset, c, trial.FLOPs, trial.Params)
				}
			}
		}
	}
}

// TestFlagsThatANetworkDoesNotTake: none is passed over in silence.
func TestFlagsThatANetworkDoesNotTake(t *testing.T) {
	files := "../../internal/netfile/testdata/"
	for args, want := range map[string]string{
		"model show 11 --auxiliary":                                        "--auxiliary true: networks of cells of the benchmark don't take it",
		"model show resnet --genotype DARTS_V1":                            "--genotype DARTS_V1: networks of cells of the benchmark",
		"model show 8:8:8:8:8 --stem-multiplier 3":                         "--stem-multiplier 3: networks of the widths 8:8:8:8:8",
		"model show DARTS_V2 --genotype " + files + "search.pth":           "networks of the genotype DARTS_V2 don't take it",
		"model show DARTS_V2 --genotype-epoch 1":                           "--genotype-epoch 1: networks of the genotype DARTS_V2",
		"model show " + files + "search.pth --genotype DARTS_V1":           "--genotype DARTS_V1: networks of " + files + "search.pth",
		"model show " + files + "genotype.json --genotype-epoch 1":         "--genotype-epoch 1: networks of",
		"model show " + files + "published.config -C 8 --genotype GDAS_V1": "-C 8: networks of",
	} {
		r := cellnet(t, strings.Fields(args)...)
		if r.code != exitUsage || !strings.Contains(r.stderr, want) || strings.Count(r.stderr, "\n") != 1 {
			t.Errorf("%s: exit code %d, %q, want %d and %q", args, r.code, r.stderr, exitUsage, want)
		}
	}
}

func TestSizeErrors(t *testing.T) {
	for args, want := range map[string]string{
		"arch show 8:8:8":                                  `widths "8:8:8": 3 widths, want 3N+2, such as 5`,
		"arch show 8:8:8:8:8:":                             `width 6 is "", want a whole number`,
		"arch show 8:8:8:8:x":                              `width 5 is "x", want a whole number`,
		"arch show 8:8:0:8:8":                              "width 3 of 5 is 0, want 1 to",
		"arch show 8:8:+8:8:8":                             `width 3 is "+8", want a whole number`,
		"arch show 32768 --space size":                     "index 32768 is not in the size space, want 0 to 32767",
		"arch show 99999999999999999999 --space size":      "99999999999999999999 is not in the benchmark, want 0 to 32767",
		"arch show 1 --space width":                        `unknown search space "width", want topology or size`,
		"model show 8:8:8:8:8 -C 16":                       "-C 16: networks of the widths 8:8:8:8:8 don't take it",
		"train 8:8:8:8:8 -N 5 --dataset synthetic --out x": "-N 5: networks of the widths 8:8:8:8:8 don't take it",
		"generate --space size --archs 0 -C 8 --out x":     "-C 8: networks of the size space don't take it",
		"generate --space size --archs 0-32768 --out x":    "want a range within 0-32767",
		"generate --archs 8:8:8:8:8 --out x":               "not one of the architectures of the topology space",
		"generate --space size --archs 0 --dedup --out x":  "leave out --dedup",
		"speed 8:8:8:8":                                    "4 widths, want 3N+2",
	} {
		r := cellnet(t, strings.Fields(args)...)
		if r.code != exitUsage || !strings.Contains(r.stderr, want) || strings.Count(r.stderr, "\n") != 1 {
			t.Errorf("%s: exit code %d, %q, want %d and %q", args, r.code, r.stderr, exitUsage, want)
		}
	}
	if out := mustCellnet(t, "arch", "show", "12:8:8:8:8"); !strings.Contains(out, "not in the benchmark") {
		t.Errorf("widths outside of the space: %s", out)
	}
}

// smallSize are arguments of a training of a network of widths.
func smallSize(out string, more ...string) []string {
	return append([]string{"train", "284", "--space", "size", "--dataset", "synthetic", "--hp", "01", "--batch", "16", "--limit", "40", "--out", out}, more...)
}

func TestSizeTraining(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	dir := t.TempDir()
	var first []byte
	for n, name := range []string{1: "one", 2: "two", 3: "three"} {
		if n == 0 {
			continue
		}
		runtime.GOMAXPROCS(n)
		mustCellnet(t, smallSize(filepath.Join(dir, name))...)
		got := readFile(t, dir, name, "weights.pth")
		if first == nil {
			first = got
		}
		if !bytes.Equal(got, first) {
			t.Errorf("weights of %d processors differ from those of one", n)
		}
	}
	file := filepath.Join(dir, "one", "weights.pth")
	text := mustCellnet(t, "weights", "show", file)
	for _, want := range []string{"widths 8:8:40:32:40, classes = 10", "arch 8:8:40:32:40", "index 284"} {
		if !strings.Contains(strings.Join(strings.Fields(text), " "), want) {
			t.Errorf("weights show lacks %q: %.300s", want, text)
		}
	}
	// Without what the file tells beside its tensors, too.
	bare := filepath.Join(dir, "bare.safetensors")
	mustCellnet(t, "weights", "convert", file, bare, "--arch", "8:8:40:32:40")
	var named, read evalRecord
	for args, got := range map[string]*evalRecord{"": &read, "8:8:40:32:40": &named} {
		arguments := append(strings.Fields("eval "+args), "--weights", bare, "--dataset", "synthetic", "--sets", "ori-test", "--json")
		if err := json.Unmarshal([]byte(mustCellnet(t, arguments...)), got); err != nil {
			t.Fatal(err)
		}
	}
	if read.Arch != "8:8:40:32:40" || read.Index == nil || *read.Index != 284 || read.Sets["ori-test"].Loss != named.Sets["ori-test"].Loss {
		t.Errorf("evaluated %+v, and by its name %+v", read, named)
	}
	r := cellnet(t, "eval", "8:8:40:32:48", "--weights", bare, "--dataset", "synthetic")
	if r.code == exitOK || !strings.Contains(r.stderr, "8:8:40:32:40") {
		t.Errorf("other widths: exit code %d, %s", r.code, r.stderr)
	}
}

// fewCIFAR10 is a folder with a few images in the published layout.
func fewCIFAR10(t *testing.T) string {
	t.Helper()
	const record, images = 1 + 3*32*32, 2
	dir := t.TempDir()
	folder := filepath.Join(dir, "cifar-10-batches-bin")
	if err := os.Mkdir(folder, 0o777); err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for _, name := range []string{"data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch"} {
		content := make([]byte, images*record)
		for i := range content {
			content[i] = byte(r.Uint32())
		}
		for i := range images {
			content[i*record] = byte(i)
		}
		if err := os.WriteFile(filepath.Join(folder, name+".bin"), content, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// sizesGenerated leaves trials of three sizes in all recipes in a folder.
func sizesGenerated(t *testing.T) string {
	t.Helper()
	out, images := filepath.Join(t.TempDir(), "trials"), fewCIFAR10(t)
	for _, hp := range []string{"01", "12", "90"} {
		var got generateRecord
		text := mustCellnet(t, "generate", "--space", "size", "--archs", "0,11,284", "--datasets", "cifar10", "--data", images, "--no-verify",
			"--hp", hp, "--batch", "4", "--limit", "4", "--out", out, "--json")
		if err := json.Unmarshal([]byte(text), &got); err != nil {
			t.Fatal(err)
		}
		if got.Trained != 3 || got.Folder != filepath.Join(out, "raw-data-"+hp) {
			t.Errorf("hp %s: %+v", hp, got)
		}
		if _, err := os.Stat(filepath.Join(got.Folder, "arch-000284-seed-0777.pth")); err != nil {
			t.Error(err)
		}
	}
	return out
}

func TestGenerateSizes(t *testing.T) {
	out, dir := sizesGenerated(t), t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	var got collectRecord
	text := mustCellnet(t, "collect", out, "--nats", at("NATS-sss-XXXXX.pickle.pbz2"), "--nats-simple", at("NATS-sss-XXXXX-simple"), "--nats-full", at("NATS-sss-XXXXX-full"), "--latency", "1", "--json")
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	if got.Files != 9 || got.Added != 9 || got.Archs != 3 || len(got.Written) != 3 {
		t.Fatalf("printed %s", text)
	}
	file, simple, full := got.Written[0], got.Written[1], got.Written[2]
	sum := fmt.Sprintf("%x", md5.Sum(readFile(t, file)))
	digits := sum[len(sum)-5:]
	for path, want := range map[string]string{file: digits + ".pickle.pbz2", simple: digits + "-simple", full: digits + "-full"} {
		if path != at("NATS-sss-"+want) {
			t.Errorf("wrote %s, want its MD5 sum %s in the name", path, sum)
		}
	}
	if names, err := os.ReadDir(dir); err != nil || len(names) != 3 {
		t.Errorf("the folder holds %v, %v", names, err)
	}
	for _, path := range append(got.Written, out) {
		var config struct {
			Name, Channels string
		}
		if err := json.Unmarshal([]byte(mustCellnet(t, "query", path, "config", "11", "--dataset", "cifar10", "--json")), &config); err != nil {
			t.Fatal(err)
		}
		if config.Name != "infer.shape.tiny" || config.Channels != "8:8:8:16:32" {
			t.Errorf("%s: %+v", path, config)
		}
		for _, hp := range []string{"01", "12", "90"} {
			show := mustCellnet(t, "query", path, "info", "284", "--hp", hp)
			if !strings.Contains(show, "8:8:40:32:40") || !strings.Contains(show, "cifar10") {
				t.Errorf("%s, hp %s: %s", path, hp, show)
			}
		}
	}
	if r := cellnet(t, "collect", out, "--archive", at("archive")); r.code != exitFailed || !strings.Contains(r.stderr, "no place for recipes and networks of the size search space") {
		t.Errorf("NAS-Bench-201's layout: exit code %d, %s", r.code, r.stderr)
	}
	if r := cellnet(t, "collect", out, "--nats-simple", at("XXXXX-simple")); r.code != exitUsage || !strings.Contains(r.stderr, "XXXXX stands for the MD5 sum of the file of --nats") {
		t.Errorf("no file to name a folder by: exit code %d, %s", r.code, r.stderr)
	}
	again := cellnet(t, "collect", out, "--nats", at("NATS-sss-XXXXX.pickle.pbz2"), "--nats-simple", at("NATS-sss-XXXXX-simple"), "--latency", "0")
	if again.code != exitOK {
		t.Errorf("with other latencies: exit code %d, %s", again.code, again.stderr)
	}
	again = cellnet(t, "collect", out, "--nats", at("NATS-sss-XXXXX.pickle.pbz2"), "--nats-simple", at("NATS-sss-XXXXX-simple"), "--latency", "0")
	if again.code == exitOK {
		t.Errorf("in the place of the same files: %s", again.stdout)
	}
	likeReal(t, file, simple, full)
}

// likeReal has Python's pickle load what was collected, and
// compares it with the real records, key for key.
func likeReal(t *testing.T, paths ...string) {
	const python = "/usr/bin/python3"
	real := fixture.Shared(t, "data/nats/NATS-sss-v1_0-50262-simple")
	if err := exec.Command(python, "-c", "import numpy, torch").Run(); err != nil {
		t.Skipf("no %s with NumPy and PyTorch: %v", python, err)
	}
	for _, path := range paths {
		out, err := exec.Command(python, "../../train/collect/testdata/likereal.py", path, real, "cifar10").CombinedOutput()
		if err != nil || !strings.Contains(string(out), "like the real one") {
			t.Errorf("%s: %v\n%s", path, err, out)
		}
	}
}
