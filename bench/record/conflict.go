package record

import (
	"fmt"
	"slices"
	"strings"

	"cellnet/data"
)

// Conflict names a trial of which there are two different records.
type Conflict struct {
	Index   int // of the architecture
	Dataset data.Dataset
	HP      HP
	Seed    int
}

// String names the trial.
func (c Conflict) String() string {
	return fmt.Sprintf("architecture %d by recipe %v on %v with seed %d", c.Index, c.HP, c.Dataset, c.Seed)
}

// ConflictError lists trials of which there are different records.
type ConflictError struct{ Conflicts []Conflict }

// Error lists all of them.
func (e *ConflictError) Error() string {
	names := make([]string, len(e.Conflicts))
	for i, c := range e.Conflicts {
		names[i] = c.String()
	}
	trials := "1 trial is"
	if len(names) > 1 {
		trials = fmt.Sprintf("%d trials are", len(names))
	}
	return trials + " recorded twice, and differently: " + strings.Join(names, "; ")
}

// Add adds the trials of another record of the architecture by the same recipe. Of
// a trial that both have, the one that is there stays; conflicts lists those that
// differ by more than their latency.
func (a *Architecture) Add(hp HP, trials ...*Trial) (conflicts []Conflict) {
	r, err := a.Results(hp)
	if err != nil {
		r = &Results{Index: a.Index, ArchString: a.ArchString}
	}
	merged := r.Clone()
	for _, t := range trials {
		there, err := merged.Trial(t.Dataset, t.Seed)
		if err != nil {
			merged.Trials = append(merged.Trials, t)
			merged.Seeds = SeedsOf(merged.Trials)
		} else if !there.sameMeasurements(t) {
			conflicts = append(conflicts, Conflict{a.Index, t.Dataset, hp, t.Seed})
		}
	}
	if len(merged.Trials) == len(r.Trials) {
		return conflicts
	}
	merged.Cleared = merged.Cleared && !slices.ContainsFunc(trials, func(t *Trial) bool { return t.HasWeights })
	a.Set(hp, merged)
	return conflicts
}

// sameMeasurements compares all but the latency, which depends on the moment, and
// the weights.
func (t *Trial) sameMeasurements(o *Trial) bool {
	if t.Epochs != o.Epochs || t.Net != o.Net || t.Params != o.Params || t.FLOPs != o.FLOPs || len(t.Evals) != len(o.Evals) {
		return false
	}
	same := t.Train.Loss.same(o.Train.Loss) && t.Train.Top1.same(o.Train.Top1) && t.Train.Top5.same(o.Train.Top5) &&
		t.Train.Seconds.same(o.Train.Seconds)
	for _, e := range t.Evals {
		other, ok := o.Eval(e.Set)
		same = same && ok && e.Loss.same(other.Loss) && e.Top1.same(other.Top1) && e.Seconds.same(other.Seconds)
	}
	return same
}
