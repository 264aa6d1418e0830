package bench

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"cellnet/data"
)

// Cost is what an architecture costs on a dataset: means over its trials. In
// JSON the keys are those of the published APIs: flops, params, latency,
// T-train@epoch, T-train@total and so on for every evaluation set.
type Cost struct {
	FLOPs   float64 // multiply-accumulates in millions
	Params  float64 // parameters in millions
	Latency Number  // seconds of a batch
	Times   []Times // of training, then of the evaluation sets
}

// costed is what a trial costs.
type costed struct {
	seed    int
	flops   float64
	params  float64
	latency Number
	times   []Times
}

// Cost gives the cost of the trials on a dataset.
func (r *Results) Cost(api API, d data.Dataset) (Cost, error) {
	trials, err := r.On(d)
	if err != nil {
		return Cost{}, err
	}
	c, err := costOfTrials(api, trials)
	return c, onDataset(r.Index, d, err)
}

func costOfTrials(api API, trials []*Trial) (Cost, error) {
	all := make([]costed, len(trials))
	for i, t := range trials {
		all[i] = t.cost(api)
	}
	return costOf(api, all)
}

func (t *Trial) cost(api API) costed {
	return costed{t.Seed, t.FLOPs, t.Params, t.MeanLatency(), t.Times(api)}
}

func costOf(api API, trials []costed) (c Cost, err error) {
	if len(trials) == 0 {
		return Cost{}, fmt.Errorf("no trials: %w", ErrMissing)
	}
	if c.FLOPs, err = api.sizeOf(trials, func(t costed) float64 { return t.flops }); err != nil {
		return Cost{}, fmt.Errorf("FLOPs: %w", err)
	}
	if c.Params, err = api.sizeOf(trials, func(t costed) float64 { return t.params }); err != nil {
		return Cost{}, fmt.Errorf("parameters: %w", err)
	}
	var latencies []float64
	for _, t := range trials {
		if t.latency.OK && t.latency.Value > 0 {
			latencies = append(latencies, t.latency.Value)
		}
	}
	if len(latencies) > 0 {
		c.Latency = number(api.mean(latencies))
	}
	c.Times, err = meanTimes(api, trials)
	return c, err
}

// sizeOf averages a network's FLOPs or parameters over its trials. They differ
// where trials of the file were made with a faulty counter; nats_bench then
// takes those of seed 888, which are right.
func (api API) sizeOf(trials []costed, of func(costed) float64) (float64, error) {
	values := make([]float64, len(trials))
	for i, t := range trials {
		values[i] = of(t)
	}
	differ := slices.ContainsFunc(values, func(v float64) bool {
		return v != values[0] && fixed(v, 0, 5) != fixed(values[0], 0, 5)
	})
	if api == NATS && differ {
		i := slices.IndexFunc(trials, func(t costed) bool { return t.seed == 888 })
		if i < 0 {
			return 0, fmt.Errorf("trials disagree and none has seed 888: %w", ErrMixed)
		}
		return values[i], nil
	}
	return api.mean(values), nil
}

// meanTimes averages the times of every set over the trials that have the set.
func meanTimes(api API, trials []costed) ([]Times, error) {
	var mean []Times
	for _, t := range trials {
		for _, s := range t.times {
			if !slices.ContainsFunc(mean, func(m Times) bool { return m.Set == s.Set }) {
				mean = append(mean, Times{Set: s.Set})
			}
		}
	}
	for i := range mean {
		var epoch, total []Number
		for _, t := range trials {
			for _, s := range t.times {
				if s.Set == mean[i].Set {
					epoch, total = append(epoch, s.Epoch), append(total, s.Total)
				}
			}
		}
		var err error
		if mean[i].Epoch, err = meanNumber(api, epoch); err != nil {
			return nil, err
		}
		if mean[i].Total, err = meanNumber(api, total); err != nil {
			return nil, err
		}
	}
	return mean, nil
}

// MarshalJSON writes the keys of the published APIs in their order.
func (c Cost) MarshalJSON() ([]byte, error) {
	var o object
	o.add("flops", number(c.FLOPs))
	o.add("params", number(c.Params))
	o.add("latency", c.Latency)
	o.addTimes(c.Times)
	return o.end()
}

// object builds a JSON object key by key.
type object struct {
	buf bytes.Buffer
	err error
}

func (o *object) add(key string, value any) {
	k, err1 := json.Marshal(key)
	v, err2 := json.Marshal(value)
	o.err = errors.Join(o.err, err1, err2)
	if o.buf.Len() > 0 {
		o.buf.WriteByte(',')
	}
	o.buf.Write(k)
	o.buf.WriteByte(':')
	o.buf.Write(v)
}

func (o *object) addTimes(times []Times) {
	for _, t := range times {
		o.add(fmt.Sprintf("T-%v@epoch", t.Set), t.Epoch)
		o.add(fmt.Sprintf("T-%v@total", t.Set), t.Total)
	}
}

func (o *object) end() ([]byte, error) {
	return append(append([]byte{'{'}, o.buf.Bytes()...), '}'), o.err
}
