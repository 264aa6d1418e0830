package bench

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"sync"

	"cellnet/internal/lru"
)

// Benchmark answers the queries of a benchmark. Its methods may be called by
// several goroutines.
type Benchmark struct {
	name   string
	layout Layout
	from   backend

	space  func() (searchSpace, error)
	listed func() ([]int, error)

	mu       sync.Mutex
	cache    *lru.Cache[int, *Arch] // those that were read last
	changed  map[int]*Arch          // in the place of what files have
	archives map[int]string         // files of records, in the place of what the backend has
	asked    map[int]bool           // architectures that were read on demand
	clock    float64
}

// cachedArchBytes bounds the records that a benchmark keeps in memory. One of
// NAS-Bench-201's takes about 100 kB.
const cachedArchBytes = 16 << 20

// backend is where a benchmark's records come from.
type backend interface {
	// archs gives the strings of the search space.
	archs() ([]string, error)
	// indexes lists the architectures that there are records of, in the order
	// of the file.
	indexes() []int
	// has tells whether an architecture is one of indexes.
	has(index int) bool
	// evaluated lists those that the file calls evaluated, lowest first.
	evaluated() ([]int, error)
	// arch reads the record of one of indexes.
	arch(index int) (*Arch, error)
	// all reads all records in the order of the file.
	all() iter.Seq2[*Arch, error]
	io.Closer
}

// searchSpace holds the strings of all architectures.
type searchSpace struct {
	archs []string
	index map[string]int
}

func newBenchmark(name string, l Layout, b backend) *Benchmark {
	return &Benchmark{
		name:   name,
		layout: l,
		from:   b,
		space: sync.OnceValues(func() (searchSpace, error) {
			archs, err := b.archs()
			if err != nil {
				return searchSpace{}, err
			}
			index, err := archIndex(archs)
			return searchSpace{archs, index}, err
		}),
		listed:  sync.OnceValues(b.evaluated),
		cache:   lru.New[int, *Arch](cachedArchBytes),
		changed: map[int]*Arch{}, archives: map[int]string{}, asked: map[int]bool{},
	}
}

// Close releases the benchmark's files.
func (b *Benchmark) Close() error { return b.from.Close() }

// Layout is the form in which the benchmark was published. A store has that of
// the file it was made from.
func (b *Benchmark) Layout() Layout { return b.layout }

// API is the published program whose answers the benchmark gives.
func (b *Benchmark) API() API { return b.layout.API() }

// Space is the search space.
func (b *Benchmark) Space() (Space, error) {
	s, err := b.space()
	if err != nil || len(s.archs) == 0 {
		return Topology, err
	}
	return spaceOf(s.archs[0]), nil
}

// Len is the number of architectures of the search space, recorded or not.
func (b *Benchmark) Len() (int, error) {
	s, err := b.space()
	return len(s.archs), err
}

// ArchString gives the string of an architecture.
func (b *Benchmark) ArchString(index int) (string, error) {
	s, err := b.space()
	if err != nil {
		return "", err
	}
	if err := checkIndex(index, len(s.archs)); err != nil {
		return "", err
	}
	return s.archs[index], nil
}

func checkIndex(index, n int) error {
	if index < 0 || index >= n {
		return fmt.Errorf("architecture %d, want 0 to %d: %w", index, n-1, ErrRange)
	}
	return nil
}

// IndexOf gives the index of an architecture's string, and false if it is not
// in the search space.
func (b *Benchmark) IndexOf(arch string) (int, bool, error) {
	s, err := b.space()
	if err != nil {
		return 0, false, err
	}
	i, ok := s.index[arch]
	return i, ok, nil
}

// Strings walks over the search space.
func (b *Benchmark) Strings() (iter.Seq2[int, string], error) {
	s, err := b.space()
	return slices.All(s.archs), err
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
	all := slices.Concat(b.from.indexes(), b.added())
	slices.Sort(all)
	return all
}

// Evaluated lists the architectures that count as evaluated, lowest first: those
// that the file says are or, in layouts that are read on demand, those that
// were asked for.
func (b *Benchmark) Evaluated() ([]int, error) {
	listed, err := b.listed()
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	all := slices.Clone(listed)
	if b.layout.onDemand() {
		all = all[:0]
	}
	for i := range b.asked {
		all = append(all, i)
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// isEvaluated tells whether Evaluated lists an architecture.
func (b *Benchmark) isEvaluated(index int) (bool, error) {
	listed, err := b.listed()
	if err != nil {
		return false, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.asked[index] {
		return true, nil
	}
	_, found := slices.BinarySearch(listed, index)
	return found && !b.layout.onDemand(), nil
}

// Arch gives the record of an architecture.
func (b *Benchmark) Arch(index int) (*Arch, error) {
	if err := b.checkAccess(index); err != nil {
		return nil, err
	}
	return b.load(index)
}

// checkAccess makes sure that an architecture counts as evaluated where the
// published program asks for that.
func (b *Benchmark) checkAccess(index int) error {
	if b.API() == NAS201 || b.layout.onDemand() {
		return nil
	}
	ok, err := b.isEvaluated(index)
	if err == nil && !ok {
		err = b.notStored(index)
	}
	return err
}

// isChanged tells whether an architecture's record is not the backend's.
func (b *Benchmark) isChanged(index int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, changed := b.changed[index]
	_, archived := b.archives[index]
	return changed || archived
}

// noteAsked counts an architecture as evaluated in layouts that are read on
// demand.
func (b *Benchmark) noteAsked(index int) {
	if b.layout.onDemand() {
		b.mu.Lock()
		b.asked[index] = true
		b.mu.Unlock()
	}
}

func (b *Benchmark) notStored(index int) error {
	if n, err := b.Len(); err != nil {
		return err
	} else if err := checkIndex(index, n); err != nil {
		return err
	}
	return fmt.Errorf("%s has no record of architecture %d: %w", b.name, index, ErrMissing)
}

// load reads an architecture's record, unless it was changed or read lately.
func (b *Benchmark) load(index int) (*Arch, error) {
	b.mu.Lock()
	a, ok := b.changed[index]
	if !ok {
		a, ok = b.cache.Get(index)
	}
	archive := b.archives[index]
	b.mu.Unlock()
	if !ok {
		var err error
		if a, err = b.read(index, archive); err != nil {
			return nil, err
		}
		b.mu.Lock()
		if b.archives[index] == archive {
			b.cache.Put(index, a, a.bytes())
		}
		b.mu.Unlock()
	}
	b.noteAsked(index)
	return a, nil
}

// read reads an architecture's record from an archive's file or, if there is
// none, from the backend.
func (b *Benchmark) read(index int, archive string) (*Arch, error) {
	if archive != "" {
		return new(decoder).archFile(archive, index)
	}
	a, err := b.from.arch(index)
	if errors.Is(err, errNotStored) {
		err = b.notStored(index)
	}
	return a, err
}

// errNotStored is what backends return for architectures that are not there.
var errNotStored = errors.New("not stored")

// All walks over the records of all stored architectures, in the order of the
// file.
func (b *Benchmark) All() iter.Seq2[*Arch, error] {
	return func(yield func(*Arch, error) bool) {
		for a, err := range b.from.all() {
			if err == nil && b.isChanged(a.Index) {
				a, err = b.load(a.Index)
			}
			if !yield(a, err) {
				return
			}
		}
		for _, index := range b.added() {
			if !yield(b.load(index)) {
				return
			}
		}
	}
}

// added lists the architectures that only changes brought, lowest first.
func (b *Benchmark) added() []int {
	b.mu.Lock()
	defer b.mu.Unlock()
	var added []int
	for _, indexes := range []iter.Seq[int]{maps.Keys(b.changed), maps.Keys(b.archives)} {
		for i := range indexes {
			if !b.from.has(i) {
				added = append(added, i)
			}
		}
	}
	slices.Sort(added)
	return slices.Compact(added)
}
