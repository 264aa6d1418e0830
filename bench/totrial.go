package bench

import (
	"strconv"

	"cellnet/data"
	"cellnet/internal/pickle"
)

// state gives a trial's published state: as it was read or, of one that was not
// read, as the published programs write it. Trained weights are left out.
func (t *Trial) state() (*pickle.Dict, error) {
	if t.raw != nil {
		d, err := loadDict(t.raw)
		if err == nil && t.weights != nil {
			err = d.Put(keyWeights, t.weights)
		}
		return d, err
	}
	s := t.spelling
	d := new(dictMaker)
	d.put("name", t.Dataset.String())
	if s.WeightsSecond {
		d.put(keyWeights, t.weights)
	}
	d.put("train_acc1es", epochDict(t.Train.Top1, false))
	d.put("train_acc5es", epochDict(t.Train.Top5, false))
	d.put("train_losses", epochDict(t.Train.Loss, false))
	d.put("train_times", epochDict(t.Train.Seconds, s.OrderedTimes))
	d.put("arch_config", t.Net.state())
	d.put("params", numberAs(t.Params, s.NumPyParams))
	d.put("flop", numberAs(t.FLOPs, s.NumPyFLOPs))
	if s.SeedNumber {
		d.put("seed", t.Seed)
	} else {
		d.put("seed", s.seed(t.Seed))
	}
	d.put("epochs", t.Epochs)
	d.put("latency", latencyList(t.Latency, s.NumPyLatency))
	names := new(pickle.List)
	for _, set := range t.Sets() {
		names.Append(set.String())
	}
	d.put("eval_names", names)
	d.put("eval_acc1es", t.evalDict(s.Top1Order, func(e *Eval) Curve { return e.Top1 }))
	if s.NoEvalTimes {
		d.put("eval_times", nil)
	} else {
		d.put("eval_times", t.evalDict(s.SecondsOrder, func(e *Eval) Curve { return e.Seconds }))
	}
	d.put("eval_losses", t.evalDict(s.LossOrder, func(e *Eval) Curve { return e.Loss }))
	if !s.WeightsSecond {
		d.put(keyWeights, t.weights)
	}
	return &d.dict, d.err
}

// dictMaker fills a dictionary; err is the first error met.
type dictMaker struct {
	dict pickle.Dict
	err  error
}

func (d *dictMaker) put(key, value any) {
	if err := d.dict.Put(key, value); d.err == nil {
		d.err = err
	}
}

func loadDict(raw []byte) (*pickle.Dict, error) {
	v, err := pickle.Load(raw)
	if err != nil {
		return nil, err
	}
	d, ok := v.(*pickle.Dict)
	if !ok {
		return nil, errNoDict
	}
	return d, nil
}

// epochDict gives a curve as a dictionary, or None if there is none.
func epochDict(c Curve, ordered bool) any {
	if c.Len() == 0 {
		return nil
	}
	d := &pickle.Dict{Ordered: ordered}
	for i, v := range c.Values {
		d.Set(c.epoch(i), v)
	}
	return d
}

func numberAs(v float64, numpy bool) any {
	if numpy {
		return pickle.Float64Scalar(v)
	}
	return v
}

func latencyList(seconds []float64, numpy bool) any {
	if seconds == nil {
		return nil
	}
	l := new(pickle.List)
	for _, v := range seconds {
		l.Append(numberAs(v, numpy))
	}
	return l
}

// evalDict gives the curves of the evaluation sets as one dictionary with keys
// such as "ori-test@199".
func (t *Trial) evalDict(o setOrder, of func(*Eval) Curve) *pickle.Dict {
	sets, _ := o.sets()
	if o == "" {
		sets = t.Sets()
	}
	d := new(pickle.Dict)
	for _, set := range sets {
		e, ok := t.Eval(set)
		if !ok {
			continue
		}
		c := of(e)
		for i, v := range c.Values {
			d.Set(evalKey(set, c.epoch(i)), v)
		}
	}
	return d
}

// evalKey names an epoch of an evaluation set.
func evalKey(set data.Set, epoch int) string { return set.String() + "@" + strconv.Itoa(epoch) }

// state gives a network's published arch_config.
func (c NetConfig) state() *pickle.Dict {
	d := new(pickle.Dict)
	if c.IsSize() {
		d.Set("name", sizeName)
		d.Set("channels", c.Arch)
		d.Set("arch_str", c.Arch)
		d.Set("genotype", c.Genotype)
		d.Set("class_num", c.Classes)
		return d
	}
	d.Set("channel", c.Channels)
	d.Set("num_cells", c.Cells)
	d.Set("arch_str", c.Arch)
	d.Set("class_num", c.Classes)
	return d
}

// state gives the published state of the results of a recipe.
func (r *Results) state() (*pickle.Dict, error) {
	trials := new(dictMaker)
	for _, t := range r.Trials {
		s, err := t.state()
		if err != nil {
			return nil, err
		}
		trials.put(pickle.NewTuple(t.Dataset.String(), t.Seed), s)
	}
	if trials.err != nil {
		return nil, trials.err
	}
	if r.raw != nil {
		return r.rawState(&trials.dict)
	}
	d := new(pickle.Dict)
	d.Set("arch_index", r.Index)
	d.Set("arch_str", r.Arch)
	d.Set(keyTrials, &trials.dict)
	d.Set(keySeeds, r.seedsState())
	d.Set("clear_net_done", r.Cleared)
	return d, nil
}

// seedsState gives the seeds of every dataset.
func (r *Results) seedsState() *pickle.Dict {
	seeds := new(pickle.Dict)
	for _, s := range r.Seeds {
		list := new(pickle.List)
		for _, seed := range s.Seeds {
			list.Append(seed)
		}
		seeds.Set(s.Dataset.String(), list)
	}
	return seeds
}

// rawState puts the trials into the record as it was read.
func (r *Results) rawState(trials *pickle.Dict) (*pickle.Dict, error) {
	d, err := loadDict(r.raw)
	if err != nil {
		return nil, err
	}
	if old, ok := d.Get(keyTrials); ok {
		if old, ok := old.(*pickle.Dict); ok {
			trials.Ordered = old.Ordered
		}
		d.Set(keyTrials, trials)
	}
	return d, nil
}

// state gives the published state of an architecture's record.
func (a *Arch) state(api API) (*pickle.Dict, error) {
	d := &dictMaker{dict: pickle.Dict{Ordered: a.ordered}}
	for hp, r := range a.All() {
		key := hp.String()
		if api == NAS201 {
			name, ok := name201(hp)
			if !ok {
				return nil, archError(a.Index, errNo201(hp))
			}
			key = name
		}
		s, err := r.state()
		if err != nil {
			return nil, archError(a.Index, err)
		}
		d.put(key, s)
	}
	return &d.dict, d.err
}
