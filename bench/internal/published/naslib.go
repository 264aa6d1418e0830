package published

import (
	"fmt"
	"io"
	"slices"

	"cellnet/bench/internal/source"
	"cellnet/bench/record"
	"cellnet/cell"
	"cellnet/data"
	"cellnet/internal/atomicfile"
	"cellnet/internal/pickle"
	"cellnet/internal/pickle/unpickle"
)

// NASLib keeps one training of an architecture on each dataset, as a pickle: a
// dict of arch strings, datasets and what was measured. Lists have a number for
// each epoch, accuracies are percents. NASLib's evaluation is on test images,
// whatever it calls it.
const (
	naslibCost        = "cost_info"
	naslibTrainLoss   = "train_losses"
	naslibTrainTop1   = "train_acc1es"
	naslibTrainTimes  = "train_times"
	naslibEvalLoss    = "eval_losses"
	naslibEvalTop1    = "eval_acc1es"
	naslibEvalTimes   = "eval_times"
	naslibFLOPs       = "flops"      // in millions
	naslibParams      = "params"     // in millions
	naslibLatency     = "latency"    // in seconds
	naslibTrainTime   = "train_time" // seconds of the whole training
	naslibEvalSet     = "eval_set"
	naslibSeed        = "seed"
	naslibHP          = "hp"
	naslibChannels    = "C"
	naslibCells       = "N"
	naslibDefaultSeed = 888 // of the trainings in NASLib's own files
)

// naslibSets are the sets of an evaluation, NASLib's own first.
func naslibSets(d data.Dataset) []data.Set {
	if d == data.CIFAR10 || d == data.CIFAR10Valid {
		return []data.Set{data.OriTest, data.XValid, data.XTest}
	}
	return []data.Set{data.XTest, data.OriTest, data.XValid}
}

// isNASLib tells whether the root's keys are arch strings.
func isNASLib(root *unpickle.File) bool {
	if len(root.Root) == 0 {
		return false
	}
	_, err := cell.Parse(root.Root[0].Key)
	return err == nil
}

// naslib is a file of NASLib's layout.
type naslib struct {
	*file
	archs []string
}

func openNASLib(o opened) (source.Records, record.Layout, error) {
	p := &naslib{
		file:  &file{f: o.pickle, spans: make(map[int]unpickle.Span, len(o.pickle.Root)), closer: o.closer},
		archs: record.ArchStrings(record.Topology),
	}
	p.decoders.New = func() any { return new(decoder) }
	for _, e := range o.pickle.Root {
		c, err := cell.Parse(e.Key)
		if err != nil {
			return nil, 0, fmt.Errorf("its key %.100q is no arch string: %w", e.Key, err)
		}
		index, ok := c.Index()
		if !ok {
			return nil, 0, fmt.Errorf("its key %.100q is not one of the benchmark's architectures", e.Key)
		}
		if _, twice := p.spans[index]; twice {
			return nil, 0, fmt.Errorf("architecture %d is there twice", index)
		}
		p.spans[index] = e.Span
		p.order = append(p.order, index)
	}
	return p, record.NASLib, nil
}

func (p *naslib) Root() (*pickle.Dict, error)    { return nil, nil }
func (p *naslib) ArchStrings() ([]string, error) { return p.archs, nil }

func (p *naslib) Evaluated() ([]int, error) { return slices.Sorted(slices.Values(p.order)), nil }

func (p *naslib) Architecture(index int) (*record.Architecture, error) {
	span, ok := p.spans[index]
	if !ok {
		return nil, source.ErrNotStored
	}
	d := p.decoders.Get().(*decoder)
	defer p.decoders.Put(d)
	_, v, err := d.Entry(p.f, span)
	if err != nil {
		return nil, archError(index, err)
	}
	a, err := naslibArchitecture(index, p.archs[index], v)
	if err != nil {
		return nil, archError(index, err)
	}
	return a, nil
}

// naslibArchitecture reads the datasets of an architecture; others than this
// program knows are passed over.
func naslibArchitecture(index int, arch string, v unpickle.Value) (*record.Architecture, error) {
	if !v.IsDict() {
		return nil, want("the record", v, "a dict")
	}
	trials := map[record.HP][]*record.Trial{}
	var hps []record.HP
	items := v.Items()
	for i := 0; i < len(items); i += 2 {
		d, err := data.ParseDataset(string(items[i].Text()))
		if items[i].Kind() != unpickle.String || err != nil || d == data.Folder || !items[i+1].IsDict() {
			continue
		}
		hp, t, err := naslibTrial(d, arch, items[i+1])
		if err != nil {
			return nil, fmt.Errorf("%v: %w", d, err)
		}
		if trials[hp] == nil {
			hps = append(hps, hp)
		}
		trials[hp] = append(trials[hp], t)
	}
	a := &record.Architecture{Index: index, ArchString: arch, OrderedDict: true}
	for _, hp := range hps {
		r, err := record.NewResults(index, arch, trials[hp])
		if err != nil {
			return nil, err
		}
		a.Set(hp, r)
	}
	return a, nil
}

// naslibTrial reads the training on a dataset. NASLib's own files leave out the
// seed, the recipe, the set and the size of the network: they are those of the
// benchmark.
func naslibTrial(d data.Dataset, arch string, v unpickle.Value) (record.HP, *record.Trial, error) {
	f := naslibFields{v}
	t := &record.Trial{Dataset: d, Seed: naslibDefaultSeed, Net: record.NetConfig{Channels: 16, Cells: 5, ArchString: arch, Classes: d.Classes()}}
	e := record.Eval{Set: naslibSets(d)[0]}
	for _, c := range []struct {
		key   string
		curve *record.Curve
	}{
		{naslibTrainLoss, &t.Train.Loss}, {naslibTrainTop1, &t.Train.Top1}, {naslibTrainTimes, &t.Train.Seconds},
		{naslibEvalLoss, &e.Loss}, {naslibEvalTop1, &e.Top1}, {naslibEvalTimes, &e.Seconds},
	} {
		n, err := f.curve(c.key, c.curve)
		if err != nil {
			return 0, nil, err
		}
		t.Epochs = max(t.Epochs, n)
	}
	if t.Epochs == 0 {
		return 0, nil, fmt.Errorf("none of %s, %s, %s and %s is there", naslibTrainLoss, naslibTrainTop1, naslibEvalLoss, naslibEvalTop1)
	}
	hp := record.HP(t.Epochs)
	if n, ok := f.integer(naslibHP); ok && n > 0 {
		hp = record.HP(n)
	}
	if n, ok := f.integer(naslibSeed); ok {
		t.Seed = n
	}
	if c, ok := f.integer(naslibChannels); ok {
		t.Net.Channels = c
	}
	if n, ok := f.integer(naslibCells); ok {
		t.Net.Cells = n
	}
	if name, ok := v.Lookup(naslibEvalSet); ok {
		set, err := data.ParseSet(string(name.Text()))
		if err != nil || set == data.Train {
			return 0, nil, fmt.Errorf("%s is %.40q, want x-valid, x-test or ori-test", naslibEvalSet, name.Text())
		}
		e.Set = set
	}
	t.Evals = []record.Eval{e}
	cost, _ := v.Lookup(naslibCost)
	return hp, t, naslibFields{cost}.cost(t)
}

// naslibFields reads a dict of a file.
type naslibFields struct{ v unpickle.Value }

// curve reads a list of numbers, with None for epochs without one, and tells its
// length. A missing list is an empty one.
func (f naslibFields) curve(key string, c *record.Curve) (int, error) {
	v, ok := f.v.Lookup(key)
	if !ok || v.Kind() == unpickle.None {
		return 0, nil
	}
	if v.Kind() != unpickle.List && v.Kind() != unpickle.Tuple {
		return 0, want(key, v, "a list of numbers")
	}
	if v.Len() > record.MaxEpochs {
		return 0, fmt.Errorf("%s has %d epochs, want %d at most", key, v.Len(), record.MaxEpochs)
	}
	for epoch, item := range v.Items() {
		if item.Kind() == unpickle.None {
			continue
		}
		x, ok := item.Float()
		if !ok {
			return 0, want("a value of "+key, item, "a number")
		}
		c.Add(epoch, x)
	}
	return v.Len(), nil
}

func (f naslibFields) integer(key string) (int, bool) {
	v, _ := f.v.Lookup(key)
	return int(v.Int()), v.Kind() == unpickle.Int && v.Int() >= 0 && v.Int() < 1<<31
}

// number reads a number that may be missing.
func (f naslibFields) number(key string) (float64, bool, error) {
	v, ok := f.v.Lookup(key)
	if !ok || v.Kind() == unpickle.None {
		return 0, false, nil
	}
	x, ok := v.Float()
	if !ok {
		return 0, false, want(key, v, "a number")
	}
	return x, true, nil
}

// cost reads the costs of a trial; of what is missing, those that the network tells.
func (f naslibFields) cost(t *record.Trial) error {
	if net, err := t.Net.Network(); err == nil {
		own := net.Cost(t.Dataset.Side())
		t.FLOPs, t.Params = own.FLOPs, own.Params
	}
	for _, field := range []struct {
		key string
		set func(float64)
	}{
		{naslibFLOPs, func(x float64) { t.FLOPs = x }},
		{naslibParams, func(x float64) { t.Params = x }},
		{naslibLatency, func(x float64) { t.Latency = []float64{x} }},
		{naslibTrainTime, func(x float64) {
			if t.Train.Seconds.Len() == 0 {
				t.Train.Seconds = record.Curve{Values: slices.Repeat([]float64{x / float64(t.Epochs)}, t.Epochs)}
			}
		}},
	} {
		x, ok, err := f.number(field.key)
		if err != nil {
			return err
		}
		if ok {
			field.set(x)
		}
	}
	return nil
}

// naslib writes NASLib's layout: of every architecture the longest recipe, of its
// trials on a dataset that with the seed of NASLib's own files or else the first.
func (e *exporter) naslib(path string) (atomicfile.Staged, error) {
	if len(e.ArchStrings) > 0 && record.SpaceOf(e.ArchStrings[0]) == record.Size {
		return nil, fmt.Errorf("%v has no place for networks of the size search space", e.to.Layout)
	}
	return e.stage(path, func(w io.Writer) error {
		return pickle.NewWriter(w, pickle.Protocol4).Write(pickle.LazyDict{Entries: e.naslibEntries})
	})
}

func (e *exporter) naslibEntries(yield func(any, any) bool) {
	for a, err := range e.All {
		if err != nil {
			e.err = err
			return
		}
		if state := naslibState(a); state != nil && !yield(a.ArchString, state) {
			return
		}
		e.to.Count()
	}
}

// naslibState gives the datasets of an architecture's longest recipe; nil if it has
// no trials.
func naslibState(a *record.Architecture) *pickle.Dict {
	hps := a.HPs()
	slices.Sort(hps)
	for _, hp := range slices.Backward(hps) {
		r, err := a.Results(hp)
		if err != nil || len(r.Trials) == 0 {
			continue
		}
		state := new(pickle.Dict)
		for _, of := range r.Seeds {
			seed := of.Seeds[0]
			if slices.Contains(of.Seeds, naslibDefaultSeed) {
				seed = naslibDefaultSeed
			}
			if t, err := r.Trial(of.Dataset, seed); err == nil {
				state.Set(of.Dataset.String(), naslibTrialState(hp, t))
			}
		}
		return state
	}
	return nil
}

func naslibTrialState(hp record.HP, t *record.Trial) *pickle.Dict {
	d := new(pickle.Dict)
	curve := func(key string, c record.Curve) {
		list := new(pickle.List)
		for epoch := range t.Epochs {
			if x, ok := c.At(epoch); ok {
				list.Append(x)
			} else {
				list.Append(nil)
			}
		}
		d.Set(key, list)
	}
	timed := func(key string, c record.Curve) {
		if c.Len() > 0 {
			curve(key, c)
		}
	}
	e := naslibEval(t)
	curve(naslibTrainLoss, t.Train.Loss)
	curve(naslibEvalLoss, e.Loss)
	curve(naslibTrainTop1, t.Train.Top1)
	curve(naslibEvalTop1, e.Top1)
	timed(naslibTrainTimes, t.Train.Seconds)
	timed(naslibEvalTimes, e.Seconds)
	cost := new(pickle.Dict)
	cost.Set(naslibFLOPs, t.FLOPs)
	cost.Set(naslibParams, t.Params)
	cost.Set(naslibLatency, orNone(t.MeanLatency()))
	_, total := t.Train.Seconds.Elapsed(t.Epochs - 1)
	cost.Set(naslibTrainTime, orNone(total))
	d.Set(naslibCost, cost)
	if e.Set != 0 {
		d.Set(naslibEvalSet, e.Set.String())
	}
	d.Set(naslibSeed, t.Seed)
	d.Set(naslibHP, int(hp))
	d.Set(naslibChannels, t.Net.Channels)
	d.Set(naslibCells, t.Net.Cells)
	return d
}

// naslibEval gives the evaluation of a trial: the first of the sets that has a
// number for every epoch or, without such, the first that is there.
func naslibEval(t *record.Trial) record.Eval {
	var first *record.Eval
	for _, set := range naslibSets(t.Dataset) {
		e, ok := t.Eval(set)
		if !ok {
			continue
		}
		if _, whole := e.Top1.Upto(t.Epochs - 1); whole {
			return *e
		}
		if first == nil {
			first = e
		}
	}
	if first == nil {
		return record.Eval{}
	}
	return *first
}

func orNone(n record.Number) any {
	if !n.OK {
		return nil
	}
	return n.Value
}
