package search

import (
	"cmp"
	"math"
	"slices"
)

// individual is an architecture in a population of NSGA-II.
type individual struct {
	arch     int
	at       point
	rank     int     // 0: nobody of the population dominates it
	crowding float64 // distance of its neighbours on its front
}

// crossover is the share of children of two parents; the others have one.
const crossover = 0.5

// nondominated is evolution by dominance: parents win tournaments by rank, then
// by the room around them; a child takes each position from one of two parents
// and is mutated; of population and child the last by rank and room dies.
func (e Evolution) nondominated(s *session) error {
	scale := newScale(s.Costs)
	first, err := s.drawAndEvaluate(e.Population)
	if err != nil {
		return err
	}
	known := map[int]bool{}
	living := make([]individual, len(first))
	for i, m := range first {
		living[i] = individual{arch: m.arch, at: scale.point(m.arch, m.accuracy)}
		known[m.arch] = true
	}
	for !s.over() {
		order(living)
		child := e.child(s, living, known)
		accuracy, err := s.evaluate(child)
		if err != nil {
			return err
		}
		known[child] = true
		living = append(living, individual{arch: child, at: scale.point(child, accuracy)})
		order(living)
		living = living[:len(living)-1]
	}
	return nil
}

// child draws one that was not trained yet, if that is not too much to ask.
func (e Evolution) child(s *session, living []individual, known map[int]bool) int {
	parent := func() int {
		best := s.random.Intn(len(living))
		for range e.Sample - 1 {
			best = min(best, s.random.Intn(len(living))) // living is in order
		}
		return living[best].arch
	}
	for range 100 {
		arch := parent()
		if s.random.Float64() < crossover {
			arch = s.cross(arch, parent())
		}
		if arch = s.mutate(arch); !known[arch] {
			return arch
		}
	}
	return s.draw()
}

// cross takes each position from one of two architectures.
func (s *session) cross(a, b int) int {
	var c [maxPositions]uint8
	copy(c[:], s.Space.Choices(a))
	for i, other := range s.Space.Choices(b) {
		if s.random.Intn(2) == 1 {
			c[i] = other
		}
	}
	return s.Space.Index(c[:s.Space.positions])
}

// order sorts a population from the best by rank and room to the last.
func order(living []individual) {
	var fronts [][]*individual
	left := make([]*individual, len(living))
	for i := range living {
		left[i] = &living[i]
	}
	for rank := 0; len(left) > 0; rank++ {
		var now, later []*individual
		for _, a := range left {
			if slices.ContainsFunc(left, func(b *individual) bool { return b.at.dominates(a.at) && b.at != a.at }) {
				later = append(later, a)
			} else {
				a.rank = rank
				now = append(now, a)
			}
		}
		fronts = append(fronts, now)
		left = later
	}
	for _, f := range fronts {
		crowd(f)
	}
	slices.SortStableFunc(living, func(a, b individual) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(b.crowding, a.crowding))
	})
}

// crowd computes how much room each of a front has: the distance of its
// neighbours in each number, endless at the ends.
func crowd(f []*individual) {
	for _, a := range f {
		a.crowding = 0
	}
	f = slices.Clone(f)
	for number := range len(point{}) {
		slices.SortStableFunc(f, func(a, b *individual) int { return cmp.Compare(a.at[number], b.at[number]) })
		length := f[len(f)-1].at[number] - f[0].at[number]
		if length == 0 {
			continue
		}
		f[0].crowding, f[len(f)-1].crowding = math.Inf(1), math.Inf(1)
		for i := 1; i < len(f)-1; i++ {
			f[i].crowding += (f[i+1].at[number] - f[i-1].at[number]) / length
		}
	}
}
