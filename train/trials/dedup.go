package trials

import (
	"fmt"
	"slices"

	"cellnet/cell"
	"cellnet/models"
)

// dedup keeps one of the architectures that compute the same function, the one
// with the lowest index, at the place of the first one; standsFor tells for which
// others it stands.
//
// Two cells compute the same function if they have the same canonical form with
// skip_connect taken for its input, and the same cost: the form alone does not
// tell whether two equal terms of a sum are one convolution or two.
func dedup(archs []int) (kept []int, standsFor map[int][]int, err error) {
	classes := map[string][]int{}
	var order []string
	for _, arch := range archs {
		c, err := cell.FromIndex(arch)
		if err != nil {
			return nil, nil, err
		}
		form, err := c.Canonical(cell.MergeSkips)
		if err != nil {
			return nil, nil, err
		}
		cost := models.CostOf(cell.Benchmark(c, 10), 32)
		class := fmt.Sprint(form, cost)
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
