package table

import (
	"cmp"
	"math"
	"slices"
)

// Correlation is how the order by a score agrees with the order by another number,
// such as accuracy: 1 for the same order, -1 for the opposite one. NaN where all
// scores, or all numbers, are one.
type Correlation struct {
	Spearman  float64 // Pearson's correlation of ranks, ties averaged
	Kendall   float64 // tau-b
	N         int
	Undefined int // scores, which rank below all others
}

// Correlate compares scores, NaN where undefined, with as many numbers that are
// all defined.
func Correlate(scores, numbers []float64) Correlation {
	c := Correlation{N: len(scores)}
	lowest := slices.Clone(scores)
	for i, v := range lowest {
		if undefined(v) {
			lowest[i] = math.Inf(-1)
			c.Undefined++
		}
	}
	c.Spearman = pearson(Ranks(lowest), Ranks(numbers))
	c.Kendall = kendall(lowest, numbers)
	return c
}

// Ranks are from 1 for the lowest number; equal numbers have the mean of theirs.
func Ranks(values []float64) []float64 {
	order := ordered(values)
	ranks := make([]float64, len(values))
	for from := 0; from < len(order); {
		to := from
		for to < len(order) && values[order[to]] == values[order[from]] {
			to++
		}
		for _, i := range order[from:to] {
			ranks[i] = float64(from+1+to) / 2
		}
		from = to
	}
	return ranks
}

// ordered lists the indexes of numbers from the lowest on.
func ordered(values []float64) []int {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(values[a], values[b]) })
	return order
}

func pearson(a, b []float64) float64 {
	var meanA, meanB float64
	for i := range a {
		meanA += a[i] / float64(len(a))
		meanB += b[i] / float64(len(b))
	}
	var ab, aa, bb float64
	for i := range a {
		x, y := a[i]-meanA, b[i]-meanB
		ab, aa, bb = ab+x*y, aa+x*x, bb+y*y
	}
	if aa == 0 || bb == 0 {
		return math.NaN()
	}
	return ab / math.Sqrt(aa*bb)
}

// kendall is tau-b, by the swaps that sort b in the order of a (Knight, 1966).
func kendall(a, b []float64) float64 {
	n := len(a)
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int { return cmp.Or(cmp.Compare(a[i], a[j]), cmp.Compare(b[i], b[j])) })
	var tiedA, tiedBoth float64
	for from := 0; from < n; {
		to, sameFrom := from, from
		for to < n && a[order[to]] == a[order[from]] {
			if b[order[to]] != b[order[sameFrom]] {
				tiedBoth += pairs(to - sameFrom)
				sameFrom = to
			}
			to++
		}
		tiedBoth += pairs(to - sameFrom)
		tiedA += pairs(to - from)
		from = to
	}
	sorted := make([]float64, n)
	for i, at := range order {
		sorted[i] = b[at]
	}
	swaps := float64(mergeSort(sorted, make([]float64, n)))
	var tiedB float64
	for from := 0; from < n; {
		to := from
		for to < n && sorted[to] == sorted[from] {
			to++
		}
		tiedB += pairs(to - from)
		from = to
	}
	all := pairs(n)
	if all == tiedA || all == tiedB {
		return math.NaN()
	}
	return (all - tiedA - tiedB + tiedBoth - 2*swaps) / math.Sqrt(all-tiedA) / math.Sqrt(all-tiedB)
}

func pairs(n int) float64 { return float64(n) * float64(n-1) / 2 }

// mergeSort sorts and counts the pairs that were in the wrong order.
func mergeSort(v, work []float64) int {
	if len(v) < 2 {
		return 0
	}
	half := len(v) / 2
	swaps := mergeSort(v[:half], work[:half]) + mergeSort(v[half:], work[half:])
	copy(work, v)
	for i, l, r := 0, 0, half; i < len(v); i++ {
		if l < half && (r == len(v) || work[l] <= work[r]) {
			v[i], l = work[l], l+1
			continue
		}
		swaps += half - l
		v[i], r = work[r], r+1
	}
	return swaps
}
