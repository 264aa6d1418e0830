package search

import (
	"cmp"
	"math"
	"slices"
)

// point says how good an architecture is, from 0, the reference point, to 1:
// its accuracy, and one number for each cost. Numbers that aren't used are 1.
type point [3]float64

// dominates tells whether p is as good as q in everything.
func (p point) dominates(q point) bool { return p[0] >= q[0] && p[1] >= q[1] && p[2] >= q[2] }

// scale turns accuracies and costs into points. The reference point is an
// accuracy of 0 % and a tenth of a cost's range above the greatest cost in the
// space; the ideal one 100 % at the least cost.
type scale struct {
	costs  []Cost
	lowest []float64
	length []float64 // from the lowest cost to the reference point
}

func newScale(costs []Cost) *scale {
	s := &scale{costs: costs}
	for _, c := range costs {
		lowest, highest := math.Inf(1), math.Inf(-1)
		for _, v := range c.Values {
			if !math.IsNaN(v) {
				lowest, highest = min(lowest, v), max(highest, v)
			}
		}
		s.lowest = append(s.lowest, lowest)
		s.length = append(s.length, max(1.1*(highest-lowest), math.SmallestNonzeroFloat64))
	}
	return s
}

func (s *scale) point(arch int, accuracy float64) point {
	p := point{accuracy / 100, 1, 1}
	for i, c := range s.costs {
		p[1+i] = 1 - (c.Values[arch]-s.lowest[i])/s.length[i]
	}
	return p
}

// volume is the share of the unit cube that points dominate. It sorts them.
func volume(points []point) float64 {
	slices.SortFunc(points, func(a, b point) int { return cmp.Compare(b[2], a[2]) })
	var sum float64
	for i, p := range points {
		below := 0.0
		if i+1 < len(points) {
			below = max(points[i+1][2], 0)
		}
		if depth := p[2] - below; depth > 0 {
			sum += depth * area(slices.Clone(points[:i+1]))
		}
	}
	return sum
}

// area is the share of the unit square that points dominate in their first two
// numbers. It sorts them.
func area(points []point) float64 {
	slices.SortFunc(points, func(a, b point) int { return cmp.Compare(b[1], a[1]) })
	var sum, height float64
	for i, p := range points {
		height = max(height, p[0])
		next := 0.0
		if i+1 < len(points) {
			next = max(points[i+1][1], 0)
		}
		sum += height * max(p[1]-next, 0)
	}
	return sum
}

// front is a set of points of which none dominates another.
type front []point

// with adds a point, and drops those that it dominates; it returns f itself if a
// point dominates p.
func (f front) with(p point) front {
	if slices.ContainsFunc(f, func(q point) bool { return q.dominates(p) }) {
		return f
	}
	kept := slices.DeleteFunc(slices.Clone(f), p.dominates)
	return append(kept, p)
}

// Front lists the architectures of the run that no other one beats in accuracy
// and in all costs, with the accuracies seen, the best first.
func (r *Run) Front(costs []Cost) []int {
	s := newScale(costs)
	best := map[int]point{}
	var f front
	for i, arch := range r.Visited {
		p := s.point(arch, r.Accuracy[i])
		if old, ok := best[arch]; !ok || p[0] > old[0] {
			best[arch] = p
		}
		f = f.with(p)
	}
	var archs []int
	for arch, p := range best {
		if slices.Contains(f, p) {
			archs = append(archs, arch)
		}
	}
	slices.SortFunc(archs, func(a, b int) int {
		return cmp.Or(cmp.Compare(best[b][0], best[a][0]), cmp.Compare(a, b))
	})
	return archs
}

// Hypervolume gives, after each training, the share of the space between the
// reference point and the ideal one that the architectures seen dominate: from
// 0 %, and a tenth of its range above the greatest cost, to 100 % at the least
// cost.
func (r *Run) Hypervolume(costs []Cost) []float64 {
	s := newScale(costs)
	var f front
	volumes := make([]float64, len(r.Visited))
	for i, arch := range r.Visited {
		f = f.with(s.point(arch, r.Accuracy[i]))
		volumes[i] = volume(slices.Clone(f))
	}
	return volumes
}
