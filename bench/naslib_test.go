package bench

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"cellnet/bench/record"
	"cellnet/data"
	"cellnet/internal/fixture"
	"cellnet/internal/pickle"
)

// exportNASLib writes a benchmark in NASLib's layout.
func exportNASLib(t *testing.T, b *Benchmark) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "nb201_cifar10_full_training.pickle")
	if err := Export(b, out, ExportOptions{Layout: record.NASLib}); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestNASLib writes NASLib's layout, reads it back and writes it again.
func TestNASLib(t *testing.T) {
	t.Run("sample", func(t *testing.T) { goThroughNASLib(t, filepath.Join("testdata", "NATS-tss-sample")) })
	for _, name := range []string{"fixtures/bench/mini/NAS-Bench-201-v1_1-mini.pth", "fixtures/bench/nats-mini/NATS-tss-v1_0-mini.pickle.pbz2"} {
		t.Run(name, func(t *testing.T) { loadInPython(t, goThroughNASLib(t, fixture.Shared(t, name))) })
	}
}

// goThroughNASLib returns the file that it wrote.
func goThroughNASLib(t *testing.T, path string) string {
	b := mustOpen(t, path)
	out := exportNASLib(t, b)
	back := mustOpen(t, out)
	if back.Layout() != record.NASLib || len(back.Stored()) != len(b.Stored()) {
		t.Fatalf("%v of %d architectures", back.Layout(), len(back.Stored()))
	}
	for a, err := range back.All() {
		if err != nil {
			t.Fatal(err)
		}
		for hp, r := range a.All() {
			want, err := b.Results(a.Index, hp)
			if err != nil {
				t.Fatal(err)
			}
			if len(r.Trials) != len(want.Datasets()) {
				t.Errorf("architecture %d has %d trials, want one on each of %v", a.Index, len(r.Trials), want.Datasets())
			}
			for _, got := range r.Trials {
				seeds, err := want.SeedsOn(got.Dataset)
				if err != nil {
					t.Fatal(err)
				}
				if slices.Contains(seeds, 888) != (got.Seed == 888) || got.Seed != 888 && got.Seed != seeds[0] {
					t.Errorf("architecture %d on %v: seed %d of %v", a.Index, got.Dataset, got.Seed, seeds)
				}
				of, err := want.Trial(got.Dataset, got.Seed)
				if err != nil {
					t.Fatal(err)
				}
				compareNASLib(t, got, of)
			}
		}
	}
	if first, second := mustRead(t, out), mustRead(t, exportNASLib(t, back)); !bytes.Equal(first, second) {
		t.Errorf("written again, %d bytes are not equal to %d", len(second), len(first))
	}
	return out
}

func mustRead(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// compareNASLib compares a trial with the one that it was written of.
func compareNASLib(t *testing.T, got, want *Trial) {
	t.Helper()
	want = want.Clone()
	want.Train.Top5 = Curve{}
	want.Dialect = record.Dialect{}
	want.HasWeights = false
	latency := want.MeanLatency()
	if got.MeanLatency() != latency {
		t.Errorf("%v: latency %v, want %v", got, got.MeanLatency(), latency)
	}
	e, ok := want.Eval(got.Evals[0].Set)
	if !ok {
		t.Fatalf("%v has %v", got, got.Evals[0].Set)
	}
	want.Evals, want.Latency, got.Latency = []Eval{*e}, nil, nil
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// loadInPython compares what Python's pickle reads with what package pickle does.
func loadInPython(t *testing.T, path string) {
	const python = "/usr/bin/python3"
	text, err := exec.Command(python, "-c", "import json, pickle, sys; json.dump(pickle.load(open(sys.argv[1], 'rb')), sys.stdout)", path).Output()
	if err != nil {
		t.Skipf("no %s: %v", python, err)
	}
	var inPython map[string]map[string]map[string]any
	if err := json.Unmarshal(text, &inPython); err != nil {
		t.Fatal(err)
	}
	root, err := pickle.Load(mustRead(t, path))
	if err != nil {
		t.Fatal(err)
	}
	for arch, datasets := range root.(*pickle.Dict).All() {
		for dataset, fields := range datasets.(*pickle.Dict).All() {
			for _, key := range []string{"train_losses", "eval_losses", "train_acc1es", "eval_acc1es", "cost_info"} {
				want, _ := fields.(*pickle.Dict).Get(key)
				if got := inPython[arch.(string)][dataset.(string)][key]; !reflect.DeepEqual(got, plain(want)) {
					t.Errorf("%v on %v: %s is %v in Python, want %v", arch, dataset, key, got, want)
				}
			}
		}
	}
}

// plain gives a tree as JSON has it.
func plain(v any) any {
	switch v := v.(type) {
	case *pickle.List:
		out := make([]any, v.Len())
		for i, item := range *v {
			out[i] = plain(item)
		}
		return out
	case *pickle.Dict:
		out := map[string]any{}
		for key, item := range v.All() {
			out[key.(string)] = plain(item)
		}
		return out
	case int:
		return float64(v)
	}
	return v
}

const naslibArch = "|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|none~0|nor_conv_3x3~1|avg_pool_3x3~2|"

// naslibFile pickles a file as NASLib's own are, without what this program adds.
func naslibFile(t *testing.T, protocol int, fields map[string]any) *bytes.Reader {
	t.Helper()
	dataset := new(pickle.Dict)
	for _, key := range []string{"train_losses", "eval_losses", "train_acc1es", "eval_acc1es", "cost_info", "more"} {
		if v, ok := fields[key]; ok {
			dataset.Set(key, v)
		}
	}
	arch, root := new(pickle.Dict), new(pickle.Dict)
	arch.Set("cifar100", dataset)
	arch.Set("ninapro", dataset)
	root.Set(naslibArch, arch)
	var out bytes.Buffer
	if err := pickle.NewWriter(&out, protocol).Write(root); err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(out.Bytes())
}

// TestNASLibOfOthers reads a file that tells no more than NASLib needs.
func TestNASLibOfOthers(t *testing.T) {
	cost := new(pickle.Dict)
	cost.Set("latency", 0.25)
	cost.Set("train_time", 60.0)
	fields := map[string]any{
		"train_losses": pickle.NewList(4.5, 4.25, 4.0), "eval_losses": pickle.NewList(4.5, 4.5, pickle.Float64Scalar(4.25)),
		"train_acc1es": pickle.NewList(1.0, 2, 3.5), "eval_acc1es": pickle.NewList(1.0, nil, 3.0), "cost_info": cost,
	}
	for _, protocol := range []int{pickle.Protocol2, pickle.Protocol4} {
		r := naslibFile(t, protocol, fields)
		b, err := Read("naslib.pickle", r, r.Size())
		if err != nil {
			t.Fatal(err)
		}
		trials, err := b.Trials(11, data.CIFAR100, 3)
		if err != nil || len(trials) != 1 {
			t.Fatalf("%v, %v", trials, err)
		}
		got := trials[0]
		m, err := got.Metrics(data.XTest, Epoch{})
		if err != nil || m.Accuracy != 3 || m.Loss != 4.25 {
			t.Errorf("%+v, %v", m, err)
		}
		if _, err := got.Metrics(data.XTest, record.AtEpoch(1)); err == nil {
			t.Error("an epoch without a number has one")
		}
		if m, err = got.Metrics(data.Train, record.AtEpoch(1)); err != nil || m.Accuracy != 2 || m.Total.Value != 40 {
			t.Errorf("%+v, %v", m, err)
		}
		net, err := got.Net.Network()
		if err != nil {
			t.Fatal(err)
		}
		if cost := net.Cost(32); got.Params != cost.Params || got.FLOPs != cost.FLOPs || got.MeanLatency() != record.NumberOf(0.25) {
			t.Errorf("%v M parameters, %v M FLOPs, %v; want %v", got.Params, got.FLOPs, got.MeanLatency(), cost)
		}
	}
}

func TestNASLibErrors(t *testing.T) {
	list := pickle.NewList(1.0, 2.0)
	for _, c := range []struct {
		fields map[string]any
		want   string
	}{
		{map[string]any{"train_losses": 3}, "train_losses is an int, want a list of numbers"},
		{map[string]any{"train_losses": pickle.NewList("x")}, "a value of train_losses is a str, want a number"},
		{map[string]any{"more": 3}, "none of train_losses"},
		{map[string]any{"train_losses": list, "cost_info": func() any {
			d := new(pickle.Dict)
			d.Set("params", "many")
			return d
		}()}, "params is a str, want a number"},
	} {
		r := naslibFile(t, pickle.Protocol4, c.fields)
		b, err := Read("naslib.pickle", r, r.Size())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.Architecture(11); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "architecture 11: cifar100") {
			t.Errorf("error %v, want %s", err, c.want)
		}
	}
	for _, keys := range [][]any{{naslibArch, "x"}, {naslibArch, "|none~0|"}} {
		root := new(pickle.Dict)
		for _, key := range keys {
			root.Set(key, new(pickle.Dict))
		}
		var out bytes.Buffer
		if err := pickle.NewWriter(&out, pickle.Protocol4).Write(root); err != nil {
			t.Fatal(err)
		}
		if b, err := Read("naslib.pickle", bytes.NewReader(out.Bytes()), int64(out.Len())); err == nil || !strings.Contains(err.Error(), "its key") {
			t.Errorf("keys %v: %v, %v", keys, b, err)
		}
	}
	t.Run("size space", func(t *testing.T) {
		b := mustOpen(t, fixture.Shared(t, "data/nats/NATS-sss-v1_0-50262-simple"))
		err := Export(b, filepath.Join(t.TempDir(), "x"), ExportOptions{Layout: record.NASLib})
		if err == nil || !strings.Contains(err.Error(), "size search space") {
			t.Errorf("error %v", err)
		}
	})
}
