package bench

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"

	"cellnet/bench/internal/source"
	"cellnet/bench/record"
)

// Benchmark answers the queries of a benchmark. It never changes: what adds or
// replaces records gives another Benchmark. Its methods may be called by several
// goroutines.
type Benchmark struct {
	name   string
	layout Layout
	source source.Source

	space     func() (searchSpace, error)
	evaluated func() ([]int, error)
	requested *requested
	rankings  rankings
	close     func() error
}

// searchSpace holds the strings of all architectures.
type searchSpace struct {
	archStrings []string
	index       map[string]int
}

// requested notes the architectures that were asked for, of layouts that are read on
// demand.
type requested struct {
	mu      sync.Mutex
	indexes map[int]bool
}

func newBenchmark(name string, l Layout, s source.Source) *Benchmark {
	return &Benchmark{
		name: name, layout: l, source: s,
		space: sync.OnceValues(func() (searchSpace, error) {
			archStrings, err := s.ArchStrings()
			if err != nil {
				return searchSpace{}, err
			}
			index, err := indexOf(archStrings)
			return searchSpace{archStrings, index}, err
		}),
		evaluated: sync.OnceValues(s.Evaluated),
		close:     sync.OnceValue(s.Close),
		requested: &requested{indexes: map[int]bool{}},
	}
}

// with gives a benchmark with records from another place, where some more
// architectures count as evaluated.
func (b *Benchmark) with(s source.Source, evaluated []int) *Benchmark {
	other := newBenchmark(b.name, b.layout, s)
	other.requested.add(b.requested.list()...)
	other.requested.add(evaluated...)
	return other
}

// indexOf numbers the strings of a search space.
func indexOf(archStrings []string) (map[string]int, error) {
	index := make(map[string]int, len(archStrings))
	for i, arch := range archStrings {
		if j, twice := index[arch]; twice {
			return nil, fmt.Errorf("architecture %d, %.100s, is that of number %d too", i, arch, j)
		}
		index[arch] = i
	}
	return index, nil
}

// Close releases the benchmark's files. Closing it again does nothing.
func (b *Benchmark) Close() error { return b.close() }

// Layout is the form in which the benchmark was published. A store has that of
// the file it was made from.
func (b *Benchmark) Layout() Layout { return b.layout }

// API is the published program whose answers the benchmark gives.
func (b *Benchmark) API() API { return b.layout.API() }

// Space is the search space.
func (b *Benchmark) Space() (Space, error) {
	s, err := b.space()
	if err != nil || len(s.archStrings) == 0 {
		return Topology, err
	}
	return record.SpaceOf(s.archStrings[0]), nil
}

// Len is the number of architectures of the search space, recorded or not.
func (b *Benchmark) Len() (int, error) {
	s, err := b.space()
	return len(s.archStrings), err
}

// ArchString gives the string of an architecture.
func (b *Benchmark) ArchString(index int) (string, error) {
	s, err := b.space()
	if err != nil {
		return "", err
	}
	if err := checkIndex(index, len(s.archStrings)); err != nil {
		return "", err
	}
	return s.archStrings[index], nil
}

func checkIndex(index, n int) error {
	if index < 0 || index >= n {
		return fmt.Errorf("architecture %d, want 0 to %d: %w", index, n-1, ErrRange)
	}
	return nil
}

// IndexOf gives the index of an architecture's string, and false if it is not
// in the search space.
func (b *Benchmark) IndexOf(archString string) (int, bool, error) {
	s, err := b.space()
	if err != nil {
		return 0, false, err
	}
	i, ok := s.index[archString]
	return i, ok, nil
}

// Strings walks over the search space.
func (b *Benchmark) Strings() (iter.Seq2[int, string], error) {
	s, err := b.space()
	return slices.All(s.archStrings), err
}

// RandomIndex draws an architecture of the search space.
func (b *Benchmark) RandomIndex(r Intner) (int, error) {
	n, err := b.Len()
	if err != nil {
		return 0, err
	}
	if n == 0 {
		return 0, fmt.Errorf("the search space is empty: %w", ErrRange)
	}
	return r.Intn(n), nil
}

// Stored lists the architectures that there are records of, lowest first.
func (b *Benchmark) Stored() []int {
	all := slices.Clone(b.source.Indexes())
	slices.Sort(all)
	return all
}

// Evaluated lists the architectures that count as evaluated, lowest first: those
// that the file says are or, in layouts that are read on demand, those that
// were asked for.
func (b *Benchmark) Evaluated() ([]int, error) {
	all, err := b.evaluated()
	if err != nil {
		return nil, err
	}
	all = slices.Clone(all)
	if b.layout.OnDemand() {
		all = all[:0]
	}
	all = append(all, b.requested.list()...)
	slices.Sort(all)
	return slices.Compact(all), nil
}

// isEvaluated tells whether Evaluated lists an architecture.
func (b *Benchmark) isEvaluated(index int) (bool, error) {
	evaluated, err := b.evaluated()
	if err != nil {
		return false, err
	}
	if b.requested.has(index) {
		return true, nil
	}
	_, found := slices.BinarySearch(evaluated, index)
	return found && !b.layout.OnDemand(), nil
}

// Architecture gives the record of an architecture.
func (b *Benchmark) Architecture(index int) (*Architecture, error) {
	return ask(b, index, func() (*Architecture, error) { return b.source.Architecture(index) })
}

// StoredArchitecture gives the record of an architecture also where it does not count
// as evaluated.
func (b *Benchmark) StoredArchitecture(index int) (*Architecture, error) {
	a, err := b.source.Architecture(index)
	if errors.Is(err, source.ErrNotStored) {
		err = b.notStored(index)
	}
	return a, err
}

// ask asks the source for something of an architecture, if it counts as evaluated
// where the published program wants that.
func ask[T any](b *Benchmark, index int, of func() (T, error)) (T, error) {
	var none T
	if err := b.checkAccess(index); err != nil {
		return none, err
	}
	got, err := of()
	if errors.Is(err, source.ErrNotStored) {
		return none, b.notStored(index)
	}
	if err == nil || errors.Is(err, ErrMissing) {
		b.note(index)
	}
	return got, err
}

// checkAccess makes sure that an architecture counts as evaluated where the
// published program asks for that.
func (b *Benchmark) checkAccess(index int) error {
	if b.layout.OnDemand() || !b.API().OnlyEvaluated() {
		return nil
	}
	ok, err := b.isEvaluated(index)
	if err == nil && !ok {
		err = b.notStored(index)
	}
	return err
}

// note counts an architecture as asked for.
func (b *Benchmark) note(index int) {
	if b.layout.OnDemand() {
		b.requested.add(index)
	}
}

func (r *requested) add(indexes ...int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, i := range indexes {
		r.indexes[i] = true
	}
}

func (r *requested) has(index int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.indexes[index]
}

func (r *requested) list() (indexes []int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.indexes {
		indexes = append(indexes, i)
	}
	return indexes
}

func (b *Benchmark) notStored(index int) error {
	if n, err := b.Len(); err != nil {
		return err
	} else if err := checkIndex(index, n); err != nil {
		return err
	}
	return fmt.Errorf("%s has no record of architecture %d: %w", b.name, index, record.ErrNoRecord)
}

// All walks over the records of all stored architectures, in the order of the
// file.
func (b *Benchmark) All() iter.Seq2[*Architecture, error] { return b.source.All() }
