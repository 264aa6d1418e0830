package query

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"cellnet/bench"
	"cellnet/data"
)

// moreInfo are the metrics on all sets.
type moreInfo struct {
	bench.Info
	of training
}

// training names the trainings that numbers are of.
type training struct {
	dataset data.Dataset
	hp      bench.HP
}

func (t training) String() string {
	return fmt.Sprintf("%v, recipe of %d epochs", t.dataset, int(t.hp))
}

// onSet are the metrics on one set.
type onSet struct {
	bench.Metrics
	set data.Set
	of  training
}

// MarshalJSON leaves the keys to the numbers.
func (i moreInfo) MarshalJSON() ([]byte, error) { return json.Marshal(i.Info) }

// MarshalJSON leaves the keys to the numbers.
func (m onSet) MarshalJSON() ([]byte, error) { return json.Marshal(m.Metrics) }

func metrics(_ context.Context, b *bench.Benchmark, a Args) (Answer, error) {
	index, err := a.IndexIn(b)
	if err != nil {
		return nil, err
	}
	if !a.given[Set] {
		info, err := b.MoreInfo(a.selection(index))
		return moreInfo{info, training{a.dataset, a.hp}}, err
	}
	d, set, err := bench.SetByWord(a.dataset, a.set)
	if err != nil {
		return nil, faulty(Set, "%q is no set of %v", a.set, a.dataset)
	}
	of := a.selection(index)
	of.Dataset = d
	m, err := b.Metrics(of, set)
	return onSet{m, set, training{d, a.hp}}, err
}

// selection gives what the parameters ask for of an architecture.
func (a Args) selection(index int) bench.Selection {
	return bench.Selection{Index: index, Dataset: a.dataset, HP: a.hp, Epoch: a.epoch, Choice: a.choice()}
}

func (i moreInfo) Text(w io.Writer) error {
	rows := []string{row(i.of), row("set", "loss", "accuracy %", "s/epoch", "s in all")}
	for _, part := range []struct {
		name string
		of   *bench.Part
	}{{"train", &i.Train}, {"valid", i.Valid}, {"test", i.Test}, {"valid+test", i.ValTest}} {
		if p := part.of; p != nil {
			rows = append(rows, row(part.name, fixed(p.Loss, 4), fixed(p.Accuracy, 2), orDash(p.PerEpoch, 2), orDash(p.Total, 2)))
		}
	}
	return table(w, rows...)
}

func (m onSet) Text(w io.Writer) error {
	return table(w,
		row(m.of),
		row("set", "epoch", "loss", "accuracy %", "s/epoch", "s in all"),
		row(m.set, m.Epoch, fixed(m.Loss, 4), fixed(m.Accuracy, 2), orDash(m.Seconds, 2), orDash(m.Total, 2)))
}
