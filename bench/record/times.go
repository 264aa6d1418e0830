package record

import (
	"fmt"
	"slices"

	"cellnet/data"
)

// Times are the seconds that a trial spent on training and on every evaluation set,
// in their order. In JSON the keys are those of the published APIs: T-train@epoch,
// T-train@total and so on.
type Times []SetTimes

// SetTimes are the seconds that a trial spent on one set.
type SetTimes struct {
	Set   data.Set
	Epoch Number // mean of an epoch
	Total Number // of all epochs
}

// Times gives the times of training and of every evaluation set. Sums and means are taken as the given API takes them.
func (t *Trial) Times(api API) Times {
	all := make(Times, 0, 1+len(t.Evals))
	all = append(all, timesOf(api, data.Train, t.Train.Seconds.Values))
	for _, e := range t.Evals {
		upto, _ := e.Seconds.Upto(t.Epochs - 1)
		all = append(all, timesOf(api, e.Set, upto))
	}
	return all
}

func timesOf(api API, set data.Set, seconds []float64) SetTimes {
	if len(seconds) == 0 {
		return SetTimes{Set: set}
	}
	return SetTimes{set, NumberOf(api.mean(seconds)), NumberOf(api.sum(seconds))}
}

// meanTimes averages the times of every set over the trials that have the set.
func meanTimes(api API, trials []Times) (Times, error) {
	var mean Times
	for _, t := range trials {
		for _, s := range t {
			if !slices.ContainsFunc(mean, func(m SetTimes) bool { return m.Set == s.Set }) {
				mean = append(mean, SetTimes{Set: s.Set})
			}
		}
	}
	for i := range mean {
		var epoch, total []Number
		for _, t := range trials {
			for _, s := range t {
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

// Fields gives the dict of the published APIs.
func (t Times) Fields() Fields {
	f := make(Fields, 0, 2*len(t))
	for _, of := range t {
		f.add(fmt.Sprintf("T-%v@epoch", of.Set), of.Epoch)
		f.add(fmt.Sprintf("T-%v@total", of.Set), of.Total)
	}
	return f
}

// MarshalJSON writes the keys of the published APIs in their order.
func (t Times) MarshalJSON() ([]byte, error) { return t.Fields().MarshalJSON() }
