package published

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"cellnet/bench/record"
	"cellnet/cell"
	"cellnet/internal/pickle"
	"cellnet/internal/pickle/unpickle"
)

// encoder makes published states of records: as they were read or, of those that
// were not read, as the published programs write them.
type encoder struct {
	api record.API // whose names recipes have
	// weights gives the tree of a trial's trained weights, or nil; it may be nil.
	weights func(index int, hp record.HP, t *record.Trial) (any, error)
}

// architecture gives the state of an architecture's record.
func (e *encoder) architecture(a *record.Architecture) (*pickle.Dict, error) {
	d := &dictMaker{dict: pickle.Dict{Ordered: a.OrderedDict}}
	for hp, r := range a.All() {
		key, err := e.api.RecipeKey(hp)
		if err != nil {
			return nil, archError(a.Index, err)
		}
		s, err := e.results(a.Index, hp, r)
		if err != nil {
			return nil, archError(a.Index, err)
		}
		d.put(key, s)
	}
	return &d.dict, d.err
}

// results gives the state of an architecture's results by a recipe.
func (e *encoder) results(index int, hp record.HP, r *record.Results) (*pickle.Dict, error) {
	trials, cleared := new(dictMaker), r.Cleared
	for _, t := range r.Trials {
		var weights any
		if e.weights != nil {
			var err error
			if weights, err = e.weights(index, hp, t); err != nil {
				return nil, fmt.Errorf("weights of trial (%v, %d) of recipe %v: %w", t.Dataset, t.Seed, hp, err)
			}
		}
		s, err := trialState(t, weights)
		if err != nil {
			return nil, err
		}
		cleared = cleared && weights == nil
		trials.put(pickle.NewTuple(t.Dataset.String(), t.Seed), s)
	}
	if trials.err != nil {
		return nil, trials.err
	}
	if r.Head != nil {
		return headWithTrials(r, &trials.dict)
	}
	return resultsState(r, &trials.dict, cleared), nil
}

func resultsState(r *record.Results, trials *pickle.Dict, cleared bool) *pickle.Dict {
	d := new(pickle.Dict)
	d.Set("arch_index", r.Index)
	d.Set("arch_str", r.ArchString)
	d.Set(keyTrials, trials)
	d.Set(keySeeds, seedsState(r.Seeds))
	d.Set("clear_net_done", cleared)
	return d
}

// seedsState gives the seeds of every dataset.
func seedsState(all []record.DatasetSeeds) *pickle.Dict {
	seeds := new(pickle.Dict)
	for _, s := range all {
		list := new(pickle.List)
		for _, seed := range s.Seeds {
			list.Append(seed)
		}
		seeds.Set(s.Dataset.String(), list)
	}
	return seeds
}

// headWithTrials puts the trials into the record as it was read.
func headWithTrials(r *record.Results, trials *pickle.Dict) (*pickle.Dict, error) {
	head, err := currentHead(r)
	if err != nil {
		return nil, err
	}
	d, err := loadDict(head)
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

// currentHead is r.Head, brought up to date if trials were added since it was read.
func currentHead(r *record.Results) ([]byte, error) {
	read := record.Results{Index: r.Index}
	if err := DecodeHead(&read, r.Head); err != nil {
		return nil, err
	}
	if slices.EqualFunc(read.Seeds, r.Seeds, record.DatasetSeeds.Equal) {
		return r.Head, nil
	}
	d, err := loadDict(r.Head)
	if err != nil {
		return nil, err
	}
	d.Set(keySeeds, seedsState(r.Seeds))
	return Pickled(d)
}

// EncodeHead gives a pickle of results, filed under an index, without their trials;
// nil if the trials tell all of it.
func EncodeHead(index int, r *record.Results) ([]byte, error) {
	if r.Head == nil {
		if r.FollowFromTrials(index) {
			return nil, nil
		}
		return Pickled(resultsState(r, new(pickle.Dict), r.Cleared))
	}
	return currentHead(r)
}

// DecodeHead takes what the pickle of results without trials says.
func DecodeHead(r *record.Results, pickled []byte) error {
	v, err := decodeBytes(pickled)
	if err != nil {
		return err
	}
	head, err := new(builder).results(r.Index, v)
	if err != nil {
		return err
	}
	head.Trials, head.Head = r.Trials, pickled
	*r = *head
	return nil
}

// EncodeTrial gives a pickle of a trial's state without its weights.
func EncodeTrial(t *record.Trial) ([]byte, error) {
	if t.Dialect.Verbatim != nil {
		return t.Dialect.Verbatim, nil
	}
	state, err := trialState(t, nil)
	if err != nil {
		return nil, err
	}
	return Pickled(state)
}

// DecodeTrial makes a trial, filed under an architecture's string, a dataset and a
// seed, of the pickle that EncodeTrial gives.
func DecodeTrial(t record.Trial, pickled []byte) (*record.Trial, error) {
	v, err := decodeBytes(pickled)
	if err != nil {
		return nil, err
	}
	made, err := new(builder).trial(t.Dataset, t.Seed, t.Net.ArchString, v)
	if err == nil {
		made.Dialect.Verbatim = pickled
	}
	return made, err
}

// decodeBytes decodes the pickle of a record that was kept.
func decodeBytes(pickled []byte) (unpickle.Value, error) {
	var d unpickle.Decoder
	v, _, err := d.Pickle(bytes.NewReader(pickled))
	return v, err
}

// trialState gives a trial's state, with a tree of its weights or nil.
func trialState(t *record.Trial, weights any) (*pickle.Dict, error) {
	if t.Dialect.Verbatim != nil {
		d, err := loadDict(t.Dialect.Verbatim)
		if err == nil && weights != nil {
			err = d.Put(keyWeights, weights)
		}
		return d, err
	}
	dialect := t.Dialect
	dialect.WeightsSecond = dialect.WeightsSecond || weights != nil
	values := map[string]any{
		"name":         t.Dataset.String(),
		"train_acc1es": epochDict(t.Train.Top1, false),
		"train_acc5es": epochDict(t.Train.Top5, false),
		"train_losses": epochDict(t.Train.Loss, false),
		"train_times":  epochDict(t.Train.Seconds, dialect.OrderedTimes),
		"arch_config":  netState(t.Net),
		"params":       float(t.Params, dialect.NumPyParams),
		"flop":         float(t.FLOPs, dialect.NumPyFLOPs),
		"seed":         seedOf(t),
		"epochs":       t.Epochs,
		"latency":      latencyOf(t),
		"eval_names":   setNames(t),
		keyWeights:     weights,
	}
	for _, c := range evalCurves(&dialect) {
		values[c.key] = c.dict(t)
	}
	d := new(dictMaker)
	for _, key := range keysOf(dialect) {
		d.put(key, values[key])
	}
	return &d.dict, d.err
}

func setNames(t *record.Trial) *pickle.List {
	names := new(pickle.List)
	for _, set := range t.Sets() {
		names.Append(set.String())
	}
	return names
}

// epochDict gives a curve as a dictionary, or None if there is none.
func epochDict(c record.Curve, ordered bool) any {
	if c.Len() == 0 {
		return nil
	}
	d := &pickle.Dict{Ordered: ordered}
	for i, v := range c.Values {
		d.Set(c.EpochOf(i), v)
	}
	return d
}

// netState gives a network's arch_config.
func netState(c record.NetConfig) *pickle.Dict {
	d := new(pickle.Dict)
	if c.Space() == cell.Size {
		d.Set("name", cell.InferShapeTiny)
		d.Set("channels", c.ArchString)
		d.Set("arch_str", c.ArchString)
		d.Set("genotype", c.Genotype)
		d.Set("class_num", c.Classes)
		return d
	}
	d.Set("channel", c.Channels)
	d.Set("num_cells", c.Cells)
	d.Set("arch_str", c.ArchString)
	d.Set("class_num", c.Classes)
	return d
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

func loadDict(pickled []byte) (*pickle.Dict, error) {
	v, err := pickle.Load(pickled)
	if err != nil {
		return nil, err
	}
	d, ok := v.(*pickle.Dict)
	if !ok {
		return nil, errors.New("a kept record is no dict")
	}
	return d, nil
}

func archError(index int, err error) error {
	return fmt.Errorf("architecture %d: %w", index, err)
}
