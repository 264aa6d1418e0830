package bench

import (
	"fmt"
	"path/filepath"
	"reflect"
	"testing"

	"cellnet/bench/internal/published"
	"cellnet/bench/record"
	"cellnet/cell"
	"cellnet/data"
	"cellnet/internal/atomicfile"
	"cellnet/internal/pickle"
	"cellnet/internal/torchfile"

	"io"
)

// Entries of published files.
const (
	keyArchs     = "meta_archs"
	keyRecords   = "arch2infos"
	keyEvaluated = "evaluated_indexes"
	keyTrials    = "all_results"
	keyWeights   = "net_state_dict"
)

// plainTrial gives the state of a made-up trial as most files have it.
func plainTrial(d data.Dataset, seed int, arch string) *pickle.Dict {
	const epochs = 4
	t := &Trial{
		Dataset: d, Seed: seed, Epochs: epochs,
		Net:    NetConfig{Channels: 16, Cells: 5, ArchString: arch, Classes: d.Classes()},
		Params: 0.25, FLOPs: 10.5, Latency: []float64{0.01},
		Dialect: record.Dialect{NumPyParams: true, NumPyLatency: true, OrderedTimes: true},
	}
	curve := func(start float64) (c Curve) {
		for e := range epochs {
			c.Add(e, start+float64(seed)/1000+float64(e))
		}
		return c
	}
	t.Train = Curves{Loss: curve(1), Top1: curve(2), Seconds: curve(3)}
	for _, set := range d.EvaluationSets() {
		t.Evals = append(t.Evals, Eval{Set: set, Loss: curve(4), Top1: curve(5), Seconds: curve(6)})
	}
	pickled, err := published.EncodeTrial(t)
	if err != nil {
		panic(err)
	}
	state, err := pickle.Load(pickled)
	if err != nil {
		panic(err)
	}
	return state.(*pickle.Dict)
}

// plainArch gives the state of an architecture with some trials by recipe 12.
func plainArch(index int) *pickle.Dict {
	c, err := cell.FromIndex(index)
	if err != nil {
		panic(err)
	}
	trials, seeds := new(pickle.Dict), new(pickle.Dict)
	for _, d := range []data.Dataset{data.CIFAR10Valid, data.CIFAR10, data.CIFAR100} {
		list := new(pickle.List)
		for _, seed := range []int{777, 888} {
			trials.Set(pickle.NewTuple(d.String(), seed), plainTrial(d, seed, c.String()))
			list.Append(seed)
		}
		seeds.Set(d.String(), list)
	}
	r := new(pickle.Dict)
	r.Set("arch_index", index)
	r.Set("arch_str", c.String())
	r.Set(keyTrials, trials)
	r.Set("dataset_seed", seeds)
	r.Set("clear_net_done", true)
	a := new(pickle.Dict)
	a.Set("less", r)
	return a
}

// writeBenchmark writes a benchmark file of architectures' states.
func writeBenchmark(t testing.TB, archs map[int]*pickle.Dict) string {
	t.Helper()
	list, records, evaluated := new(pickle.List), new(pickle.Dict), new(pickle.List)
	for _, c := range cell.All() {
		list.Append(c.String())
	}
	for i := range cell.SpaceSize {
		if a, ok := archs[i]; ok {
			records.Set(i, a)
			evaluated.Append(i)
		}
	}
	root := new(pickle.Dict)
	root.Set(keyArchs, list)
	root.Set("total_archs", cell.SpaceSize)
	root.Set(keyRecords, records)
	root.Set(keyEvaluated, evaluated)
	path := filepath.Join(t.TempDir(), "irregular.pth")
	err := atomicfile.Write(path, func(w io.Writer) error { return torchfile.Write(w, root, torchfile.Legacy) })
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func get(d *pickle.Dict, keys ...any) any {
	var v any = d
	for _, k := range keys {
		v, _ = v.(*pickle.Dict).Get(k)
	}
	return v
}

// reversed gives a dictionary with its entries in the opposite order.
func reversed(d *pickle.Dict) *pickle.Dict {
	var keys []any
	for k := range d.All() {
		keys = append(keys, k)
	}
	r := &pickle.Dict{Ordered: d.Ordered}
	for i := len(keys) - 1; i >= 0; i-- {
		v, _ := d.Get(keys[i])
		r.Set(keys[i], v)
	}
	return r
}

// without gives a dictionary without some keys.
func without(d *pickle.Dict, keys ...any) *pickle.Dict {
	r := &pickle.Dict{Ordered: d.Ordered}
	for k, v := range d.All() {
		drop := false
		for _, key := range keys {
			drop = drop || reflect.DeepEqual(k, key)
		}
		if !drop {
			r.Set(k, v)
		}
	}
	return r
}

func asOrdered(d *pickle.Dict) *pickle.Dict {
	r := reversed(reversed(d))
	r.Ordered = true
	return r
}

// irregularities are changes of a trial's state that published files might have: what
// a record has no place for must come through a store all the same.
var irregularities = []struct {
	name   string
	change func(t *pickle.Dict) *pickle.Dict
}{
	{"nothing", func(t *pickle.Dict) *pickle.Dict { return t }},
	{"seed as a number", func(t *pickle.Dict) *pickle.Dict { t.Set("seed", 777); return t }},
	{"seed of another trial", func(t *pickle.Dict) *pickle.Dict { t.Set("seed", "0001"); return t }},
	{"seed without zeros", func(t *pickle.Dict) *pickle.Dict { t.Set("seed", "777"); return t }},
	{"no seed", func(t *pickle.Dict) *pickle.Dict { t.Set("seed", nil); return t }},
	{"other name", func(t *pickle.Dict) *pickle.Dict { t.Set("name", "cifar"); return t }},
	{"another entry", func(t *pickle.Dict) *pickle.Dict { t.Set("note", pickle.NewTuple("x", 1, true, nil)); return t }},
	{"entries in another order", reversed},
	{"an OrderedDict", asOrdered},
	{"whole FLOPs", func(t *pickle.Dict) *pickle.Dict { t.Set("flop", 10); return t }},
	{"FLOPs of numpy", func(t *pickle.Dict) *pickle.Dict { t.Set("flop", pickle.Float64Scalar(10.25)); return t }},
	{"plain parameters", func(t *pickle.Dict) *pickle.Dict { t.Set("params", 0.5); return t }},
	{"no latency", func(t *pickle.Dict) *pickle.Dict { t.Set("latency", nil); return t }},
	{"empty latency", func(t *pickle.Dict) *pickle.Dict { t.Set("latency", new(pickle.List)); return t }},
	{"latency of two kinds", func(t *pickle.Dict) *pickle.Dict {
		t.Set("latency", pickle.NewList(0.5, pickle.Float64Scalar(0.25)))
		return t
	}},
	{"no times", func(t *pickle.Dict) *pickle.Dict {
		t.Set("train_times", nil)
		t.Set("eval_times", new(pickle.Dict))
		return t
	}},
	{"None for evaluation times", func(t *pickle.Dict) *pickle.Dict { t.Set("eval_times", nil); return t }},
	{"empty top-5", func(t *pickle.Dict) *pickle.Dict { t.Set("train_acc5es", new(pickle.Dict)); return t }},
	{"top-5", func(t *pickle.Dict) *pickle.Dict { t.Set("train_acc5es", get(t, "train_acc1es")); return t }},
	{"times in a plain dict", func(t *pickle.Dict) *pickle.Dict {
		times := get(t, "train_times").(*pickle.Dict)
		t.Set("train_times", &pickle.Dict{Ordered: false})
		for k, v := range times.All() {
			get(t, "train_times").(*pickle.Dict).Set(k, v)
		}
		return t
	}},
	{"losses in an OrderedDict", func(t *pickle.Dict) *pickle.Dict {
		t.Set("train_losses", asOrdered(get(t, "train_losses").(*pickle.Dict)))
		return t
	}},
	{"epochs backwards", func(t *pickle.Dict) *pickle.Dict {
		t.Set("train_losses", reversed(get(t, "train_losses").(*pickle.Dict)))
		return t
	}},
	{"an epoch missing", func(t *pickle.Dict) *pickle.Dict {
		t.Set("train_losses", without(get(t, "train_losses").(*pickle.Dict), 1))
		return t
	}},
	{"the last epoch missing", func(t *pickle.Dict) *pickle.Dict {
		t.Set("train_losses", without(get(t, "train_losses").(*pickle.Dict), 3))
		return t
	}},
	{"a time missing", func(t *pickle.Dict) *pickle.Dict {
		t.Set("train_times", without(get(t, "train_times").(*pickle.Dict), 1))
		return t
	}},
	{"a whole loss", func(t *pickle.Dict) *pickle.Dict { get(t, "train_losses").(*pickle.Dict).Set(2, 1); return t }},
	{"a loss of numpy", func(t *pickle.Dict) *pickle.Dict {
		get(t, "train_losses").(*pickle.Dict).Set(2, pickle.Float64Scalar(1))
		return t
	}},
	{"evaluations backwards", func(t *pickle.Dict) *pickle.Dict {
		t.Set("eval_acc1es", reversed(get(t, "eval_acc1es").(*pickle.Dict)))
		return t
	}},
	{"one set at its last epoch only", func(t *pickle.Dict) *pickle.Dict {
		for _, key := range []string{"eval_acc1es", "eval_losses"} {
			t.Set(key, without(get(t, key).(*pickle.Dict), "ori-test@0", "ori-test@1", "ori-test@2"))
		}
		return t
	}},
	{"an evaluation time missing", func(t *pickle.Dict) *pickle.Dict {
		t.Set("eval_times", without(get(t, "eval_times").(*pickle.Dict), "ori-test@3"))
		return t
	}},
	{"sets in turn", func(t *pickle.Dict) *pickle.Dict {
		mixed := new(pickle.Dict)
		for e := range 4 {
			for _, set := range *get(t, "eval_names").(*pickle.List) {
				mixed.Set(fmt.Sprintf("%v@%d", set, e), float64(e))
			}
		}
		t.Set("eval_losses", mixed)
		return t
	}},
	{"names in another order", func(t *pickle.Dict) *pickle.Dict {
		names := *get(t, "eval_names").(*pickle.List)
		other := new(pickle.List)
		for i := len(names) - 1; i >= 0; i-- {
			other.Append(names[i])
		}
		t.Set("eval_names", other)
		return t
	}},
	{"another network's string", func(t *pickle.Dict) *pickle.Dict {
		get(t, "arch_config").(*pickle.Dict).Set("arch_str", "|none~0|")
		return t
	}},
	{"another entry of the configuration", func(t *pickle.Dict) *pickle.Dict {
		get(t, "arch_config").(*pickle.Dict).Set("x", 1.5)
		return t
	}},
}

// recordIrregularities are changes of an architecture's record.
var recordIrregularities = []struct {
	name   string
	change func(r *pickle.Dict) *pickle.Dict
}{
	{"entries in another order", reversed},
	{"another entry", func(r *pickle.Dict) *pickle.Dict { r.Set("x", nil); return r }},
	{"another index", func(r *pickle.Dict) *pickle.Dict { r.Set("arch_index", 3); return r }},
	{"another string", func(r *pickle.Dict) *pickle.Dict { r.Set("arch_str", "|none~0|"); return r }},
	{"weights not cleared", func(r *pickle.Dict) *pickle.Dict { r.Set("clear_net_done", false); return r }},
	{"seeds backwards", func(r *pickle.Dict) *pickle.Dict {
		get(r, "dataset_seed").(*pickle.Dict).Set("cifar10", pickle.NewList(888, 777))
		return r
	}},
	{"datasets backwards", func(r *pickle.Dict) *pickle.Dict {
		r.Set("dataset_seed", reversed(get(r, "dataset_seed").(*pickle.Dict)))
		return r
	}},
	{"a seed without a trial", func(r *pickle.Dict) *pickle.Dict {
		get(r, "dataset_seed").(*pickle.Dict).Set("cifar10", pickle.NewList(777, 888, 999))
		return r
	}},
	{"no trials", func(r *pickle.Dict) *pickle.Dict {
		r.Set(keyTrials, new(pickle.Dict))
		r.Set("dataset_seed", new(pickle.Dict))
		return r
	}},
	{"trials in an OrderedDict", func(r *pickle.Dict) *pickle.Dict {
		r.Set(keyTrials, asOrdered(get(r, keyTrials).(*pickle.Dict)))
		return r
	}},
}

// TestIrregularitiesComeThroughStores writes files with irregular records, makes a store of
// them, and compares the trees that the store gives back, and its answers.
func TestIrregularitiesComeThroughStores(t *testing.T) {
	archs := map[int]*pickle.Dict{}
	names := map[int]string{}
	for i, o := range irregularities {
		a := plainArch(i)
		trials := get(a, "less", keyTrials).(*pickle.Dict)
		for j, d := range []data.Dataset{data.CIFAR10Valid, data.CIFAR100} {
			key := pickle.NewTuple(d.String(), []int{777, 888}[j])
			state, _ := trials.Get(key)
			trials.Set(key, o.change(state.(*pickle.Dict)))
		}
		archs[i], names[i] = a, o.name
	}
	for i, o := range recordIrregularities {
		a := plainArch(len(irregularities) + i)
		a.Set("less", o.change(get(a, "less").(*pickle.Dict)))
		archs[len(irregularities)+i], names[len(irregularities)+i] = a, o.name
	}
	path := writeBenchmark(t, archs)
	b, s := mustOpen(t, path), importStore(t, path)
	out := filepath.Join(t.TempDir(), "out.pth")
	if err := Export(s, out, ExportOptions{}); err != nil {
		t.Fatal(err)
	}
	got, want := loadTree(t, out), loadTree(t, path)
	for i, name := range names {
		g, w := get(got.(*pickle.Dict), keyRecords, i), get(want.(*pickle.Dict), keyRecords, i)
		if d := treeDifference(g, w); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		compareQueries(t, name, b, s, i)
	}
	if d := treeDifference(got, want); d != "" {
		t.Error(d)
	}
}

// compareQueries compares the answers of two benchmarks on an architecture.
func compareQueries(t *testing.T, name string, a, b *Benchmark, index int) {
	t.Helper()
	same := func(what string, x any, xErr error, y any, yErr error) {
		t.Helper()
		if (xErr == nil) != (yErr == nil) || xErr == nil && !reflect.DeepEqual(x, y) {
			t.Errorf("%s: %s: %v, %v and %v, %v", name, what, x, xErr, y, yErr)
		}
	}
	for _, d := range []data.Dataset{data.CIFAR10Valid, data.CIFAR10, data.CIFAR100, data.ImageNet16} {
		for _, choice := range []Choice{MeanOfTrials(), OfSeed(777)} {
			for _, epoch := range []Epoch{{}, AtEpoch(1)} {
				selection := Selection{index, d, HP12, epoch, choice}
				x, xErr := a.MoreInfo(selection)
				y, yErr := b.MoreInfo(selection)
				same(fmt.Sprint("info on ", d, epoch), x, xErr, y, yErr)
				for set := data.Train; set <= data.OriTest; set++ {
					x, xErr := a.Metrics(selection, set)
					y, yErr := b.Metrics(selection, set)
					same(fmt.Sprint("metrics on ", d, set, epoch), x, xErr, y, yErr)
				}
			}
		}
		for set := data.Train; set <= data.OriTest; set++ {
			q := BestQuery{Dataset: d, Set: set, HP: HP12}
			x, _, xErr := a.candidate(q, index)
			y, _, yErr := b.candidate(q, index)
			same(fmt.Sprint("best on ", d, set), x, xErr, y, yErr)
		}
		x, xErr := a.Cost(index, d, HP12)
		y, yErr := b.Cost(index, d, HP12)
		same(fmt.Sprint("cost on ", d), x, xErr, y, yErr)
		xNet, xErr := a.NetConfig(index, d)
		yNet, yErr := b.NetConfig(index, d)
		same(fmt.Sprint("network on ", d), xNet, xErr, yNet, yErr)
	}
}
