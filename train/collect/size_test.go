package collect

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"cellnet/bench"
	"cellnet/bench/record"
	"cellnet/bench/trialfile"
	"cellnet/cell"
	"cellnet/data"
	"cellnet/internal/fixture"
)

// sizeTrials is what the fixture tells of its trial files.
type sizeTrials struct {
	Index     int
	Arch      string
	Seeds     map[string][]int
	Collected map[string]struct {
		Latency   float64
		TrainTime float64            `json:"train_time"`
		EvalTimes map[string]float64 `json:"eval_times"`
	}
	Last map[string]map[string]map[string]map[string]struct {
		Losses float64
		Acc1es float64
	}
}

// exportSize writes a collection of the size space and opens it again.
func exportSize(t *testing.T, c *Collection, layout bench.Layout, withWeights bool) (*bench.Benchmark, string) {
	t.Helper()
	name := "NATS-sss-v1_0-own-full"
	if layout == record.NATSFile {
		name = "NATS-sss-v1_0-own.pickle.pbz2"
	}
	path := filepath.Join(t.TempDir(), name)
	b, err := c.Benchmark(layout.API())
	if err != nil {
		t.Fatal(err)
	}
	options := bench.ExportOptions{Layout: layout}
	if withWeights {
		options.Weights = c.Weights
	}
	if err := bench.Export(b, path, options); err != nil {
		t.Fatal(err)
	}
	opened, err := bench.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { opened.Close() })
	return opened, path
}

func TestSizeTrialsOfThePublishedProgram(t *testing.T) {
	folder := fixture.Shared(t, "fixtures/size/trials")
	var want sizeTrials
	content, err := os.ReadFile(filepath.Join(folder, "expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(content, &want); err != nil {
		t.Fatal(err)
	}
	trialFolder, err := bench.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer trialFolder.Close()
	published, measured := collect(t, Options{PublishedTimes: true}, folder), collect(t, Options{}, folder)
	simple, simplePath := exportSize(t, published, record.NATSFolder, false)
	file, _ := exportSize(t, measured, record.NATSFile, false)
	full, _ := exportSize(t, published, record.NATSFolder, true)
	for name, b := range map[string]*bench.Benchmark{"trial files": trialFolder, "file": file, "simple": simple, "full": full} {
		if space, err := b.Space(); err != nil || space != bench.Size {
			t.Errorf("%s: search space %v, %v", name, space, err)
		}
		if arch, err := b.ArchString(want.Index); err != nil || arch != want.Arch {
			t.Errorf("%s: arch %q, %v", name, arch, err)
		}
		replaced := b == simple || b == full
		for hpText, seeds := range want.Last {
			hp, err := bench.ParseHP(hpText)
			if err != nil {
				t.Fatal(err)
			}
			for seedText, datasets := range seeds {
				for datasetName, sets := range datasets {
					d, err := data.ParseDataset(datasetName)
					if err != nil {
						t.Fatal(err)
					}
					seed, _ := strconv.Atoi(seedText)
					r, err := b.Results(want.Index, hp)
					if err != nil {
						t.Fatalf("%s: %v", name, err)
					}
					trial, err := r.Trial(d, seed)
					if err != nil {
						t.Fatalf("%s: %v", name, err)
					}
					for setName, numbers := range sets {
						set, _ := data.ParseSet(setName)
						e, ok := trial.Eval(set)
						if !ok {
							t.Fatalf("%s: no %v", name, set)
						}
						last := trial.Epochs - 1
						if loss, _ := e.Loss.At(last); loss != numbers.Losses {
							t.Errorf("%s: hp %v seed %d %v %v: loss %v, want %v", name, hp, seed, d, set, loss, numbers.Losses)
						}
						if top1, _ := e.Top1.At(last); top1 != numbers.Acc1es {
							t.Errorf("%s: hp %v seed %d %v %v: top-1 %v, want %v", name, hp, seed, d, set, top1, numbers.Acc1es)
						}
						wantSeconds, ok := want.Collected[datasetName].EvalTimes[setName]
						if seconds, _ := e.Seconds.At(last); replaced && (!ok || !near(seconds, wantSeconds)) || !replaced && last > 0 && seconds == wantSeconds {
							t.Errorf("%s: hp %v seed %d %v %v: %v s, those of seed 777 of 01 are %v", name, hp, seed, d, set, seconds, wantSeconds)
						}
					}
					if seconds, _ := trial.Train.Seconds.At(0); replaced && !near(seconds, want.Collected[datasetName].TrainTime) {
						t.Errorf("%s: hp %v seed %d %v: %v s of training, want %v", name, hp, seed, d, seconds, want.Collected[datasetName].TrainTime)
					}
					if replaced && (len(trial.Latency) != 1 || trial.Latency[0] != want.Collected[datasetName].Latency) {
						t.Errorf("%s: hp %v seed %d %v: latency %v, want %v", name, hp, seed, d, trial.Latency, want.Collected[datasetName].Latency)
					}
				}
			}
		}
	}
	if state, err := full.Weights(want.Index, data.CIFAR10, bench.HP12, 777); err != nil || state.Len() == 0 {
		t.Errorf("weights in the full folder: %v", err)
	}
	if state, err := full.Weights(want.Index, data.CIFAR10, bench.HP1, 777); err != nil || state != nil {
		t.Errorf("the full folder has weights of recipe 01, the published one has none: %v", err)
	}

	const python = "/usr/bin/python3"
	if err := exec.Command(python, "-c", "import numpy").Run(); err != nil {
		t.Skipf("no %s with NumPy: %v", python, err)
	}
	real := fixture.Shared(t, "data/nats/NATS-sss-v1_0-50262-simple/000000.pickle.pbz2")
	out, err := exec.Command(python, "testdata/likereal.py", filepath.Join(simplePath, "000000.pickle.pbz2"), real).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "like the real one") {
		t.Errorf("%v\n%s", err, out)
	}
}

func near(a, b float64) bool { return math.Abs(a-b) <= 1e-15*math.Abs(b)*90 }

// TestPartialSizeSets collects trials without recipe 01, which the published times
// need.
func TestPartialSizeSets(t *testing.T) {
	from := fixture.Shared(t, "fixtures/size/trials/raw-data-12/arch-000000-seed-0777.pth")
	content, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, trialfile.Name(0, 777)), content, 0o666); err != nil {
		t.Fatal(err)
	}
	c := collect(t, Options{}, dir)
	b, _ := exportSize(t, c, record.NATSFile, false)
	if hps, err := b.Architecture(0); err != nil || len(hps.HPs()) != 1 {
		t.Errorf("recipes %v, %v", hps, err)
	}
	if _, err := Trials(t.Context(), []string{dir}, Options{PublishedTimes: true}); err == nil || !strings.Contains(err.Error(), "01") {
		t.Errorf("published times without recipe 01: %v", err)
	}
	merged, err := c.Benchmark(bench.NAS201)
	if err != nil {
		t.Fatal(err)
	}
	if err := bench.Export(merged, filepath.Join(t.TempDir(), "b.pth"), bench.ExportOptions{Layout: record.NASBench201}); err == nil || !strings.Contains(err.Error(), "no place for recipes and networks of the size search space") {
		t.Errorf("NAS-Bench-201's layout: %v", err)
	}

	// Under the name of another architecture, and beside a trial of the other space.
	other := t.TempDir()
	if err := os.WriteFile(filepath.Join(other, trialfile.Name(5, 777)), content, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Trials(t.Context(), []string{other}, Options{}); err == nil || !strings.Contains(err.Error(), `arch_config is of "8:8:8:8:8", but the name of the file of 8:8:8:8:48`) {
		t.Errorf("another name: %v", err)
	}
	small(t, dir, 157, 777, bench.HP12, 5)
	if _, err := Trials(t.Context(), []string{dir}, Options{}); !errors.Is(err, bench.ErrSpace) {
		t.Errorf("collecting both spaces: %v", err)
	}
	both, err := bench.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer both.Close()
	if _, err := both.Architecture(157); !errors.Is(err, bench.ErrSpace) {
		t.Errorf("reading both spaces: %v", err)
	}
}

func TestTimesAreOfTheSizeSpace(t *testing.T) {
	dir := t.TempDir()
	small(t, dir, 157, 777, bench.HP12, 5)
	if _, err := Trials(t.Context(), []string{dir}, Options{PublishedTimes: true}); !errors.Is(err, errTimesSpace) {
		t.Errorf("error %v", err)
	}
	if cell.Size.Count() != 32768 {
		t.Error("the size space has 32,768 architectures")
	}
}
