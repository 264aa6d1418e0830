package search

import "math"

// Set is a set of architectures of a space.
type Set struct {
	has   []bool
	count int
}

// Has tells whether an architecture is in the set.
func (s *Set) Has(arch int) bool { return s.has[arch] }

// Len counts the architectures.
func (s *Set) Len() int { return s.count }

// Cost is what a network costs to run: lower is better.
type Cost struct {
	Name string
	// Values are by architecture; NaN where it is not known.
	Values []float64
}

// Limit is the greatest cost that is allowed.
type Limit struct {
	Cost
	Max float64
}

// Within gives the architectures of a space that keep all limits. Where a cost
// is not known the limit is not kept.
func Within(space *Space, limits []Limit) *Set {
	s := &Set{has: make([]bool, space.Len())}
	for arch := range s.has {
		kept := true
		for _, l := range limits {
			v := l.Values[arch]
			kept = kept && !math.IsNaN(v) && v <= l.Max
		}
		if s.has[arch] = kept; kept {
			s.count++
		}
	}
	return s
}

// and gives those that are in both sets; s may be nil, which is all.
func (s *Set) and(t *Set) *Set {
	if s == nil {
		return t
	}
	both := &Set{has: make([]bool, len(t.has))}
	for arch := range both.has {
		if both.has[arch] = s.has[arch] && t.has[arch]; both.has[arch] {
			both.count++
		}
	}
	return both
}
