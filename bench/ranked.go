package bench

import "iter"

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
		known, err := b.standings(q, len(indexes))
		if err != nil {
			yield(Candidate{}, err)
			return
		}
		r := lastReader{b: b, only: q.Set}
		for _, index := range indexes {
			c, ok := known(index)
			fits := ok && q.within(c.FLOPs, c.Params)
			if ok {
				b.noteAsked(index)
			} else {
				c, fits, err = r.candidate(q, index)
			}
			if (fits || err != nil) && !yield(c, err) {
				return
			}
		}
	}
}

// standings gives what a store knows of architectures that were not changed, if a
// query looks at so many that this is worth the making.
func (b *Benchmark) standings(q BestQuery, asked int) (func(index int) (Candidate, bool), error) {
	nothing := func(int) (Candidate, bool) { return Candidate{}, false }
	s, ok := b.from.(*store)
	if !ok || asked < len(s.places)/2 || b.hasChanges() {
		return nothing, nil
	}
	all, err := s.standings(b.API(), q)
	if err != nil || all == nil {
		return nothing, err
	}
	return func(index int) (Candidate, bool) {
		i, stored := s.byIdx[index]
		if !stored || !all[i].known || q.Scope == WholeSpace && b.checkAccess(index) != nil {
			return Candidate{}, false
		}
		return all[i].Candidate, true
	}, nil
}

// hasChanges tells whether any record is not the backend's.
func (b *Benchmark) hasChanges() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.changed)+len(b.archives) > 0
}

// candidate reads an architecture, and tells whether it is within the limits.
func (r *lastReader) candidate(q BestQuery, index int) (Candidate, bool, error) {
	trials, err := r.trials(index, q.Dataset, q.HP)
	if err != nil {
		return Candidate{}, false, err
	}
	c, fits, err := q.candidate(r.b.API(), index, trials)
	return c, fits, onDataset(index, q.Dataset, err)
}

// candidate makes one of an architecture's trials, and tells whether it is within
// the limits. Only then it must have an accuracy.
func (q BestQuery) candidate(api API, index int, trials []lastTrial) (c Candidate, fits bool, err error) {
	costs := make([]costed, len(trials))
	for k, t := range trials {
		costs[k] = t.cost(api)
	}
	total, err := costOf(api, costs)
	if err != nil || !q.within(total.FLOPs, total.Params) {
		return c, false, err
	}
	m, err := metricsOf(api, trials, q.Set, Epoch{}, Choice{})
	return Candidate{index, m.Accuracy, total.FLOPs, total.Params}, true, err
}
