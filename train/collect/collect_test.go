package collect

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cellnet/bench"
	"cellnet/bench/record"
	"cellnet/bench/trialfile"
	"cellnet/cell"
	"cellnet/data"
	"cellnet/internal/fixture"
	"cellnet/internal/pickle"
	"cellnet/internal/torchfile"
	"cellnet/models"
	"cellnet/train"
	"cellnet/train/trials"
	"cellnet/weights"
)

// invent writes a trial file that looks as if an architecture had been trained.
// quality moves all numbers.
func invent(t testing.TB, folder string, arch int, seed uint32, hp bench.HP, c, n int, quality float64, datasets []data.Dataset, standsFor ...int) string {
	t.Helper()
	architecture, err := cell.FromIndex(arch)
	if err != nil {
		t.Fatal(err)
	}
	recipe, err := train.Preset(int(hp))
	if err != nil {
		t.Fatal(err)
	}
	trial := train.Trial{Info: "invented", StandsFor: standsFor}
	for _, d := range datasets {
		net, err := cell.NewNetwork(architecture, c, n, d.Classes())
		if err != nil {
			t.Fatal(err)
		}
		run := train.Run{Net: net, Dataset: d, Recipe: recipe, Seed: seed}
		params, err := models.Initialize(run.Net, seed)
		if err != nil {
			t.Fatal(err)
		}
		var history []train.Epoch
		for e := range recipe.Epochs {
			x := quality + float64(e)*0.25
			epoch := train.Epoch{Epoch: e, Rate: 0.1, Train: train.Metrics{N: 100, Loss: 3 - x/80, Top1: x, Top5: x + 1, Seconds: 10 + x}}
			for i, set := range d.EvaluationSets() {
				y := x + float64(i)
				epoch.Evaluations = append(epoch.Evaluations, train.Evaluation{Set: set, Metrics: train.Metrics{N: 50, Loss: 3 - y/90, Top1: y, Top5: y + 1, Seconds: 1 + y}})
			}
			history = append(history, epoch)
		}
		trial.Datasets = append(trial.Datasets, train.DatasetTrial{Run: run, History: history, Weights: params.StateDict()})
	}
	if err := os.MkdirAll(folder, 0o777); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, trialfile.Name(arch, seed))
	if err := train.WriteTrial(path, trial, weights.Zip); err != nil {
		t.Fatal(err)
	}
	return path
}

// small invents a trial of a small network on CIFAR-10's halves.
func small(t testing.TB, folder string, arch int, seed uint32, hp bench.HP, quality float64, standsFor ...int) string {
	t.Helper()
	return invent(t, folder, arch, seed, hp, 4, 1, quality, []data.Dataset{data.CIFAR10Valid}, standsFor...)
}

func collect(t testing.TB, o Options, folders ...string) *Collection {
	t.Helper()
	c, err := Trials(t.Context(), folders, o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// export writes a collection in a layout and opens it again.
func export(t testing.TB, c *Collection, layout bench.Layout, withWeights bool) *bench.Benchmark {
	t.Helper()
	names := map[bench.Layout]string{
		record.NASBench201: "NAS-Bench-201-v1_1-own.pth", record.NASBench201Archive: "archive",
		record.NATSFile: "NATS-tss-v1_0-own.pickle.pbz2", record.NATSFolder: "NATS-tss-v1_0-own",
	}
	path := filepath.Join(t.TempDir(), names[layout])
	b, err := c.Benchmark(layout.API())
	if err != nil {
		t.Fatal(err)
	}
	options := bench.ExportOptions{Layout: layout, Format: weights.Zip}
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
	return opened
}

func TestCollectIntoAllLayouts(t *testing.T) {
	dir := t.TempDir()
	full, less := filepath.Join(dir, "full"), filepath.Join(dir, "less")
	small(t, full, 157, 777, bench.HP200, 10)
	small(t, full, 157, 888, bench.HP200, 20)
	small(t, less, 157, 777, bench.HP12, 5)
	path := small(t, less, 3, 777, bench.HP12, 7)
	small(t, filepath.Join(less, trialfile.UnfinishedFolder), 9, 777, bench.HP12, 7) // is none

	c := collect(t, Options{LatencyBatches: 4}, full, less)
	if c.Files != 4 || c.Added != 4 || !slices.Equal(c.Archs(), []int{3, 157}) {
		t.Errorf("%d files, %d trials of %v", c.Files, c.Added, c.Archs())
	}
	want, err := loadWeights(path, data.CIFAR10Valid)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		layout  bench.Layout
		weights bool
	}{{record.NASBench201, false}, {record.NASBench201Archive, true}, {record.NATSFile, false}, {record.NATSFolder, false}, {record.NATSFolder, true}} {
		t.Run(fmt.Sprint(test.layout, test.weights), func(t *testing.T) {
			b := export(t, c, test.layout, test.weights)
			if n, err := b.Len(); err != nil || n != cell.SpaceSize {
				t.Errorf("%d architectures, %v", n, err)
			}
			if !slices.Equal(b.Stored(), []int{3, 157}) {
				t.Errorf("stored are %v", b.Stored())
			}
			m, err := b.Metrics(bench.Selection{Index: 157, Dataset: data.CIFAR10Valid, HP: bench.HP200}, data.OriTest)
			if err != nil || m.Accuracy != 15+199*0.25+1 || m.Epoch != 199 {
				t.Errorf("mean is %+v, %v", m, err)
			}
			trials, err := b.Trials(3, data.CIFAR10Valid, bench.HP12)
			if err != nil || len(trials) != 1 {
				t.Fatal(trials, err)
			}
			one := trials[0]
			if one.Seed != 777 || one.Epochs != 12 || one.Net.Channels != 4 || one.Net.Classes != 10 || len(one.Latency) != 3 || one.Latency[0] <= 0 || one.Train.Top5.Len() != 12 {
				t.Errorf("trial is %+v", one)
			}
			if one.HasWeights != test.weights {
				t.Errorf("has weights: %v", one.HasWeights)
			}
			if test.weights {
				got, err := b.Weights(3, data.CIFAR10Valid, bench.HP12, 777)
				if err != nil {
					t.Fatal(err)
				}
				for name, tensor := range want.All() {
					if other, _ := got.Get(name); string(other.Data) != string(tensor.Data) {
						t.Errorf("%s differs", name)
					}
				}
			}
		})
	}
}

func TestConflictsAreListed(t *testing.T) {
	dir := t.TempDir()
	one, two, copied := filepath.Join(dir, "one"), filepath.Join(dir, "two"), filepath.Join(dir, "copied")
	small(t, one, 157, 777, bench.HP12, 5)
	small(t, one, 3, 777, bench.HP12, 5)
	small(t, copied, 3, 777, bench.HP12, 5)
	if c := collect(t, Options{}, one, copied); c.Added != 2 {
		t.Errorf("%d trials of two and a copy", c.Added)
	}
	small(t, two, 157, 777, bench.HP12, 6)
	small(t, two, 3, 777, bench.HP12, 6)
	small(t, two, 4, 777, bench.HP12, 6)
	_, err := Trials(t.Context(), []string{one, two}, Options{})
	var conflict *bench.ConflictError
	if !errors.As(err, &conflict) || len(conflict.Conflicts) != 2 || !strings.Contains(err.Error(), "architecture 157 by recipe 12 on cifar10-valid with seed 777") {
		t.Errorf("error is %v, want one that lists two trials", err)
	}
}

// TestCollectIntoABenchmark adds to the published layout's fixture.
func TestCollectIntoABenchmark(t *testing.T) {
	path := fixture.Shared(t, "fixtures/bench/mini/NAS-Bench-201-v1_1-mini.pth")
	old, err := bench.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	stored := old.Stored()
	known, unknown := stored[1], 0
	for slices.Contains(stored, unknown) {
		unknown++
	}
	dir := t.TempDir()
	small(t, dir, known, 4, bench.HP12, 5)
	small(t, dir, unknown, 777, bench.HP200, 5)
	c := collect(t, Options{Into: old}, dir)
	b := export(t, c, record.NASBench201, false)
	if got := b.Stored(); len(got) != len(stored)+1 || !slices.Contains(got, unknown) {
		t.Errorf("stored are %v", got)
	}
	evaluated, err := b.Evaluated()
	if err != nil || !slices.Equal(evaluated, b.Stored()) {
		t.Errorf("evaluated are %v, %v", evaluated, err)
	}
	// Nothing else has changed.
	before, after := treesOf(t, path), treesOf(t, pathOf(t, c))
	for index, tree := range before {
		if index != known && after[index] != tree {
			t.Errorf("architecture %d has changed", index)
		}
	}
	r, err := b.Results(known, bench.HP12)
	if err != nil {
		t.Fatal(err)
	}
	was, err := old.Results(known, bench.HP12)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Trials) != len(was.Trials)+1 {
		t.Errorf("%d trials, want one more than %d", len(r.Trials), len(was.Trials))
	}
	// Once more, there is nothing to add.
	if again := collect(t, Options{Into: b}, dir); again.Added != 0 {
		t.Errorf("%d trials added twice", again.Added)
	}
}

// pathOf writes a collection as one file.
func pathOf(t *testing.T, c *Collection) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "NAS-Bench-201-v1_1-own.pth")
	b, err := c.Benchmark(bench.NAS201)
	if err != nil {
		t.Fatal(err)
	}
	if err := bench.Export(b, path, bench.ExportOptions{Layout: record.NASBench201, Format: weights.Legacy}); err != nil {
		t.Fatal(err)
	}
	return path
}

// treesOf gives the pickles of all architectures' records in a file.
func treesOf(t *testing.T, path string) map[int]string {
	t.Helper()
	infos, err := pickle.Field[*pickle.Dict](openTorch(t, path), "arch2infos")
	if err != nil {
		t.Fatal(err)
	}
	trees := map[int]string{}
	for index, v := range infos.All() {
		var b strings.Builder
		if err := pickle.NewWriter(&b, pickle.Protocol4).Write(v); err != nil {
			t.Fatal(err)
		}
		trees[index.(int)] = b.String()
	}
	return trees
}

func openTorch(t *testing.T, path string) *pickle.Dict {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	file, err := torchfile.Open(f, info.Size())
	if err != nil {
		t.Fatal(err)
	}
	return file.Value.(*pickle.Dict)
}

func TestStandIns(t *testing.T) {
	dir := t.TempDir()
	small(t, dir, 3, 777, bench.HP12, 5, 8, 9)
	small(t, dir, 9, 777, bench.HP12, 6) // has a trial of its own
	c := collect(t, Options{}, dir)
	if !slices.Equal(c.Archs(), []int{3, 8, 9}) || c.Added != 3 {
		t.Errorf("%d trials of %v", c.Added, c.Archs())
	}
	b := export(t, c, record.NASBench201Archive, true)
	names := map[int]string{}
	for _, arch := range []int{3, 8, 9} {
		trials, err := b.Trials(arch, data.CIFAR10Valid, bench.HP12)
		if err != nil || len(trials) != 1 {
			t.Fatal(trials, err)
		}
		names[arch] = trials[0].Net.ArchString
		if name, err := b.ArchString(arch); err != nil || (name != names[arch]) != (arch == 8) {
			t.Errorf("architecture %d is %s, the trained one %s, %v", arch, name, names[arch], err)
		}
	}
	if names[8] != names[3] {
		t.Errorf("the record of 8 names %s, want %s", names[8], names[3])
	}
	if _, err := b.Weights(8, data.CIFAR10Valid, bench.HP12, 777); err != nil {
		t.Error(err)
	}
}

// TestFullFilesAreLikeThePublishedOnes compares keys and types of a trial of the
// new program, and of what is around it.
func TestFullFilesAreLikeThePublishedOnes(t *testing.T) {
	published := openTorch(t, fixture.Shared(t, "fixtures/bench/archive/000157-FULL.pth"))
	dir := t.TempDir()
	sets := []data.Dataset{data.CIFAR10Valid, data.CIFAR10, data.CIFAR100, data.ImageNet16}
	invent(t, dir, 157, 111, bench.HP12, 16, 5, 5, sets)
	c := collect(t, Options{LatencyBatches: 1}, dir)
	b, err := c.Benchmark(bench.NAS201)
	if err != nil {
		t.Fatal(err)
	}
	archive := filepath.Join(t.TempDir(), "archive")
	if err := bench.Export(b, archive, bench.ExportOptions{Layout: record.NASBench201Archive, Format: weights.Legacy, Weights: c.Weights}); err != nil {
		t.Fatal(err)
	}
	ours := openTorch(t, filepath.Join(archive, "000157-FULL.pth"))
	if got, want := keysOf(ours), keysOf(published); !slices.Equal(got, want) {
		t.Errorf("recipes %q, published are %q", got, want)
	}
	less := func(root *pickle.Dict) *pickle.Dict {
		d, err := pickle.Field[*pickle.Dict](root, "less")
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	if got, want := keysOf(less(ours)), keysOf(less(published)); !slices.Equal(got, want) {
		t.Errorf("results have %q, published have %q", got, want)
	}
	for _, d := range sets {
		trial := func(root *pickle.Dict) *pickle.Dict {
			all, err := pickle.Field[*pickle.Dict](less(root), "all_results")
			if err != nil {
				t.Fatal(err)
			}
			v, ok := all.Get(pickle.NewTuple(d.String(), 111))
			if !ok {
				t.Fatalf("no trial on %v: %v", d, keysOf(all))
			}
			return v.(*pickle.Dict)
		}
		got, want := shapeOf(trial(ours), ""), shapeOf(trial(published), "")
		if !slices.Equal(got, want) {
			for i := range want {
				if i >= len(got) || got[i] != want[i] {
					t.Fatalf("%v: part %d is %q, published is %q", d, i, got[min(i, len(got)-1)], want[i])
				}
			}
		}
	}
}

func keysOf(d *pickle.Dict) []string {
	var keys []string
	for key := range d.All() {
		keys = append(keys, fmt.Sprint(key))
	}
	return keys
}

// shapeOf lists the types of a record's parts with the keys that lead to them.
// numpy's numbers count as Python's, and estimated times, which are in an
// OrderedDict, as measured ones; sets are in any order.
func shapeOf(v any, path string) []string {
	switch v := v.(type) {
	case *pickle.Dict:
		parts := []string{path + ": dict"}
		if path == "/net_state_dict" {
			parts[0] += fmt.Sprint(", ordered ", v.Ordered)
		}
		var inner []string
		for key, value := range v.All() {
			inner = append(inner, shapeOf(value, fmt.Sprintf("%s/%v", path, key))...)
		}
		if strings.HasPrefix(path, "/eval_") {
			slices.Sort(inner)
		}
		return append(parts, inner...)
	case *pickle.List:
		parts := []string{fmt.Sprintf("%s: list of %d", path, v.Len())}
		var inner []string
		for _, item := range *v {
			inner = append(inner, shapeOf(item, path+"/")...)
		}
		return append(parts, inner...)
	case *pickle.Tensor:
		return []string{fmt.Sprintf("%s: tensor %v %v", path, v.Storage.Type, v.Shape)}
	case pickle.Scalar:
		return []string{path + ": float64"}
	default:
		return []string{fmt.Sprintf("%s: %T", path, v)}
	}
}

func TestBadTrialFiles(t *testing.T) {
	dir := t.TempDir()
	path := small(t, dir, 3, 777, bench.HP12, 5)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	write := func(v any) []byte {
		var b strings.Builder
		if err := torchfile.Write(&b, v, torchfile.Zip); err != nil {
			t.Fatal(err)
		}
		return []byte(b.String())
	}
	changed := func(change func(record *pickle.Dict)) []byte {
		root := openTorch(t, path)
		record, err := pickle.Field[*pickle.Dict](root, "cifar10-valid")
		if err != nil {
			t.Fatal(err)
		}
		record.Set("net_state_dict", nil)
		change(record)
		return write(root)
	}
	set := func(key string, v any) []byte { return changed(func(r *pickle.Dict) { r.Set(key, v) }) }
	tests := []struct {
		name    string
		content []byte
		want    string
	}{
		{"cut", good[:len(good)/2], path},
		{"random", []byte("no file of torch.save"), path},
		{"a list", write(pickle.NewList(1, 2)), "its root is no dict"},
		{"another dict", write(new(pickle.Dict)), "not a trial file"},
		{"unfinished", set("finish-train", false), "did not come to its end"},
		{"no losses", set("train_losses", nil), "train_losses"},
		{"epochs", set("total_epoch", 13), "has 12 epochs, want 13"},
		{"claimed epochs", set("total_epoch", 1<<40), "total_epoch"},
		{"type", set("flop", "many"), "flop is no number"},
		{"config", set("config", new(pickle.Dict)), "class_num is no int"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if err := os.WriteFile(path, test.content, 0o666); err != nil {
				t.Fatal(err)
			}
			_, err := Trials(t.Context(), []string{dir}, Options{})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error is %v, want one with %q", err, test.want)
			}
		})
	}
	if _, err := Trials(t.Context(), []string{t.TempDir()}, Options{}); err == nil {
		t.Error("an empty folder gives no error")
	}
	if _, err := Trials(t.Context(), []string{filepath.Join(dir, "none")}, Options{}); err == nil {
		t.Error("a missing folder gives no error")
	}
}

// TestPyTorchLoadsCollectedFiles has refnet compute with the weights of a FULL file.
func TestPyTorchLoadsCollectedFiles(t *testing.T) {
	const python = "/usr/bin/python3"
	if err := exec.Command(python, "-c", "import torch").Run(); err != nil {
		t.Skipf("no %s with PyTorch: %v", python, err)
	}
	oracle := fixture.Shared(t, "oracle")
	recipe, err := train.Preset(12)
	if err != nil {
		t.Fatal(err)
	}
	recipe.BatchSize, recipe.Rate = 16, 0.05
	set := trials.Set{Archs: []int{157}, Seeds: []uint32{777}, Datasets: []data.Dataset{data.Synthetic}, Recipe: recipe, C: 4, N: 1}
	items, err := set.Items()
	if err != nil {
		t.Fatal(err)
	}
	load := func(d data.Dataset) (*train.Data, error) {
		source, err := data.Open(d, data.Options{Synthetic: data.SyntheticSize{Train: 40, Test: 20}})
		if err != nil {
			return nil, err
		}
		images, _, err := train.LoadData(source)
		return images, err
	}
	dir := t.TempDir()
	runner := &trials.Runner{Set: set, Items: items, Out: dir, Jobs: 1, Load: load, Format: weights.Zip, Info: "a test"}
	if _, err := runner.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	c := collect(t, Options{LatencyBatches: 1}, dir)
	paths := map[bench.Layout]string{
		record.NASBench201Archive: filepath.Join(t.TempDir(), "archive"), record.NATSFile: filepath.Join(t.TempDir(), "NATS-tss.pickle.pbz2"),
	}
	for layout, path := range paths {
		b, err := c.Benchmark(layout.API())
		if err != nil {
			t.Fatal(err)
		}
		options := bench.ExportOptions{Layout: layout, Format: weights.Zip}
		if layout == record.NASBench201Archive {
			options.Weights = c.Weights
		}
		if err := bench.Export(b, path, options); err != nil {
			t.Fatal(err)
		}
	}
	logits := filepath.Join(t.TempDir(), "logits.pth")
	writeLogits(t, logits, set, filepath.Join(set.Folder(dir), "arch-000157-seed-0777.pth"))
	full := filepath.Join(paths[record.NASBench201Archive], "000157-FULL.pth")
	out, err := exec.Command(python, "../testdata/check.py", "full", full, paths[record.NATSFile], oracle, logits).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "loaded") {
		t.Errorf("%v\n%s", err, out)
	}
}

// writeLogits writes images and what a trial's network makes of them.
func writeLogits(t *testing.T, path string, set trials.Set, trial string) {
	t.Helper()
	state, err := loadWeights(trial, data.Synthetic)
	if err != nil {
		t.Fatal(err)
	}
	c, err := cell.FromIndex(set.Archs[0])
	if err != nil {
		t.Fatal(err)
	}
	network, err := cell.NewNetwork(c, set.C, set.N, data.Synthetic.Classes())
	if err != nil {
		t.Fatal(err)
	}
	params, err := models.FromStateDict(network, state)
	if err != nil {
		t.Fatal(err)
	}
	const n, side = 4, 32
	net, err := models.New(params, models.Options{Side: side, Capacity: n})
	if err != nil {
		t.Fatal(err)
	}
	input := make([]float32, n*3*side*side)
	for i := range input {
		input[i] = float32(i*i%97)/48 - 1
	}
	predictor := models.NewPredictor(net)
	defer predictor.Close()
	logits, err := predictor.Predict(input)
	if err != nil {
		t.Fatal(err)
	}
	tensors := new(weights.StateDict)
	tensors.Set("input", weights.NewFloat32([]int{n, 3, side, side}, input))
	tensors.Set("logits", weights.NewFloat32([]int{n, network.Classes}, logits))
	if err := weights.WriteFile(path, weights.Zip, tensors); err != nil {
		t.Fatal(err)
	}
}
