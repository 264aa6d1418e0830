package trials

import (
	"fmt"
	"slices"
	"strings"

	"cellnet/cell"
)

// dedup keeps one of the architectures that compute the same function, the one
// with the lowest index, at the place of the first one; standsFor tells for which
// others it stands.
func dedup(archs []int) (kept []int, standsFor map[int][]int, err error) {
	classes := map[string][]int{}
	var order []string
	for _, arch := range archs {
		c, err := cell.FromIndex(arch)
		if err != nil {
			return nil, nil, err
		}
		class := signature(c)
		if classes[class] == nil {
			order = append(order, class)
		}
		classes[class] = append(classes[class], arch)
	}
	standsFor = map[int][]int{}
	for _, class := range order {
		members := slices.Sorted(slices.Values(classes[class]))
		kept = append(kept, members[0])
		if len(members) > 1 {
			standsFor[members[0]] = members[1:]
		}
	}
	return kept, standsFor, nil
}

// signature describes what a cell computes, and at what cost: cells with equal
// descriptions differ by the names of their nodes, by detours through skip_connect,
// by zeros that are added and by where sums are pooled.
//
// The published canonical forms are not used because one keeps such zeros and the
// other takes a convolution of zeros for zero, which its norm makes a constant.
// None tells whether two equal terms are one convolution or two: here the numbers
// of convolutions, of all and of those that reach the output, do.
func signature(c cell.Cell) string {
	sums := [][]string{{"x"}} // the terms of each node, sorted; none for zero
	for node := 1; node < c.NumNodes(); node++ {
		var terms []string
		for _, e := range c.Incoming(node) {
			from := sums[e.From]
			switch {
			case e.Op.Kind() == cell.Zeros:
			case e.Op.Kind() == cell.Identity:
				terms = append(terms, from...)
			case e.Op.Kind() == cell.AveragePool: // the pool of a sum is the sum of the pools
				for _, term := range from {
					terms = append(terms, fmt.Sprintf("%v(%s)", e.Op, term))
				}
			default:
				terms = append(terms, fmt.Sprintf("%v(%s)", e.Op, strings.Join(from, "+")))
			}
		}
		slices.Sort(terms)
		sums = append(sums, terms)
	}
	live := 0
	for i, e := range c.Edges() {
		if e.Op.Learnable() && c.Live()[i] {
			live++
		}
	}
	cost := cell.Benchmark(c, 10).Cost(32)
	return fmt.Sprint(strings.Join(sums[len(sums)-1], "+"), " ", live, " ", cost)
}
