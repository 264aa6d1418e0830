package published

import (
	"fmt"
	"slices"

	"cellnet/bench/record"
	"cellnet/cell"
	"cellnet/data"
	"cellnet/internal/pickle/unpickle"
)

func (b *builder) trial(d data.Dataset, seed int, arch string, v unpickle.Value) (*record.Trial, error) {
	if !v.IsDict() {
		return nil, want("the record", v, "a dict")
	}
	f := &fields{v: v, irregular: v.Kind() != unpickle.Dict || v.HasAttributes()}
	t := &record.Trial{Dataset: d, Seed: seed}
	f.readKeys(&t.Dialect)
	epochs, err := f.integer("epochs")
	if err != nil {
		return nil, err
	}
	if epochs < 0 || epochs > record.MaxEpochs {
		return nil, fmt.Errorf("epochs is %d, want 0 to %d", epochs, record.MaxEpochs)
	}
	t.Epochs = int(epochs)
	if t.Params, err = f.readFloat("params", &t.Dialect.NumPyParams); err != nil {
		return nil, err
	}
	if t.FLOPs, err = f.readFloat("flop", &t.Dialect.NumPyFLOPs); err != nil {
		return nil, err
	}
	if t.Net, err = f.netConfig(b, arch); err != nil {
		return nil, err
	}
	if t.Latency, err = f.readLatency(&t.Dialect.NumPyLatency); err != nil {
		return nil, err
	}
	for _, c := range []struct {
		key   string
		curve *record.Curve
	}{
		{"train_acc1es", &t.Train.Top1}, {"train_acc5es", &t.Train.Top5},
		{"train_losses", &t.Train.Loss}, {"train_times", &t.Train.Seconds},
	} {
		if *c.curve, err = f.curve(c.key); err != nil {
			return nil, err
		}
	}
	f.readTimesKind(&t.Dialect)
	if err := f.evals(t); err != nil {
		return nil, err
	}
	if name, _ := f.lookup("name"); !name.Is(d.String()) {
		f.irregular = true
	}
	f.readSeed(t)
	weights, _ := f.lookup(keyWeights)
	t.HasWeights = weights.Kind() != unpickle.None && weights.Kind() != unpickle.Invalid
	if f.irregular || !t.LastEpochTellsAll() {
		t.Dialect.Verbatim, err = verbatim(v)
	}
	return t, err
}

// netConfig reads arch_config, in the form of either search space.
func (f *fields) netConfig(b *builder, arch string) (c record.NetConfig, err error) {
	v, _ := f.lookup("arch_config")
	if !v.IsDict() {
		return c, want("arch_config", v, "a dict")
	}
	g := fields{v: v, keys: topologyKeys, irregular: v.Kind() != unpickle.Dict}
	if c.ArchString, err = g.text(b, "arch_str"); err != nil {
		return c, err
	}
	classes, err := g.integer("class_num")
	if err != nil {
		return c, err
	}
	c.Classes = int(classes)
	if name, ok := g.lookup("name"); ok && name.Is(cell.InferShapeTiny) {
		g.keys = sizeKeys
		channels, err := g.text(b, "channels")
		if err != nil {
			return c, err
		}
		if c.Genotype, err = g.text(b, "genotype"); err != nil {
			return c, err
		}
		g.irregular = g.irregular || channels != c.ArchString
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
	f.irregular = f.irregular || g.irregular || !g.inOrder() || c.ArchString != arch || c.Genotype == "" && slices.Equal(g.keys, sizeKeys)
	return c, nil
}

var (
	topologyKeys = []string{"channel", "num_cells", "arch_str", "class_num"}
	sizeKeys     = []string{"name", "channels", "arch_str", "genotype", "class_num"}
)

// curve reads a dictionary of epochs.
func (f *fields) curve(key string) (c record.Curve, err error) {
	v, _ := f.lookup(key)
	switch v.Kind() {
	case unpickle.None:
		return c, nil
	case unpickle.Dict:
	case unpickle.OrderedDict:
		f.irregular = f.irregular || key != "train_times" || v.HasAttributes()
	default:
		return c, want(key, v, "a dict or None")
	}
	items := v.Items()
	f.irregular = f.irregular || len(items) == 0
	c.Values = make([]float64, 0, len(items)/2)
	for i := 0; i < len(items); i += 2 {
		if items[i].Kind() != unpickle.Int {
			return c, want("a key of "+key, items[i], "an epoch")
		}
		x, ok := items[i+1].Float()
		if !ok {
			return c, want("a value of "+key, items[i+1], "a number")
		}
		f.irregular = f.irregular || items[i+1].Kind() != unpickle.Float
		epoch := items[i].Int()
		if epoch < 0 || epoch >= record.MaxEpochs {
			return c, fmt.Errorf("%s has an epoch %d, want 0 to %d", key, epoch, record.MaxEpochs-1)
		}
		c.Add(int(epoch), x)
	}
	if !c.Distinct() {
		return c, fmt.Errorf("%s has an epoch twice", key)
	}
	return c, nil
}
