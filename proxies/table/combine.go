package table

import (
	"math"
)

// azNAS lists the columns that AZ-NAS combines.
func azNAS() []string { return []string{"expressivity", "progressivity", "trainability", "flops"} }

// AZNAS combines columns as AZ-NAS does: the sum of ln(rank / n) of expressivity,
// progressivity, trainability and flops; nil if one of them is missing.
func (t *Table) AZNAS() []float64 {
	sum := make([]float64, len(t.Rows))
	for _, name := range azNAS() {
		column := t.Column(name)
		if column == nil {
			return nil
		}
		for i, v := range column {
			if undefined(v) {
				column[i] = math.Inf(-1)
			}
		}
		for i, r := range Ranks(column) {
			sum[i] += math.Log(r / float64(len(column)))
		}
	}
	return sum
}

// voters lists the columns that zero-cost-nas lets vote.
func voters() []string { return []string{"synflow", "jacob_cov", "snip"} }

// Vote is the share of pairs with different accuracies that a vote of synflow,
// jacob_cov and snip puts right, as zero-cost-nas counts: of the ordered pairs,
// one wins by two of three that score it higher. False if a column is missing.
func (t *Table) Vote(accuracy []float64) (float64, bool) {
	var columns [][]float64
	for _, name := range voters() {
		column := t.Column(name)
		if column == nil {
			return 0, false
		}
		columns = append(columns, column)
	}
	right, all := 0, 0
	for i := range accuracy {
		for j := range i {
			if accuracy[i] == accuracy[j] {
				continue
			}
			better, worse := i, j
			if accuracy[i] < accuracy[j] {
				better, worse = j, i
			}
			votes := 0
			for _, c := range columns {
				if c[better] > c[worse] || undefined(c[worse]) && !undefined(c[better]) {
					votes++
				}
			}
			all++
			if 2*votes >= len(columns) {
				right++
			}
		}
	}
	if all == 0 {
		return 0, false
	}
	return float64(right) / float64(all), true
}
