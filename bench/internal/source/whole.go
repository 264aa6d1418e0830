package source

import (
	"iter"

	"cellnet/bench/record"
	"cellnet/internal/lru"
)

// cachedBytes bounds the records that are kept in memory. One of NAS-Bench-201's
// takes about 100 kB.
const cachedBytes = 16 << 20

// Whole is a source that reads whole records and keeps those that were read last.
type Whole struct {
	Records
	cache *lru.Cache[int, *record.Architecture]
}

// FromRecords makes a source of records.
func FromRecords(r Records) *Whole {
	return &Whole{r, lru.New[int, *record.Architecture](cachedBytes)}
}

// Architecture reads the record of an architecture, unless it was read lately.
func (w *Whole) Architecture(index int) (*record.Architecture, error) {
	if a, ok := w.cache.Get(index); ok {
		return a, nil
	}
	a, err := w.Records.Architecture(index)
	if err == nil {
		w.cache.Put(index, a, a.MemoryBytes())
	}
	return a, err
}

// All reads all records, some ahead of their use.
func (w *Whole) All() iter.Seq2[*record.Architecture, error] {
	indexes := w.Indexes()
	return InOrder(len(indexes), func(i int) (*record.Architecture, error) { return w.Records.Architecture(indexes[i]) })
}

// HPs lists the recipes of an architecture.
func (w *Whole) HPs(index int) ([]record.HP, error) {
	a, err := w.Architecture(index)
	if err != nil {
		return nil, err
	}
	return a.HPs(), nil
}

// Trials gives an architecture's trials with all parts.
func (w *Whole) Trials(index int, q Query) ([]*record.Trial, error) {
	a, err := w.Architecture(index)
	if err != nil {
		return nil, err
	}
	return trialsOf(a, q)
}

// Snapshots gives an architecture's trials at an epoch.
func (w *Whole) Snapshots(index int, q Query) (record.Snapshots, error) {
	trials, err := w.Trials(index, q)
	return record.SnapshotsOf(index, q.Dataset, trials, q.Epoch), err
}

// AllSnapshots reads all records.
func (w *Whole) AllSnapshots(q Query) iter.Seq2[record.Snapshots, error] {
	indexes := w.Indexes()
	return InOrder(len(indexes), func(i int) (record.Snapshots, error) {
		a, err := w.Records.Architecture(indexes[i])
		if err != nil {
			return record.Snapshots{Index: indexes[i]}, err
		}
		trials, err := trialsOf(a, q)
		return record.SnapshotsOf(indexes[i], q.Dataset, trials, q.Epoch), err
	})
}

func trialsOf(a *record.Architecture, q Query) ([]*record.Trial, error) {
	r, err := a.Results(q.HP)
	if err != nil {
		return nil, err
	}
	return r.On(q.Dataset)
}
