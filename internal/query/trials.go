package query

import (
	"context"
	"fmt"
	"io"
	"math"
	"strconv"

	"cellnet/bench"
	"cellnet/data"
)

// trial is one training.
type trial struct {
	Dataset data.Dataset             `json:"dataset"`
	Seed    int                      `json:"seed"`
	Epochs  int                      `json:"epochs"`
	Config  bench.NetConfig          `json:"config"`
	FLOPs   bench.Number             `json:"flops"`
	Params  bench.Number             `json:"params"`
	Latency bench.Number             `json:"latency"`
	Metrics map[string]bench.Metrics `json:"metrics"`          // by set, at the epoch that is asked for
	Curves  map[string]setCurves     `json:"curves,omitempty"` // by set, if no epoch is asked for

	sets []data.Set
}

// setCurves are a set's numbers of all epochs.
type setCurves struct {
	Loss     *curve `json:"loss"`
	Accuracy *curve `json:"accuracy"`
	Top5     *curve `json:"accuracy-top5,omitempty"`
	Seconds  *curve `json:"time,omitempty"`
}

type curve struct {
	Epochs []int          `json:"epochs"`
	Values []bench.Number `json:"values"`
}

type trialList []trial

func trials(_ context.Context, b *bench.Benchmark, a Args) (Answer, error) {
	index, err := a.IndexIn(b)
	if err != nil {
		return nil, err
	}
	all, err := b.Trials(index, a.dataset, a.hp)
	if err != nil {
		return nil, err
	}
	list := trialList{}
	for _, t := range all {
		if a.given[Seed] && t.Seed != a.seed {
			continue
		}
		of, err := describe(t, a)
		if err != nil {
			return nil, err
		}
		list = append(list, of)
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("architecture %d on %v: no trial with seed %d: %w", index, a.dataset, a.seed, bench.ErrMissing)
	}
	return list, nil
}

func describe(t *bench.Trial, a Args) (trial, error) {
	r := trial{
		Dataset: t.Dataset, Seed: t.Seed, Epochs: t.Epochs, Config: t.Net,
		FLOPs: number(t.FLOPs), Params: number(t.Params), Latency: t.MeanLatency(),
		Metrics: map[string]bench.Metrics{}, sets: append([]data.Set{data.Train}, t.Sets()...),
	}
	var err error
	for _, set := range r.sets {
		// Old trials lack sets at some epochs; the training they have at all.
		m, lacks := t.Metrics(set, a.epoch)
		if lacks != nil && set == data.Train {
			err = lacks
		}
		if lacks == nil {
			r.Metrics[set.String()] = m
		}
	}
	if a.given[Epoch] {
		return r, err
	}
	r.Curves = map[string]setCurves{data.Train.String(): {
		curveOf(t.Train.Loss), curveOf(t.Train.Top1), curveOf(t.Train.Top5), curveOf(t.Train.Seconds),
	}}
	for _, e := range t.Evals {
		r.Curves[e.Set.String()] = setCurves{curveOf(e.Loss), curveOf(e.Top1), nil, curveOf(e.Seconds)}
	}
	return r, nil
}

// MarshalJSON writes a curve as its tags say, without asking every number how.
func (c curve) MarshalJSON() ([]byte, error) {
	b := make([]byte, 0, 32+24*len(c.Values))
	b = append(b, `{"epochs":[`...)
	for i, epoch := range c.Epochs {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, int64(epoch), 10)
	}
	b = append(b, `],"values":[`...)
	for i, v := range c.Values {
		if i > 0 {
			b = append(b, ',')
		}
		b = v.AppendJSON(b)
	}
	return append(b, `]}`...), nil
}

func curveOf(c bench.Curve) *curve {
	if c.Len() == 0 {
		return nil
	}
	r := &curve{c.Epochs, make([]bench.Number, c.Len())}
	if r.Epochs == nil {
		r.Epochs = make([]int, c.Len())
		for i := range r.Epochs {
			r.Epochs[i] = i
		}
	}
	for i, v := range c.Values {
		r.Values[i] = bench.Number{Value: v, OK: !math.IsNaN(v)}
	}
	return r
}

func (l trialList) Text(w io.Writer) error {
	rows := []string{row("seed", "epochs", "set", "epoch", "loss", "accuracy %", "s/epoch", "s in all", "latency ms")}
	for _, t := range l {
		latency := bench.Number{Value: t.Latency.Value * 1000, OK: t.Latency.OK}
		for _, set := range t.sets {
			m, ok := t.Metrics[set.String()]
			if !ok {
				continue
			}
			rows = append(rows, row(t.Seed, t.Epochs, set, m.Epoch, fixed(m.Loss, 4), fixed(m.Accuracy, 2),
				orDash(m.Seconds, 2), orDash(m.Total, 2), orDash(latency, 2)))
		}
	}
	return table(w, rows...)
}
