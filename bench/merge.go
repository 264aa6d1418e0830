package bench

import (
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"

	"cellnet/data"
	"cellnet/internal/pickle"
)

// Conflict names a trial of which there are two different records.
type Conflict struct {
	Index   int
	HP      HP
	Dataset data.Dataset
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
func (a *Arch) Add(hp HP, trials ...*Trial) (conflicts []Conflict, err error) {
	r, err := a.Results(hp)
	if err != nil {
		r = &Results{Index: a.Index, Arch: a.Name}
	}
	merged := r.Clone()
	for _, t := range trials {
		there, err := merged.Trial(t.Dataset, t.Seed)
		if err != nil {
			merged.Trials = append(merged.Trials, t)
			merged.Seeds = seedsOf(merged.Trials)
		} else if !there.sameMeasurements(t) {
			conflicts = append(conflicts, Conflict{a.Index, hp, t.Dataset, t.Seed})
		}
	}
	if len(merged.Trials) == len(r.Trials) {
		return conflicts, nil
	}
	if merged.raw != nil {
		if err := merged.respellSeeds(); err != nil {
			return conflicts, archError(a.Index, err)
		}
	}
	merged.Cleared = merged.Cleared && !slices.ContainsFunc(trials, func(t *Trial) bool { return t.HasWeights })
	a.Set(hp, merged)
	return conflicts, nil
}

// respellSeeds brings what is kept of an oddly spelled record up to date.
func (r *Results) respellSeeds() error {
	head, err := loadDict(r.raw)
	if err != nil {
		return err
	}
	head.Set(keySeeds, r.seedsState())
	r.raw, err = pickled(head)
	return err
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

// same takes two values that are no numbers for the same.
func (c Curve) same(o Curve) bool {
	return slices.Equal(c.Epochs, o.Epochs) && slices.EqualFunc(c.Values, o.Values, func(a, b float64) bool {
		return a == b || math.IsNaN(a) && math.IsNaN(b)
	})
}

// Merge makes a benchmark of architectures' records, which must be of the topology
// search space, and of all that base holds. Where both have an architecture, its
// record is to be made by [Arch.Add] of base's. base may be nil; otherwise it must
// stay open.
func Merge(base *Benchmark, archs []*Arch) (*Benchmark, error) {
	m := &merged{base: base, added: map[int]*Arch{}}
	name, layout := "the merged benchmark", NASBench201
	if base != nil {
		name, layout = base.name, base.layout
		if space, err := base.Space(); err != nil || space != Topology {
			return nil, fmt.Errorf("merging with %s: its search space is not the topology's (%v)", base.name, err)
		}
	}
	for _, a := range archs {
		a = a.Clone()
		a.ordered = layout != NASBench201
		m.added[a.Index] = a
		if base == nil || !m.base.stores(a.Index) {
			m.order = append(m.order, a.Index)
		}
	}
	slices.Sort(m.order)
	return newBenchmark(name, layout, m), nil
}

// merged is a benchmark with architectures added or replaced.
type merged struct {
	base  *Benchmark // or nil
	added map[int]*Arch
	order []int // of those that base does not have
}

// stores tells whether there is a record of an architecture.
func (b *Benchmark) stores(index int) bool {
	_, found := slices.BinarySearch(b.Stored(), index)
	return found
}

func (m *merged) Close() error { return nil }

func (m *merged) archs() ([]string, error) {
	if m.base == nil {
		return Topology.archs(), nil
	}
	space, err := m.base.space()
	return space.archs, err
}

func (m *merged) indexes() []int {
	if m.base == nil {
		return m.order
	}
	return slices.Concat(m.base.from.indexes(), m.order)
}

func (m *merged) has(index int) bool {
	_, ok := m.added[index]
	return ok || m.base != nil && m.base.stores(index)
}

// evaluated counts all that were added as evaluated.
func (m *merged) evaluated() ([]int, error) {
	var all []int
	if m.base != nil {
		listed, err := m.base.listed()
		if err != nil {
			return nil, err
		}
		all = slices.Clone(listed)
	}
	for index := range m.added {
		if !slices.Contains(all, index) {
			all = append(all, index)
		}
	}
	slices.Sort(all)
	return all, nil
}

func (m *merged) arch(index int) (*Arch, error) {
	if a, ok := m.added[index]; ok {
		return a, nil
	}
	if m.base == nil {
		return nil, errNotStored
	}
	return m.base.load(index)
}

func (m *merged) all() iter.Seq2[*Arch, error] {
	return func(yield func(*Arch, error) bool) {
		if m.base != nil {
			for a, err := range m.base.All() {
				if err == nil {
					if added, ok := m.added[a.Index]; ok {
						a = added
					}
				}
				if !yield(a, err) {
					return
				}
			}
		}
		for _, index := range m.order {
			if !yield(m.added[index], nil) {
				return
			}
		}
	}
}

// root is base's with all evaluated architectures.
func (m *merged) root() (*pickle.Dict, error) {
	if m.base == nil {
		return nil, nil
	}
	root, err := m.base.root()
	if err != nil {
		return nil, err
	}
	evaluated, err := m.evaluated()
	if err != nil {
		return nil, err
	}
	if old, _ := root.Get(keyEvaluated); isSet(old) {
		if m.base.layout == NATSFolder { // whose set is empty
			return root, nil
		}
		set := new(pickle.Set)
		for _, index := range evaluated {
			set.Add(index)
		}
		root.Set(keyEvaluated, set)
		return root, nil
	}
	list := new(pickle.List)
	for _, index := range evaluated {
		list.Append(index)
	}
	root.Set(keyEvaluated, list)
	return root, nil
}

func isSet(v any) bool {
	_, ok := v.(*pickle.Set)
	return ok
}
