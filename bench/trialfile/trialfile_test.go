package trialfile

import (
	"bytes"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"cellnet/bench/record"
	"cellnet/cell"
	"cellnet/data"
	"cellnet/internal/fixture"
	"cellnet/internal/pickle"
	"cellnet/internal/torchfile"
	"cellnet/weights"
)

// invented is a training of architecture 157 of two epochs.
func invented(t testing.TB, d data.Dataset) Training {
	t.Helper()
	c, err := cell.FromIndex(157)
	if err != nil {
		t.Fatal(err)
	}
	state := new(weights.StateDict)
	state.Set("classifier.bias", weights.NewFloat32([]int{2}, []float32{1, 2}))
	curve := func(first float64) record.Curve { return record.Curve{Values: []float64{first, first + 1}} }
	training := Training{
		Trial: record.Trial{
			Dataset: d, Seed: 777, Epochs: 2, Params: 0.5, FLOPs: 7.5, HasWeights: true,
			Net:   record.NetConfig{Channels: 4, Cells: 1, ArchString: c.String(), Classes: d.Classes()},
			Train: record.Curves{Loss: curve(1), Top1: curve(2), Top5: curve(3), Seconds: curve(4)},
		},
		EvalTop5: map[data.Set]record.Curve{},
		Recipe:   []Setting{{"scheduler", "cos"}, {"LR", 0.1}, {"gammas", []float64{0.1, 0.2}}},
		Side:     d.Side(), Structure: "a network", Weights: state,
	}
	for i, set := range d.EvaluationSets() {
		x := float64(10 * (i + 1))
		training.Trial.Evals = append(training.Trial.Evals, record.Eval{Set: set, Loss: curve(x), Top1: curve(x + 1), Seconds: curve(x + 2)})
		training.EvalTop5[set] = curve(x + 3)
	}
	return training
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	contents := Contents{Info: "a test", StandsFor: []int{3, 9}, Kernels: []string{"avx512", "avx2"}}
	for _, d := range []data.Dataset{data.CIFAR10Valid, data.CIFAR100} {
		contents.Trainings = append(contents.Trainings, invented(t, d))
	}
	for _, format := range []weights.Format{weights.Legacy, weights.Zip} {
		path := filepath.Join(t.TempDir(), Name(157, 777))
		if err := WriteFile(path, contents, format); err != nil {
			t.Fatal(err)
		}
		file, err := ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if file.Arch != 157 || file.Seed != 777 || !slices.Equal(file.StandsFor, contents.StandsFor) || !slices.Equal(file.Kernels, contents.Kernels) || len(file.Trials) != len(contents.Trainings) {
			t.Errorf("%v: %+v", format, file)
		}
		for i, trial := range file.Trials {
			if want := &contents.Trainings[i].Trial; !reflect.DeepEqual(trial, want) {
				t.Errorf("%v: got %+v, want %+v", format, trial, want)
			}
		}
		if more, err := ReadStandsFor(path); err != nil || !slices.Equal(more, contents.StandsFor) {
			t.Errorf("%v: stands for %v, %v", format, more, err)
		}
	}
	if err := WriteFile(filepath.Join(t.TempDir(), "x"), contents, weights.Safetensors); err == nil {
		t.Error("a trial file in safetensors")
	}
}

// newer turns a record into the newer form, as the published programs of the given
// space write it.
func newer(t testing.TB, dict *pickle.Dict, config map[string]any) *pickle.Dict {
	t.Helper()
	out := new(pickle.Dict)
	for key, v := range dict.All() {
		switch key {
		case "channel", "num_cells":
		case "config":
			told := &pickle.Dict{Ordered: true}
			for name, v := range config {
				told.Set(name, v)
			}
			out.Set("arch_config", told)
			out.Set("opt_config", v)
		default:
			out.Set(key, v)
		}
	}
	out.Set("learning_rates", new(pickle.Dict))
	return out
}

func TestNewerForm(t *testing.T) {
	training := invented(t, data.CIFAR10)
	older, err := training.tree()
	if err != nil {
		t.Fatal(err)
	}
	arch := training.Trial.Net.ArchString
	other, err := cell.FromIndex(158)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		config map[string]any
		want   record.NetConfig
		says   string
	}{
		{"topology", map[string]any{"name": "infer.tiny", "C": 16, "N": 5, "genotype": arch, "num_classes": 10}, record.NetConfig{Channels: 16, Cells: 5, ArchString: arch, Classes: 10}, ""},
		{"topology in older words", map[string]any{"name": "infer.tiny", "channel": 16, "num_cells": 5, "arch_str": arch, "class_num": 10}, record.NetConfig{Channels: 16, Cells: 5, ArchString: arch, Classes: 10}, ""},
		{"size", map[string]any{"name": "infer.shape.tiny", "channels": "8:8:24:32:48", "genotype": arch, "num_classes": 10}, record.NetConfig{ArchString: "8:8:24:32:48", Genotype: arch, Classes: 10}, ""},
		{"another cell", map[string]any{"name": "infer.tiny", "C": 16, "N": 5, "genotype": other.String(), "num_classes": 10}, record.NetConfig{}, "but the name of the file of"},
		{"no cell", map[string]any{"name": "infer.tiny", "C": 16, "N": 5, "genotype": "x", "num_classes": 10}, record.NetConfig{}, "but the name of the file of"},
		{"no classes", map[string]any{"name": "infer.tiny", "C": 16, "N": 5, "genotype": arch}, record.NetConfig{}, "class_num is no int"},
		{"size without a cell", map[string]any{"channels": "8:8:24:32:48", "num_classes": 10}, record.NetConfig{}, `no entry "genotype"`},
	} {
		file := File{Arch: 157, Seed: 777}
		got, err := file.trial(data.CIFAR10, newer(t, older, c.config))
		if c.says != "" {
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s: error %v, want one with %q", c.name, err, c.says)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		want := training.Trial
		want.Net = c.want
		if !reflect.DeepEqual(*got, want) {
			t.Errorf("%s: got %+v, want %+v", c.name, *got, want)
		}
	}
}

func TestPublishedTrialFile(t *testing.T) {
	file, err := ReadFile(fixture.Shared(t, "fixtures/bench/trial/"+Name(157, 777)))
	if err != nil || len(file.Trials) != 4 || file.Trials[0].Epochs != 12 || file.Trials[0].Net.Channels != 16 || file.Seed != 777 {
		t.Errorf("%+v, %v", file, err)
	}
}

func FuzzTrialFile(f *testing.F) {
	for _, config := range []map[string]any{nil, {"channels": "8:8:24:32:48", "genotype": "|none~0|", "num_classes": 10}, {"C": 16, "N": 5, "num_classes": 10}} {
		tree, err := invented(f, data.CIFAR10).tree()
		if err != nil {
			f.Fatal(err)
		}
		if config != nil {
			tree = newer(f, tree, config)
		}
		tree.Set("net_state_dict", nil) // tensors' bytes are not read here
		root := new(pickle.Dict)
		root.Set("cifar10", tree)
		root.Set(keyDatasets, pickle.NewList("cifar10"))
		root.Set(keyStandsFor, pickle.NewList(3, 4))
		for _, format := range []torchfile.Format{torchfile.Zip, torchfile.Legacy} {
			var b bytes.Buffer
			if err := torchfile.Write(&b, root, format); err != nil {
				f.Fatal(err)
			}
			f.Add(b.Bytes())
		}
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		_, err := standsFor(bytes.NewReader(content), int64(len(content)))
		oneLine(t, err)
		file, err := Read(bytes.NewReader(content), int64(len(content)), 157, 0)
		if err != nil {
			oneLine(t, err)
			return
		}
		for _, trial := range file.Trials {
			if trial.Train.Loss.Len() != trial.Epochs {
				t.Errorf("%d epochs, losses of %d", trial.Epochs, trial.Train.Loss.Len())
			}
		}
	})
}

func oneLine(t *testing.T, err error) {
	if err != nil && strings.Contains(strings.TrimSpace(fmt.Sprint(err)), "\n") {
		t.Errorf("error of several lines: %v", err)
	}
}
