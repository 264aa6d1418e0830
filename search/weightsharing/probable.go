package weightsharing

import (
	"cmp"
	"slices"

	"cellnet/cell"
)

// probable is a cell and the logarithm of its probability.
type probable struct {
	ops     []cell.Op
	logProb float64
}

// mostProbable gives the n cells of the highest probability under softmax(alpha),
// the highest first, of equal ones in the order in which all cells are counted.
//
// It goes edge by edge, and of what was chosen so far keeps the best n and whatever
// rounding might yet make their equal, but no more than keeps memory in bounds.
func mostProbable(alpha table, n int) []probable {
	const slack = 1e-9
	most := max(cell.SpaceSize, 2*n)
	best := []probable{{}}
	for _, row := range logSoftmaxRows(alpha) {
		longer := make([]probable, 0, len(best)*len(row))
		for _, b := range best {
			for o, lp := range row {
				longer = append(longer, probable{append(slices.Clone(b.ops), cell.Op(o)), b.logProb + lp})
			}
		}
		if len(longer) > n {
			ranked := slices.Clone(longer)
			slices.SortFunc(ranked, byLogProb)
			least := ranked[n-1].logProb - slack
			longer = slices.DeleteFunc(longer, func(p probable) bool { return p.logProb < least })
			if len(longer) > most {
				slices.SortStableFunc(longer, byLogProb)
				longer = longer[:most]
			}
		}
		best = longer
	}
	slices.SortStableFunc(best, byLogProb)
	return best[:min(n, len(best))]
}

func byLogProb(a, b probable) int { return cmp.Compare(b.logProb, a.logProb) }
