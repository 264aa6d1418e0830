package query

import (
	"context"
	"io"
	"maps"
	"slices"

	"cellnet/bench"
)

// counts are numbers of architectures by their number of trials.
type counts map[int]int

func statistics(_ context.Context, b *bench.Benchmark, a Args) (Answer, error) {
	c, err := b.Statistics(a.dataset, a.hp)
	return counts(c), err
}

func (c counts) Text(w io.Writer) error {
	rows := []string{row("trials", "architectures")}
	for _, n := range slices.Sorted(maps.Keys(c)) {
		rows = append(rows, row(n, c[n]))
	}
	return table(w, rows...)
}
