package bench

import (
	"iter"
	"sync"

	"cellnet/bench/internal/source"
	"cellnet/bench/record"
	"cellnet/data"
)

// rankings keeps what architectures are ranked by. NAS-Bench-201 has 22 kinds of
// accuracies, and a ranking of it takes about 1 MB.
type rankings struct {
	mu    sync.Mutex
	byKey map[rankingKey]ranking
}

// rankingKey says which accuracies a ranking is of.
type rankingKey struct {
	dataset data.Dataset
	set     data.Set
	hp      HP
}

// ranking has those architectures that can be ranked by some accuracy. Asking for
// another tells why it can't.
type ranking map[int]Candidate

// ranked walks over the architectures that a query looks at and that are within
// its limits, lowest index first. One that can't be ranked comes as an error that
// says why.
func (b *Benchmark) ranked(q BestQuery) iter.Seq2[Candidate, error] {
	return func(yield func(Candidate, error) bool) {
		indexes, err := b.Indexes(q.Scope)
		if err != nil {
			yield(Candidate{}, err)
			return
		}
		var known ranking
		if b.areMost(indexes) {
			known = b.ranking(q)
		}
		for _, index := range indexes {
			c, ok := known[index]
			if ok && (q.Scope != WholeSpace || b.checkAccess(index) == nil) {
				b.note(index)
				ok = q.within(c.FLOPs, c.Params)
			} else {
				c, ok, err = b.candidate(q, index)
			}
			if (ok || err != nil) && !yield(c, err) {
				return
			}
		}
	}
}

// areMost tells whether some architectures are so many that it is worth reading all.
func (b *Benchmark) areMost(indexes []int) bool { return len(indexes) >= len(b.source.Indexes())/2 }

// candidate reads an architecture, and tells whether it is within the limits. Only
// then it must have an accuracy.
func (b *Benchmark) candidate(q BestQuery, index int) (c Candidate, fits bool, err error) {
	trials, err := ask(b, index, func() (record.Snapshots, error) { return b.source.Snapshots(index, q.snapshots()) })
	if err != nil {
		return Candidate{}, false, err
	}
	return q.candidate(b.API(), trials)
}

// ranking gives that of the accuracies that q ranks by. The first query of a kind
// makes it, while others of all kinds wait.
func (b *Benchmark) ranking(q BestQuery) ranking {
	b.rankings.mu.Lock()
	defer b.rankings.mu.Unlock()
	key := rankingKey{q.Dataset, q.Set, q.HP}
	if known, ok := b.rankings.byKey[key]; ok {
		return known
	}
	q.MaxFLOPs, q.MaxParams = Number{}, Number{}
	known := make(ranking, len(b.source.Indexes()))
	for trials, err := range b.source.AllSnapshots(q.snapshots()) {
		if err != nil {
			continue
		}
		if c, _, err := q.candidate(b.API(), trials); err == nil {
			known[c.Index] = c
		}
	}
	if b.rankings.byKey == nil {
		b.rankings.byKey = map[rankingKey]ranking{}
	}
	b.rankings.byKey[key] = known
	return known
}

// snapshots says what ranking takes of architectures.
func (q BestQuery) snapshots() source.Query {
	return source.Query{Dataset: q.Dataset, HP: q.HP, Only: q.Set}
}

// candidate makes one of an architecture's trials, and tells whether it is within the
// limits. Only then it must have an accuracy.
func (q BestQuery) candidate(api API, trials record.Snapshots) (c Candidate, fits bool, err error) {
	c.Index = trials.Index
	c.FLOPs, c.Params, err = trials.Size(api)
	if err != nil || !q.within(c.FLOPs, c.Params) {
		return Candidate{}, false, err
	}
	m, err := trials.Metrics(api, q.Set, Choice{})
	c.Accuracy = m.Accuracy
	return c, true, err
}
