package bench

import (
	"sync"

	"cellnet/data"
)

// standing is what ranking an architecture of a store takes. known is false if it
// can't be ranked: reading it again tells why.
type standing struct {
	Candidate
	known bool
}

// standingsKey says which accuracies standings are of.
type standingsKey struct {
	dataset data.Dataset
	set     data.Set
	hp      HP
}

// standings keeps what the architectures of a store are ranked by, in their order
// there. Each takes 40 bytes, and NAS-Bench-201 has 22 kinds of accuracies.
type standings struct {
	mu    sync.Mutex
	byKey map[standingsKey][]standing
}

// standings gives those of the accuracies that q ranks by; nil if no architecture
// has any. The first query of a kind makes them, while others of all kinds wait.
func (s *store) standings(api API, q BestQuery) ([]standing, error) {
	s.ranks.mu.Lock()
	defer s.ranks.mu.Unlock()
	key := standingsKey{q.Dataset, q.Set, q.HP}
	if all, ok := s.ranks.byKey[key]; ok {
		return all, nil
	}
	if len(s.places) > archsPerGroup {
		s.readAhead(q.Set)
	}
	q.MaxFLOPs, q.MaxParams = Number{}, Number{}
	all := make([]standing, len(s.places))
	none := true
	r := lastReader{only: q.Set}
	for i, place := range s.places {
		trials, known, err := s.lastTrials(&r, place.index, q.Dataset, q.HP)
		if err != nil && !known {
			return nil, err
		}
		if err != nil || !known {
			continue
		}
		if c, _, err := q.candidate(api, place.index, trials); err == nil {
			all[i], none = standing{c, true}, false
		}
	}
	if none {
		all = nil
	}
	if s.ranks.byKey == nil {
		s.ranks.byKey = map[standingsKey][]standing{}
	}
	s.ranks.byKey[key] = all
	return all, nil
}
