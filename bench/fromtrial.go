package bench

import (
	"fmt"
	"slices"

	"cellnet/data"
	"cellnet/internal/pickle/unpickle"
)

// trialKeys are the keys of a trial's state in the order in which most files
// have them.
var trialKeys = []string{
	"name", "train_acc1es", "train_acc5es", "train_losses", "train_times", "arch_config", "params", "flop", "seed",
	"epochs", "latency", "eval_names", "eval_acc1es", "eval_times", "eval_losses", "net_state_dict",
}

// trialKeysWeightsSecond is their order where the weights were not cleared.
var trialKeysWeightsSecond = append([]string{"name", "net_state_dict"}, trialKeys[1:len(trialKeys)-1]...)

func (b *builder) trial(d data.Dataset, seed int, arch string, v unpickle.Value) (*Trial, error) {
	if !v.IsDict() {
		return nil, want("the record", v, "a dict")
	}
	f := &fields{v: v, keys: trialKeys, odd: v.Kind() != unpickle.Dict || v.HasAttributes()}
	t := &Trial{Dataset: d, Seed: seed}
	if !f.inOrder() {
		f.keys = trialKeysWeightsSecond
		t.spelling.WeightsSecond = true
		f.odd = f.odd || !f.inOrder()
	}
	epochs, err := f.integer("epochs")
	if err != nil {
		return nil, err
	}
	if epochs < 0 || epochs > maxEpochs {
		return nil, fmt.Errorf("epochs is %d, want 0 to %d", epochs, maxEpochs)
	}
	t.Epochs = int(epochs)
	if t.Params, t.spelling.NumPyParams, err = f.float("params"); err != nil {
		return nil, err
	}
	if t.FLOPs, t.spelling.NumPyFLOPs, err = f.float("flop"); err != nil {
		return nil, err
	}
	if t.Net, err = f.netConfig(b, arch); err != nil {
		return nil, err
	}
	if t.Latency, t.spelling.NumPyLatency, err = f.latency(); err != nil {
		return nil, err
	}
	for _, c := range []struct {
		key   string
		curve *Curve
	}{
		{"train_acc1es", &t.Train.Top1}, {"train_acc5es", &t.Train.Top5},
		{"train_losses", &t.Train.Loss}, {"train_times", &t.Train.Seconds},
	} {
		if *c.curve, err = f.curve(c.key); err != nil {
			return nil, err
		}
	}
	if times, _ := f.lookup("train_times"); times.Kind() == unpickle.OrderedDict {
		t.spelling.OrderedTimes = true
	}
	if err := f.evals(t); err != nil {
		return nil, err
	}
	if name, _ := f.lookup("name"); !name.Is(d.String()) {
		f.odd = true
	}
	f.seed(t)
	weights, _ := f.lookup("net_state_dict")
	t.HasWeights = weights.Kind() != unpickle.None && weights.Kind() != unpickle.Invalid
	if f.odd || !t.regular() {
		t.raw, err = keep(v)
	}
	return t, err
}

// seed notes how the seed is spelled. The trial's key is what counts.
func (f *fields) seed(t *Trial) {
	v, _ := f.lookup("seed")
	switch v.Kind() {
	case unpickle.Int:
		t.spelling.SeedNumber = true
		f.odd = f.odd || int(v.Int()) != t.Seed
	case unpickle.String:
		f.odd = f.odd || string(v.Text()) != t.spelling.seed(t.Seed)
	default:
		f.odd = true
	}
}

func (f *fields) latency() (seconds []float64, numpy bool, err error) {
	v, _ := f.lookup("latency")
	switch v.Kind() {
	case unpickle.None:
		return nil, false, nil
	case unpickle.List:
	default:
		return nil, false, want("latency", v, "a list or None")
	}
	items := v.Items()
	f.odd = f.odd || len(items) == 0
	for i, item := range items {
		x, ok := item.Float()
		if !ok {
			return nil, false, want("an element of latency", item, "a number")
		}
		if i == 0 {
			numpy = item.Kind() == unpickle.Scalar
		}
		f.odd = f.odd || item.Kind() == unpickle.Int || numpy != (item.Kind() == unpickle.Scalar)
		seconds = append(seconds, x)
	}
	return seconds, numpy, nil
}

// netConfig reads arch_config, in the form of either search space.
func (f *fields) netConfig(b *builder, arch string) (c NetConfig, err error) {
	v, _ := f.lookup("arch_config")
	if !v.IsDict() {
		return c, want("arch_config", v, "a dict")
	}
	g := fields{v: v, keys: topologyKeys, odd: v.Kind() != unpickle.Dict}
	if c.Arch, err = g.text(b, "arch_str"); err != nil {
		return c, err
	}
	classes, err := g.integer("class_num")
	if err != nil {
		return c, err
	}
	c.Classes = int(classes)
	if name, ok := g.lookup("name"); ok && name.Is(sizeName) {
		g.keys = sizeKeys
		channels, err := g.text(b, "channels")
		if err != nil {
			return c, err
		}
		if c.Genotype, err = g.text(b, "genotype"); err != nil {
			return c, err
		}
		g.odd = g.odd || channels != c.Arch
	} else {
		channels, err := g.integer("channel")
		if err != nil {
			return c, err
		}
		cells, err := g.integer("num_cells")
		if err != nil {
			return c, err
		}
		c.Channels, c.Cells = int(channels), int(cells)
	}
	f.odd = f.odd || g.odd || !g.inOrder() || c.Arch != arch || c.Genotype == "" && slices.Equal(g.keys, sizeKeys)
	return c, nil
}

const sizeName = "infer.shape.tiny"

var (
	topologyKeys = []string{"channel", "num_cells", "arch_str", "class_num"}
	sizeKeys     = []string{"name", "channels", "arch_str", "genotype", "class_num"}
)

// curve reads a dictionary of epochs.
func (f *fields) curve(key string) (c Curve, err error) {
	v, _ := f.lookup(key)
	switch v.Kind() {
	case unpickle.None:
		return c, nil
	case unpickle.Dict:
	case unpickle.OrderedDict:
		f.odd = f.odd || key != "train_times" || v.HasAttributes()
	default:
		return c, want(key, v, "a dict or None")
	}
	items := v.Items()
	f.odd = f.odd || len(items) == 0
	c.Values = make([]float64, 0, len(items)/2)
	for i := 0; i < len(items); i += 2 {
		if items[i].Kind() != unpickle.Int {
			return c, want("a key of "+key, items[i], "an epoch")
		}
		x, ok := items[i+1].Float()
		if !ok {
			return c, want("a value of "+key, items[i+1], "a number")
		}
		f.odd = f.odd || items[i+1].Kind() != unpickle.Float
		epoch := items[i].Int()
		if epoch < 0 || epoch >= maxEpochs {
			return c, fmt.Errorf("%s has an epoch %d, want 0 to %d", key, epoch, maxEpochs-1)
		}
		c.add(int(epoch), x)
	}
	if !c.distinct() {
		return c, fmt.Errorf("%s has an epoch twice", key)
	}
	return c, nil
}

// distinct reports whether no epoch is there twice.
func (c Curve) distinct() bool {
	seen := make([]bool, 0, len(c.Epochs))
	for _, e := range c.Epochs {
		if e >= len(seen) {
			seen = append(seen, make([]bool, e+1-len(seen))...)
		}
		if seen[e] {
			return false
		}
		seen[e] = true
	}
	return true
}
