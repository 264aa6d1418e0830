package bench

import (
	"fmt"

	"cellnet/data"
)

// Info is what the published APIs' get_more_info returns. In JSON the keys are
// theirs: train-loss, train-accuracy, train-per-time, train-all-time and the
// same for valid, test and valtest.
type Info struct {
	Train   Part
	Comment string // of nats_bench
	Valid   *Part  // x-valid
	Test    *Part  // x-test, or ori-test for the CIFAR-10 datasets
	ValTest *Part  // ori-test for the others
}

// Part are the metrics on one set.
type Part struct {
	Loss     float64 // mean cross entropy
	Accuracy float64 // top-1 in percent
	PerEpoch Number  // mean seconds of an epoch
	Total    Number  // seconds up to the epoch
}

func part(m Metrics) *Part { return &Part{m.Loss, m.Accuracy, m.Total.per(m.Epoch + 1), m.Total} }

// MoreInfo gives the metrics of an architecture on all sets of a dataset, of
// the chosen trial or the means over all. Sets that some trial lacks at the
// epoch are left out.
func (b *Benchmark) MoreInfo(index int, d data.Dataset, hp HP, epoch Epoch, choice Choice) (Info, error) {
	if epoch.IsLast() {
		r := lastReader{b: b}
		trials, err := r.trials(index, d, hp)
		if err != nil {
			return Info{}, err
		}
		info, err := infoOf(b.API(), trials, d, hp, epoch, choice)
		return info, onDataset(index, d, err)
	}
	trials, err := b.trialsOn(index, d, hp, scores|seconds)
	if err != nil {
		return Info{}, err
	}
	info, err := infoOf(b.API(), trials, d, hp, epoch, choice)
	return info, onDataset(index, d, err)
}

func infoOf[T measured](api API, trials []T, d data.Dataset, hp HP, epoch Epoch, choice Choice) (info Info, err error) {
	choice = choice.draw(seedsOfTrials(trials))
	train, err := metricsOf(api, trials, data.Train, epoch, choice)
	if err != nil {
		return Info{}, err
	}
	info.Train = *part(train)
	on := func(set data.Set) *Part {
		m, lacks := metricsOf(api, trials, set, epoch, choice)
		if lacks != nil {
			err = lacks
			return nil
		}
		return part(m)
	}
	info.Valid = on(data.XValid)
	if d == data.CIFAR10Valid && info.Valid == nil {
		return Info{}, err
	}
	switch d {
	case data.CIFAR10Valid, data.CIFAR10:
		info.Test = on(data.OriTest)
		if api == NATS {
			info.Comment = comment(d, hp)
		}
	default:
		info.Test = on(data.XTest)
		info.ValTest = on(data.OriTest)
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
func (i Info) MarshalJSON() ([]byte, error) {
	var o object
	o.addPart("train", &i.Train)
	if i.Comment != "" {
		o.add("comment", i.Comment)
	}
	o.addPart("valid", i.Valid)
	o.addPart("test", i.Test)
	o.addPart("valtest", i.ValTest)
	return o.end()
}

func (o *object) addPart(name string, p *Part) {
	if p == nil {
		return
	}
	o.add(name+"-loss", number(p.Loss))
	o.add(name+"-accuracy", number(p.Accuracy))
	o.add(name+"-per-time", p.PerEpoch)
	o.add(name+"-all-time", p.Total)
}

// MarshalJSON writes the keys of the published APIs in their order.
func (m Metrics) MarshalJSON() ([]byte, error) {
	var o object
	o.add("iepoch", m.Epoch)
	o.add("loss", number(m.Loss))
	o.add("accuracy", number(m.Accuracy))
	o.add("cur_time", m.Seconds)
	o.add("all_time", m.Total)
	return o.end()
}
