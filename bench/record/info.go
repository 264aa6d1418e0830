package record

import (
	"fmt"
	"slices"

	"cellnet/data"
)

// Info is what the published APIs' get_more_info returns. In JSON the keys are
// theirs: train-loss, train-accuracy, train-per-time, train-all-time and the
// same for valid, test and valtest.
type Info struct {
	Train   Part
	Comment string // of nats_bench
	Valid   *Part  // x-valid
	Test    *Part  // x-test, or ori-test for datasets whose test set is not halved
	ValTest *Part  // ori-test for the others, both halves
}

// Part are the metrics on one set.
type Part struct {
	Loss     float64 // mean cross entropy
	Accuracy float64 // top-1 in percent
	PerEpoch Number  // mean seconds of an epoch
	Total    Number  // seconds up to the epoch
}

func part(m Metrics) *Part { return &Part{m.Loss, m.Accuracy, m.Total.per(m.Epoch + 1), m.Total} }

// Info gives the metrics on all sets, of the chosen trial or the means over all.
// Sets that some trial lacks are left out. hp is the recipe of the trials.
func (s Snapshots) Info(api API, hp HP, choice Choice) (Info, error) {
	choice = choice.draw(s.seeds())
	train, err := s.Metrics(api, data.Train, choice)
	if err != nil {
		return Info{}, err
	}
	info := Info{Train: *part(train)}
	on := func(set data.Set) *Part {
		m, lacks := s.Metrics(api, set, choice)
		if lacks != nil {
			err = lacks
			return nil
		}
		return part(m)
	}
	info.Valid = on(data.XValid)
	if s.Dataset == data.CIFAR10Valid && info.Valid == nil {
		return Info{}, err
	}
	if slices.Contains(s.Dataset.EvaluationSets(), data.XTest) {
		info.Test = on(data.XTest)
		info.ValTest = on(data.OriTest)
		return info, nil
	}
	info.Test = on(data.OriTest)
	if api.commentsInfo() && (s.Dataset == data.CIFAR10Valid || s.Dataset == data.CIFAR10) {
		info.Comment = comment(s.Dataset, hp)
	}
	return info, nil
}

func comment(d data.Dataset, hp HP) string {
	sets := " set"
	if d == data.CIFAR10 {
		sets = "+valid sets"
	}
	return fmt.Sprintf("In this dict, train-loss/accuracy/time is the metric on the train%s of CIFAR-10."+
		" The test-loss/accuracy/time is the performance of the CIFAR-10 test set after training on the train%s by %v epochs."+
		" The per-time and total-time indicate the per epoch and total time costs, respectively.", sets, sets, hp)
}

// MarshalJSON writes the keys of the published APIs in their order.
func (i Info) MarshalJSON() ([]byte, error) { return i.Fields().MarshalJSON() }

// Fields gives the dict of the published APIs.
func (i Info) Fields() Fields {
	f := make(Fields, 0, 17)
	f.addPart("train", &i.Train)
	if i.Comment != "" {
		f.add("comment", i.Comment)
	}
	f.addPart("valid", i.Valid)
	f.addPart("test", i.Test)
	f.addPart("valtest", i.ValTest)
	return f
}

func (f *Fields) addPart(name string, p *Part) {
	if p == nil {
		return
	}
	f.add(name+"-loss", NumberOf(p.Loss))
	f.add(name+"-accuracy", NumberOf(p.Accuracy))
	f.add(name+"-per-time", p.PerEpoch)
	f.add(name+"-all-time", p.Total)
}
