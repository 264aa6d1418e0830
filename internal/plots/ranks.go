package plots

import (
	"cmp"
	"fmt"
	"io"
	"slices"

	"gonum.org/v1/plot/plotter"
)

// Scores are the accuracies that architectures reach on one dataset, by their
// indexes.
type Scores struct {
	Name string
	Of   map[int]float64
}

// Ranks draws the ranks of architectures on datasets, 1 the best, against those on
// the first one. Only architectures with a score on all of them are ranked. The
// legend gives Kendall's tau with the first.
func Ranks(w io.Writer, f Format, title string, scores []Scores) error {
	common := commonIndexes(scores)
	if len(common) == 0 {
		return ErrNothing
	}
	p := newPlot(title, "rank on "+scores[0].Name, "rank")
	p.Legend.Top, p.Legend.Left = true, true
	first := rank(scores[0], common)
	for i, s := range scores {
		ranks := rank(s, common)
		points := make(plotter.XYs, len(common))
		for k := range common {
			points[k] = plotter.XY{X: float64(first[k]), Y: float64(ranks[k])}
		}
		name := s.Name
		if i > 0 {
			name = fmt.Sprintf("%s, tau %.3f", name, Tau(first, ranks))
		}
		if err := addDots(p, i, name, points); err != nil {
			return err
		}
	}
	return write(w, f, p)
}

// commonIndexes lists the architectures with a finite score everywhere.
func commonIndexes(scores []Scores) []int {
	if len(scores) == 0 {
		return nil
	}
	var common []int
	for i := range scores[0].Of {
		lacks := slices.ContainsFunc(scores, func(s Scores) bool {
			v, ok := s.Of[i]
			return !ok || !finite(v)
		})
		if !lacks {
			common = append(common, i)
		}
	}
	slices.Sort(common)
	return common
}

// rank gives the ranks of architectures. Of equal ones the lower index comes
// first.
func rank(s Scores, indexes []int) []int {
	order := make([]int, len(indexes))
	for k := range order {
		order[k] = k
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(s.Of[indexes[b]], s.Of[indexes[a]]) })
	ranks := make([]int, len(indexes))
	for r, k := range order {
		ranks[k] = r + 1
	}
	return ranks
}

// Tau is Kendall's rank correlation of two lists of ranks without ties: 1 for the
// same order, -1 for the opposite one. For fewer than two it is 1.
func Tau(a, b []int) float64 {
	n := len(a)
	if n < 2 {
		return 1
	}
	order := make([]int, n)
	for k := range order {
		order[k] = k
	}
	slices.SortFunc(order, func(x, y int) int { return cmp.Compare(a[x], a[y]) })
	sequence := make([]int, n)
	for i, k := range order {
		sequence[i] = b[k]
	}
	pairs := float64(n) * float64(n-1) / 2
	return 1 - 2*float64(inversions(sequence, make([]int, n)))/pairs
}

// inversions sorts v and counts how many pairs stood in the wrong order.
func inversions(v, scratch []int) int {
	if len(v) < 2 {
		return 0
	}
	half := len(v) / 2
	left, right := v[:half], v[half:]
	count := inversions(left, scratch[:half]) + inversions(right, scratch[half:])
	merged := scratch[:0]
	for len(left) > 0 && len(right) > 0 {
		if right[0] < left[0] {
			count += len(left)
			merged, right = append(merged, right[0]), right[1:]
		} else {
			merged, left = append(merged, left[0]), left[1:]
		}
	}
	merged = append(append(merged, left...), right...)
	copy(v, merged)
	return count
}
