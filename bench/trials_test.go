package bench

import (
	"bytes"
	"cellnet/bench/record"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cellnet/bench/trialfile"
	"cellnet/cell"
	"cellnet/data"
	"cellnet/internal/fixture"
	"cellnet/internal/pickle"
	"cellnet/internal/statetree"
	"cellnet/internal/torchfile"
	"cellnet/weights"
)

// trialRoot makes the root of a trial file, with quality in all of its numbers.
func trialRoot(t testing.TB, epochs int, quality float64, datasets []data.Dataset, standsFor ...int) *pickle.Dict {
	t.Helper()
	root, keys := new(pickle.Dict), new(pickle.List)
	root.Set("info", "invented")
	for _, d := range datasets {
		record := new(pickle.Dict)
		for name, v := range map[string]any{
			"flop": 7.5, "param": 0.5, "channel": 4, "num_cells": 1, "total_epoch": epochs, "finish-train": true,
		} {
			record.Set(name, v)
		}
		config := &pickle.Dict{Ordered: true}
		config.Set("class_num", d.Classes())
		record.Set("config", config)
		for _, name := range []string{"losses", "acc1es", "acc5es", "times"} {
			train, valid := new(pickle.Dict), new(pickle.Dict)
			for e := range epochs {
				train.Set(e, quality+float64(e))
				for i, set := range d.EvaluationSets() {
					valid.Set(fmt.Sprintf("%v@%d", set, e), quality+float64(e)+float64(i+1)/8)
				}
			}
			record.Set("train_"+name, train)
			record.Set("valid_"+name, valid)
		}
		var state weights.StateDict
		state.Set("classifier.bias", weights.NewFloat32([]int{2}, []float32{float32(quality), float32(d.Classes())}))
		tree, err := statetree.Of(&state)
		if err != nil {
			t.Fatal(err)
		}
		record.Set("net_state_dict", tree)
		root.Set(d.String(), record)
		keys.Append(d.String())
	}
	root.Set("all_dataset_keys", keys)
	if len(standsFor) > 0 {
		list := new(pickle.List)
		for _, index := range standsFor {
			list.Append(index)
		}
		root.Set("stands_for", list)
	}
	return root
}

func writeTrial(t testing.TB, path string, root *pickle.Dict, format torchfile.Format) {
	t.Helper()
	var b bytes.Buffer
	if err := torchfile.Write(&b, root, format); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
}

// trialFolder makes a folder of trials of architectures 3 and 157 on CIFAR-10 by
// two recipes; 3's stand for 157, which has one of its own, and for 9.
func trialFolder(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	both := []data.Dataset{data.CIFAR10Valid, data.CIFAR10}
	full, less := filepath.Join(dir, "000000-015624-C16-N5"), filepath.Join(dir, "000000-015624-C16-N5-LESS")
	for _, f := range []struct {
		folder    string
		arch      int
		seed      uint32
		epochs    int
		quality   float64
		format    torchfile.Format
		standsFor []int
	}{
		{full, 157, 777, 200, 10, torchfile.Zip, nil},
		{full, 157, 888, 200, 20, torchfile.Legacy, nil},
		{less, 157, 777, 12, 30, torchfile.Zip, nil},
		{less, 3, 777, 12, 40, torchfile.Legacy, []int{9, 157}},
		{less, 3, 888, 12, 50, torchfile.Zip, []int{9, 157}},
		{filepath.Join(less, trialfile.UnfinishedFolder), 11, 777, 12, 60, torchfile.Zip, nil},
	} {
		writeTrial(t, filepath.Join(f.folder, trialfile.Name(f.arch, f.seed)), trialRoot(t, f.epochs, f.quality, both, f.standsFor...), f.format)
	}
	return dir
}

func TestTrialFolder(t *testing.T) {
	dir := trialFolder(t)
	files := mustOpen(t, dir)
	for name, b := range map[string]*Benchmark{"files": files, "store": importStore(t, dir)} {
		if b.Layout() != record.TrialFolder || !slices.Equal(b.Stored(), []int{3, 9, 157}) {
			t.Errorf("%s: %v of %v", name, b.Layout(), b.Stored())
		}
		if evaluated, err := b.Evaluated(); err != nil || !slices.Equal(evaluated, b.Stored()) {
			t.Errorf("%s: evaluated are %v, %v", name, evaluated, err)
		}
		if hps, err := b.HPs(); err != nil || !slices.Equal(hps, []HP{HP12, HP200}) {
			t.Errorf("%s: recipes %v, %v", name, hps, err)
		}
		if n, err := b.Len(); err != nil || n != cell.SpaceSize {
			t.Errorf("%s: %d architectures, %v", name, n, err)
		}
		for _, c := range []struct {
			index  int
			hp     HP
			choice Choice
			want   float64 // train accuracy
		}{
			{157, HP200, MeanOfTrials(), 15 + 199}, {157, HP200, OfSeed(888), 20 + 199},
			{157, HP12, MeanOfTrials(), 40 + 11}, // of its own and one that stands for it
			{157, HP12, OfSeed(777), 30 + 11}, {157, HP12, OfSeed(888), 50 + 11},
			{3, HP12, MeanOfTrials(), 45 + 11}, {9, HP12, MeanOfTrials(), 45 + 11},
		} {
			info, err := b.MoreInfo(Selection{c.index, data.CIFAR10, c.hp, Epoch{}, c.choice})
			if err != nil || info.Train.Accuracy != c.want || info.Test == nil {
				t.Errorf("%s: architecture %d by %v: %+v, %v, want %g", name, c.index, c.hp, info, err, c.want)
			}
		}
		cost, err := b.Cost(3, data.CIFAR10Valid, HP12)
		if err != nil || cost.FLOPs != 7.5 || cost.Latency.OK || len(cost.Times) != 3 {
			t.Errorf("%s: cost %+v, %v", name, cost, err)
		}
		if index, _, err := b.Best(BestQuery{Dataset: data.CIFAR10Valid, Set: data.XValid, HP: HP12}); err != nil || index != 3 {
			t.Errorf("%s: best is %d, %v", name, index, err)
		}
		var shown strings.Builder
		if err := b.Show(&shown, 157); err != nil || !strings.Contains(shown.String(), "cifar10") {
			t.Errorf("%s: %s, %v", name, &shown, err)
		}
		if _, err := b.MoreInfo(Selection{11, data.CIFAR10, HP12, Epoch{}, Choice{}}); !errors.Is(err, ErrMissing) {
			t.Errorf("%s: an unfinished trial is there: %v", name, err)
		}
	}
	for seed, want := range map[int]float32{777: 30, 888: 50} { // the second is architecture 3's
		state, err := files.Weights(157, data.CIFAR10, HP12, seed)
		if err != nil || state == nil {
			t.Fatalf("weights of seed %d: %v, %v", seed, state, err)
		}
		bias, _ := state.Get("classifier.bias")
		if v, err := bias.Float32s(); err != nil || v[0] != want {
			t.Errorf("weights of seed %d: %v, %v, want %v", seed, v, err, want)
		}
	}
}

func TestOneTrialFile(t *testing.T) {
	b := mustOpen(t, filepath.Join(trialFolder(t), "000000-015624-C16-N5-LESS", trialfile.Name(3, 888)))
	trials, err := b.Trials(3, data.CIFAR10Valid, HP12)
	if err != nil || len(trials) != 1 || trials[0].Seed != 888 || trials[0].Train.Top5.Len() != 12 {
		t.Errorf("%+v, %v", trials, err)
	}
	published := mustOpen(t, fixture.Shared(t, "fixtures/bench/trial"))
	again := mustOpen(t, fixture.Shared(t, "fixtures/bench/trial/"+trialfile.Name(157, 777)))
	for _, d := range []data.Dataset{data.CIFAR10Valid, data.CIFAR10, data.CIFAR100, data.ImageNet16} {
		x, err := published.MoreInfo(Selection{157, d, HP12, Epoch{}, Choice{}})
		y, err2 := again.MoreInfo(Selection{157, d, HP12, Epoch{}, Choice{}})
		if err != nil || err2 != nil || x.Train != y.Train || x.Train.Accuracy < 1 {
			t.Errorf("%v: %+v, %v and %+v, %v", d, x, err, y, err2)
		}
	}
}

// TestTrialFolderIsExported writes trial files in all layouts that keep every trial.
func TestTrialFolderIsExported(t *testing.T) {
	files := mustOpen(t, trialFolder(t))
	want, err := files.MoreInfo(Selection{3, data.CIFAR10, HP12, Epoch{}, OfSeed(777)})
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range Layouts() {
		if l == record.NASLib { // has one trial of a dataset, see TestNASLib
			continue
		}
		path := filepath.Join(t.TempDir(), "export")
		if err := Export(files, path, ExportOptions{Layout: l}); err != nil {
			t.Error(err)
			continue
		}
		b := mustOpen(t, path)
		if got, err := b.MoreInfo(Selection{3, data.CIFAR10, HP12, Epoch{}, OfSeed(777)}); err != nil || got.Train != want.Train {
			t.Errorf("%v: %+v, %v, want %+v", l, got, err, want)
		}
		a, err := b.Architecture(3) // which was trained by one recipe
		if err != nil || l.API() == NAS201 && !slices.Equal(a.HPs(), []HP{HP200, HP12}) {
			t.Errorf("%v: recipes %v, %v", l, a.HPs(), err)
		}
	}
	if err := Export(files, filepath.Join(t.TempDir(), "x"), ExportOptions{Layout: record.TrialFolder}); err == nil {
		t.Error("trial files are exported as trial files")
	}
}

func TestTrialFilesThatAreNone(t *testing.T) {
	one := []data.Dataset{data.CIFAR10}
	name := trialfile.Name(3, 777)
	unfinished := trialRoot(t, 2, 1, one)
	record, _ := unfinished.Get("cifar10")
	record.(*pickle.Dict).Set("finish-train", false)
	for _, c := range []struct {
		name, want string
		root       *pickle.Dict
	}{
		{"net.pth", "the name is not that of a trial file", trialRoot(t, 2, 1, one)},
		{name, "it has no all_dataset_keys", new(pickle.Dict)},
		{name, "did not come to its end", unfinished},
		{name, "indexes of architectures", trialRoot(t, 2, 1, one, cell.SpaceSize)},
		{name, "indexes of architectures", trialRoot(t, 2, 1, one, -1)},
	} {
		path := filepath.Join(t.TempDir(), c.name)
		writeTrial(t, path, c.root, torchfile.Zip)
		b, err := Open(path)
		if err == nil {
			_, err = b.Architecture(3)
		}
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.name) {
			t.Errorf("%s: error %v, want one with %q", c.name, err, c.want)
		}
		checkLine(t, err)
	}
	if _, err := Open(t.TempDir()); !errors.Is(err, errForeignFolder) {
		t.Errorf("an empty folder: %v", err)
	}
	dir := t.TempDir()
	for i, quality := range []float64{1, 2} {
		writeTrial(t, filepath.Join(dir, fmt.Sprint(i), name), trialRoot(t, 2, quality, one), torchfile.Zip)
	}
	conflict := new(ConflictError)
	if _, err := mustOpen(t, dir).Architecture(3); !errors.As(err, &conflict) {
		t.Errorf("two records of a trial: %v", err)
	}
}
