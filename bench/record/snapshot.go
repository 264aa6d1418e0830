package record

import (
	"fmt"

	"cellnet/data"
)

// Snapshots are the trials of an architecture on a dataset at one epoch, in the
// order of their seeds.
type Snapshots struct {
	Index   int // of the architecture
	Dataset data.Dataset
	Trials  []Snapshot
}

// Snapshot is a trial at one epoch.
type Snapshot struct {
	Seed   int
	Epochs int   // of the whole training
	At     Epoch // which of them
	FLOPs  float64
	Params float64
	Sets   [data.OriTest + 1]SetSnapshot // by data.Set
}

// SetSnapshot are the numbers on a set at one epoch. A trial lacks the metrics
// where it has no loss or accuracy.
type SetSnapshot struct {
	Loss     Number // mean cross entropy
	Accuracy Number // top-1 in percent
	Seconds  Number // of the epoch
	Total    Number // seconds of the epochs up to this one

	Recorded bool // the trial has the set, at some epoch
	Timed    bool // the trial has times of the set

	// MeanOnly says that the metrics are the means over all trials, as no single
	// trial's are known.
	MeanOnly bool
}

// At says which epoch and which trials' numbers are meant. The zero value stands
// for the means over all trials at the last epoch.
type At struct {
	Epoch  Epoch
	Choice Choice
}

func (s SetSnapshot) metrics(set data.Set, epoch int) (Metrics, error) {
	if !s.Loss.OK || !s.Accuracy.OK {
		return Metrics{}, missing(set, epoch)
	}
	return Metrics{epoch, s.Loss.Value, s.Accuracy.Value, s.Seconds, s.Total}, nil
}

// metrics gives the numbers on a set.
func (s *Snapshot) metrics(set data.Set) (Metrics, error) {
	e, err := s.At.of(s.Epochs)
	if err != nil {
		return Metrics{}, err
	}
	return s.Sets[set].metrics(set, e)
}

// Snapshot gives the trial's numbers at an epoch.
func (t *Trial) Snapshot(epoch Epoch) Snapshot {
	s := Snapshot{Seed: t.Seed, Epochs: t.Epochs, At: epoch, FLOPs: t.FLOPs, Params: t.Params}
	take := func(set data.Set, seconds Curve) {
		of := &s.Sets[set]
		if m, err := t.Metrics(set, epoch); err == nil {
			*of = SetSnapshot{Loss: NumberOf(m.Loss), Accuracy: NumberOf(m.Accuracy), Seconds: m.Seconds, Total: m.Total}
		}
		upto, _ := seconds.Upto(t.Epochs - 1)
		of.Recorded, of.Timed = true, len(upto) > 0
	}
	take(data.Train, t.Train.Seconds)
	s.Sets[data.Train].Timed = t.Train.Seconds.Len() > 0
	for _, e := range t.Evals {
		take(e.Set, e.Seconds)
	}
	return s
}

// SnapshotsOf gives an architecture's trials on a dataset at an epoch.
func SnapshotsOf(index int, d data.Dataset, trials []*Trial, epoch Epoch) Snapshots {
	s := Snapshots{index, d, make([]Snapshot, len(trials))}
	for i, t := range trials {
		s.Trials[i] = t.Snapshot(epoch)
	}
	return s
}

// Snapshots gives the trials on a dataset at an epoch.
func (r *Results) Snapshots(d data.Dataset, epoch Epoch) (Snapshots, error) {
	trials, err := r.On(d)
	return SnapshotsOf(r.Index, d, trials, epoch), err
}

func (s Snapshots) seeds() []int {
	seeds := make([]int, len(s.Trials))
	for i, t := range s.Trials {
		seeds[i] = t.Seed
	}
	return seeds
}

// Metrics gives the metrics on a set, which may be data.Train, of the chosen trial
// or their means. It is an error if any of the trials lacks them, also when another
// is chosen.
func (s Snapshots) Metrics(api API, set data.Set, choice Choice) (Metrics, error) {
	m, err := s.metrics(api, set, choice)
	return m, OnDataset(s.Index, s.Dataset, err)
}

func (s Snapshots) metrics(api API, set data.Set, choice Choice) (Metrics, error) {
	if len(s.Trials) == 0 {
		return Metrics{}, errNoTrials
	}
	all := make([]Metrics, len(s.Trials))
	for i := range s.Trials {
		m, err := s.Trials[i].metrics(set)
		if err != nil {
			return Metrics{}, err
		}
		all[i] = m
	}
	place, single, err := choice.pick(s.seeds())
	if err != nil {
		return Metrics{}, err
	}
	meanOnly := s.Trials[0].Sets[set].MeanOnly
	switch {
	case single && meanOnly && len(all) > 1:
		return Metrics{}, fmt.Errorf("%v of a single trial, only the mean over trials is known: %w", set, ErrMissing)
	case single:
		return all[place], nil
	case meanOnly:
		return all[0], nil
	}
	return meanMetrics(api, all)
}

// Size gives the FLOPs and parameters of the network in millions, as [CostOf] does.
// It is an error where the trials have no common cost.
func (s Snapshots) Size(api API) (flops, params float64, err error) {
	sizes, times := make([]size, len(s.Trials)), make([]Times, len(s.Trials))
	for i, t := range s.Trials {
		sizes[i] = size{t.Seed, t.FLOPs, t.Params}
		for set := data.Train; set <= data.OriTest; set++ {
			if of := t.Sets[set]; of.Recorded {
				times[i] = append(times[i], SetTimes{Set: set, Total: Number{OK: of.Timed}})
			}
		}
	}
	if flops, params, err = api.meanSize(sizes); err == nil {
		_, err = meanTimes(api, times)
	}
	return flops, params, OnDataset(s.Index, s.Dataset, err)
}
