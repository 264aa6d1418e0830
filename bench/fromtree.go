package bench

import (
	"bytes"
	"fmt"
	"slices"

	"cellnet/bench/internal/unpickle"
	"cellnet/data"
)

// maxEpochs bounds the epochs of a trial that is read.
const maxEpochs = 1 << 14

// builder makes records of decoded pickles. What a file may spell in several
// ways goes into the trial's spelling; a trial with anything beyond that is
// marked odd.
type builder struct {
	names map[string]string // one copy of each string that many records share
}

func (b *builder) name(text []byte) string {
	if s, ok := b.names[string(text)]; ok {
		return s
	}
	if b.names == nil || len(b.names) > 1<<12 {
		b.names = map[string]string{}
	}
	s := string(text)
	b.names[s] = s
	return s
}

func want(what string, v unpickle.Value, want string) error {
	if v.Kind() == unpickle.Invalid {
		return fmt.Errorf("%s is missing", what)
	}
	return fmt.Errorf("%s is %v, want %s", what, v.Kind(), want)
}

// results makes the results of one recipe, of the architecture that is filed
// under index (negative if it is not known), of their published state.
func (b *builder) results(index int, v unpickle.Value) (*Results, error) {
	if !v.IsDict() {
		return nil, want("the record", v, "a dict")
	}
	r := &Results{}
	f := fields{v: v, keys: []string{"arch_index", "arch_str", keyTrials, keySeeds, "clear_net_done"}}
	number, err := f.integer("arch_index")
	if err != nil {
		return nil, err
	}
	r.Index = int(number)
	if r.Arch, err = f.text(b, "arch_str"); err != nil {
		return nil, err
	}
	all, ok := f.lookup("all_results")
	if !ok || !all.IsDict() {
		return nil, want("all_results", all, "a dict")
	}
	f.odd = f.odd || all.Kind() != unpickle.Dict
	if r.Trials, err = b.trials(all, r.Arch); err != nil {
		return nil, err
	}
	seeds, ok := f.lookup(keySeeds)
	if !ok || !seeds.IsDict() {
		return nil, want(keySeeds, seeds, "a dict")
	}
	f.odd = f.odd || seeds.Kind() != unpickle.Dict
	if r.Seeds, err = f.seeds(seeds); err != nil {
		return nil, err
	}
	cleared, ok := f.lookup("clear_net_done")
	if !ok || cleared.Kind() != unpickle.Bool {
		return nil, want("clear_net_done", cleared, "a bool")
	}
	r.Cleared = cleared.Int() != 0
	usual := (index < 0 || index == r.Index) && len(r.Trials) > 0 && slices.EqualFunc(r.Seeds, seedsOf(r.Trials), DatasetSeeds.equal)
	if !usual || f.odd || !f.inOrder() || v.Kind() != unpickle.Dict {
		r.raw, err = keepHead(v)
	}
	return r, err
}

// trials makes the trials of all_results, whose keys are (dataset, seed).
func (b *builder) trials(all unpickle.Value, arch string) ([]*Trial, error) {
	items := all.Items()
	trials := make([]*Trial, 0, len(items)/2)
	for i := 0; i < len(items); i += 2 {
		key := items[i].Items()
		if items[i].Kind() != unpickle.Tuple || len(key) != 2 || key[0].Kind() != unpickle.String || key[1].Kind() != unpickle.Int {
			return nil, want("a key of all_results", items[i], "a tuple of a dataset and a seed")
		}
		d, err := data.ParseDataset(string(key[0].Text()))
		if err != nil {
			return nil, err
		}
		seed := int(key[1].Int())
		if slices.ContainsFunc(trials, func(t *Trial) bool { return t.Dataset == d && t.Seed == seed }) {
			return nil, fmt.Errorf("trial (%v, %d) is there twice", d, seed)
		}
		t, err := b.trial(d, seed, arch, items[i+1])
		if err != nil {
			return nil, fmt.Errorf("trial (%v, %d): %w", d, seed, err)
		}
		trials = append(trials, t)
	}
	return trials, nil
}

// seeds reads dataset_seed.
func (f *fields) seeds(v unpickle.Value) ([]DatasetSeeds, error) {
	items := v.Items()
	all := make([]DatasetSeeds, 0, len(items)/2)
	for i := 0; i < len(items); i += 2 {
		if items[i].Kind() != unpickle.String {
			return nil, want("a key of dataset_seed", items[i], "a dataset")
		}
		d, err := data.ParseDataset(string(items[i].Text()))
		if err != nil {
			return nil, err
		}
		if items[i+1].Kind() != unpickle.List {
			return nil, want("dataset_seed of "+d.String(), items[i+1], "a list")
		}
		s := DatasetSeeds{Dataset: d}
		for _, seed := range items[i+1].Items() {
			if seed.Kind() != unpickle.Int {
				return nil, want("a seed", seed, "an int")
			}
			s.Seeds = append(s.Seeds, int(seed.Int()))
		}
		all = append(all, s)
	}
	return all, nil
}

// fields reads the entries of a state dictionary. odd gathers whether it is
// spelled in a way that the records have no place for.
type fields struct {
	v    unpickle.Value
	keys []string // that are expected, in their order
	odd  bool
}

func (f *fields) lookup(key string) (unpickle.Value, bool) { return f.v.Lookup(key) }

// inOrder reports whether the dictionary has the expected keys and no others,
// in the expected order.
func (f *fields) inOrder() bool {
	items := f.v.Items()
	if len(items) != 2*len(f.keys) {
		return false
	}
	for i, key := range f.keys {
		if !items[2*i].Is(key) {
			return false
		}
	}
	return true
}

func (f *fields) integer(key string) (int64, error) {
	v, _ := f.lookup(key)
	if v.Kind() != unpickle.Int {
		return 0, want(key, v, "an int")
	}
	return v.Int(), nil
}

func (f *fields) text(b *builder, key string) (string, error) {
	v, _ := f.lookup(key)
	if v.Kind() != unpickle.String {
		return "", want(key, v, "a str")
	}
	return b.name(v.Text()), nil
}

// float reads a number and tells whether it is a numpy.float64.
func (f *fields) float(key string) (x float64, numpy bool, err error) {
	v, _ := f.lookup(key)
	x, ok := v.Float()
	if !ok {
		return 0, false, want(key, v, "a number")
	}
	f.odd = f.odd || v.Kind() == unpickle.Int
	return x, v.Kind() == unpickle.Scalar, nil
}

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
		f.odd = f.odd || int(v.Int()) != t.Seed
	case unpickle.String:
		t.spelling.SeedText = true
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
	f.odd = f.odd || !slices.IsSorted(c.Epochs)
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

// evals reads eval_names and the three dictionaries of the evaluation sets.
func (f *fields) evals(t *Trial) error {
	names, _ := f.lookup("eval_names")
	if names.Kind() != unpickle.List {
		return want("eval_names", names, "a list")
	}
	for _, name := range names.Items() {
		set, err := data.ParseSet(string(name.Text()))
		if err != nil || name.Kind() != unpickle.String || set == data.Train {
			return want("an element of eval_names", name, "x-valid, x-test or ori-test")
		}
		if _, twice := t.Eval(set); twice {
			return fmt.Errorf("eval_names has %v twice", set)
		}
		t.Evals = append(t.Evals, Eval{Set: set})
	}
	for _, c := range []struct {
		key   string
		of    func(*Eval) *Curve
		order *setOrder
	}{
		{"eval_acc1es", func(e *Eval) *Curve { return &e.Top1 }, &t.spelling.Top1Order},
		{"eval_times", func(e *Eval) *Curve { return &e.Seconds }, &t.spelling.SecondsOrder},
		{"eval_losses", func(e *Eval) *Curve { return &e.Loss }, &t.spelling.LossOrder},
	} {
		v, _ := f.lookup(c.key)
		if v.Kind() == unpickle.None && c.key == "eval_times" {
			t.spelling.NoEvalTimes = true
			continue
		}
		if !v.IsDict() {
			return want(c.key, v, "a dict")
		}
		f.odd = f.odd || v.Kind() != unpickle.Dict
		order, err := f.evalCurves(c.key, v, t, c.of)
		if err != nil {
			return err
		}
		*c.order = order
	}
	return nil
}

// evalCurves reads a dictionary with keys such as "ori-test@199", and gives the
// order of the sets in it.
func (f *fields) evalCurves(key string, v unpickle.Value, t *Trial, of func(*Eval) *Curve) (setOrder, error) {
	items := v.Items()
	var (
		order []data.Set
		name  []byte
		curve *Curve
	)
	for i := 0; i < len(items); i += 2 {
		if items[i].Kind() != unpickle.String {
			return "", want("a key of "+key, items[i], "a str")
		}
		text := items[i].Text()
		at := bytes.IndexByte(text, '@')
		epoch, ok := parseEpoch(text[at+1:])
		if at < 0 || !ok {
			return "", fmt.Errorf("%s has a key %.40q, want set@epoch", key, text)
		}
		if curve == nil || !bytes.Equal(text[:at], name) {
			name = text[:at]
			set, err := data.ParseSet(string(name))
			if err != nil || set == data.Train {
				return "", fmt.Errorf("%s has a key %.40q, want x-valid, x-test or ori-test", key, text)
			}
			e, ok := t.Eval(set)
			if !ok {
				return "", fmt.Errorf("%s has %v, which eval_names does not list", key, set)
			}
			curve = of(e)
			if curve.Values == nil {
				curve.Values = make([]float64, 0, min(t.Epochs, len(items)/2))
			}
			f.odd = f.odd || slices.Contains(order, set)
			order = append(order, set)
		}
		x, ok := items[i+1].Float()
		if !ok {
			return "", want("a value of "+key, items[i+1], "a number")
		}
		f.odd = f.odd || items[i+1].Kind() != unpickle.Float
		curve.add(epoch, x)
	}
	for i := range t.Evals {
		c := of(&t.Evals[i])
		if !c.distinct() {
			return "", fmt.Errorf("%s has an epoch of %v twice", key, t.Evals[i].Set)
		}
		f.odd = f.odd || !slices.IsSorted(c.Epochs)
	}
	return t.orderAsSpelled(order, of), nil
}

// orderAsSpelled gives the order of the sets that have a curve, or "" if that is
// the order of Evals.
func (t *Trial) orderAsSpelled(order []data.Set, of func(*Eval) *Curve) setOrder {
	var usual []data.Set
	for i := range t.Evals {
		if of(&t.Evals[i]).Len() > 0 {
			usual = append(usual, t.Evals[i].Set)
		}
	}
	if slices.Equal(order, usual) || len(order) > len(usual) {
		return "" // as usual, or mixed in a way that is odd
	}
	return orderOf(order)
}

// parseEpoch reads a number without sign or leading zeros.
func parseEpoch(text []byte) (int, bool) {
	n := 0
	for i, c := range text {
		if c < '0' || c > '9' || i == 1 && text[0] == '0' {
			return 0, false
		}
		if n = 10*n + int(c-'0'); n >= maxEpochs {
			return 0, false
		}
	}
	return n, len(text) > 0
}
