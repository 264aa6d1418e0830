package published

import (
	"slices"

	"cellnet/bench/record"
	"cellnet/data"
	"cellnet/internal/pickle"
	"cellnet/internal/pickle/unpickle"
)

// This file has what published files write in several ways though they say the
// same: how each way is noticed, and how it is written again. A record that differs
// in any other way is kept as it was read.

// trialKeys are the keys of a trial's state in the order in which most files
// have them.
var trialKeys = []string{
	"name", "train_acc1es", "train_acc5es", "train_losses", "train_times", "arch_config", "params", "flop", "seed",
	"epochs", "latency", "eval_names", "eval_acc1es", "eval_times", "eval_losses", keyWeights,
}

// trialKeysWeightsSecond is their order where the weights were not cleared.
var trialKeysWeightsSecond = append([]string{"name", keyWeights}, trialKeys[1:len(trialKeys)-1]...)

// keysOf gives the keys of a trial's state in their order.
func keysOf(d record.Dialect) []string {
	if d.WeightsSecond {
		return trialKeysWeightsSecond
	}
	return trialKeys
}

// readKeys notes the order of the keys of a trial's state.
func (f *fields) readKeys(d *record.Dialect) {
	if f.keys = keysOf(*d); f.inOrder() {
		return
	}
	d.WeightsSecond = true
	f.keys = keysOf(*d)
	f.irregular = f.irregular || !f.inOrder()
}

// readFloat reads a number and notes whether it is a numpy.float64.
func (f *fields) readFloat(key string, numpy *bool) (x float64, err error) {
	v, _ := f.lookup(key)
	x, ok := v.Float()
	if !ok {
		return 0, want(key, v, "a number")
	}
	f.irregular = f.irregular || v.Kind() == unpickle.Int
	*numpy = v.Kind() == unpickle.Scalar
	return x, nil
}

// float is the opposite of readFloat.
func float(v float64, numpy bool) any {
	if numpy {
		return pickle.Float64Scalar(v)
	}
	return v
}

// readSeed notes how the seed is written. The trial's key is what counts.
func (f *fields) readSeed(t *record.Trial) {
	v, _ := f.lookup("seed")
	switch v.Kind() {
	case unpickle.Int:
		t.Dialect.SeedNumber = true
		f.irregular = f.irregular || int(v.Int()) != t.Seed
	case unpickle.String:
		f.irregular = f.irregular || string(v.Text()) != t.Dialect.SeedText(t.Seed)
	default:
		f.irregular = true
	}
}

// seedOf is the opposite of readSeed.
func seedOf(t *record.Trial) any {
	if t.Dialect.SeedNumber {
		return t.Seed
	}
	return t.Dialect.SeedText(t.Seed)
}

// readLatency reads the latencies and notes whether they are numpy.float64s.
func (f *fields) readLatency(numpy *bool) (seconds []float64, err error) {
	v, _ := f.lookup("latency")
	switch v.Kind() {
	case unpickle.None:
		return nil, nil
	case unpickle.List:
	default:
		return nil, want("latency", v, "a list or None")
	}
	items := v.Items()
	f.irregular = f.irregular || len(items) == 0
	for i, item := range items {
		x, ok := item.Float()
		if !ok {
			return nil, want("an element of latency", item, "a number")
		}
		if i == 0 {
			*numpy = item.Kind() == unpickle.Scalar
		}
		f.irregular = f.irregular || item.Kind() == unpickle.Int || *numpy != (item.Kind() == unpickle.Scalar)
		seconds = append(seconds, x)
	}
	return seconds, nil
}

// latencyOf is the opposite of readLatency.
func latencyOf(t *record.Trial) any {
	if t.Latency == nil {
		return nil
	}
	l := new(pickle.List)
	for _, v := range t.Latency {
		l.Append(float(v, t.Dialect.NumPyLatency))
	}
	return l
}

// readTimesKind notes whether train_times is an OrderedDict.
func (f *fields) readTimesKind(d *record.Dialect) {
	times, _ := f.lookup("train_times")
	d.OrderedTimes = times.Kind() == unpickle.OrderedDict
}

// evalCurves are the three dictionaries of the evaluation sets, the curves that
// they hold, and where the order of the sets in them is noted.
func evalCurves(d *record.Dialect) []evalCurve {
	return []evalCurve{
		{"eval_acc1es", func(e *record.Eval) *record.Curve { return &e.Top1 }, &d.Top1Order},
		{"eval_times", func(e *record.Eval) *record.Curve { return &e.Seconds }, &d.SecondsOrder},
		{"eval_losses", func(e *record.Eval) *record.Curve { return &e.Loss }, &d.LossOrder},
	}
}

type evalCurve struct {
	key   string
	of    func(*record.Eval) *record.Curve
	order *record.SetOrder
}

// readNoTimes notes that eval_times is None.
func (c evalCurve) readNoTimes(v unpickle.Value, d *record.Dialect) bool {
	if v.Kind() != unpickle.None || c.key != "eval_times" {
		return false
	}
	d.NoEvalTimes = true
	return true
}

// readOrder notes in which order the sets that have a curve come, if that is not
// the order of Evals. Sets that come in turn are noted elsewhere as irregular.
func (c evalCurve) readOrder(t *record.Trial, order []data.Set) {
	var listed []data.Set
	for i := range t.Evals {
		if c.of(&t.Evals[i]).Len() > 0 {
			listed = append(listed, t.Evals[i].Set)
		}
	}
	if !slices.Equal(order, listed) && len(order) <= len(listed) {
		*c.order = record.OrderOf(order)
	}
}

// dict gives the curves of a trial's evaluation sets as one dictionary with keys
// such as "ori-test@199".
func (c evalCurve) dict(t *record.Trial) any {
	if c.key == "eval_times" && t.Dialect.NoEvalTimes {
		return nil
	}
	sets := t.Sets()
	if *c.order != "" {
		sets, _ = c.order.Sets()
	}
	d := new(pickle.Dict)
	for _, set := range sets {
		e, ok := t.Eval(set)
		if !ok {
			continue
		}
		curve := c.of(e)
		for i, v := range curve.Values {
			d.Set(evalKey(set, curve.EpochOf(i)), v)
		}
	}
	return d
}
