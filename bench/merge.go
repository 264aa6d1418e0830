package bench

import (
	"errors"
	"fmt"
	"slices"

	"cellnet/bench/internal/published"
	"cellnet/bench/internal/source"
	"cellnet/bench/record"
	"cellnet/internal/pickle"
)

// Merge makes a benchmark of architectures' records, of one search space, and of all
// that base holds. Where both have an architecture, its
// record is to be made by [Architecture.Add] of base's. base may be nil; otherwise it
// must stay open.
func Merge(base *Benchmark, archs []*Architecture) (*Benchmark, error) {
	layout, space := record.NASBench201, Topology
	if len(archs) > 0 {
		space = record.SpaceOf(archs[0].ArchString)
	}
	if space == Size {
		layout = record.NATSFile
	}
	if base != nil {
		layout = base.layout
		if of, err := base.Space(); err != nil || of != space {
			return nil, fmt.Errorf("merging with %s: its search space is %v, not %v: %w", base.name, of, space, errors.Join(err, ErrSpace))
		}
	}
	added := make([]*Architecture, len(archs))
	for i, a := range archs {
		if of := record.SpaceOf(a.ArchString); of != space {
			return nil, fmt.Errorf("merging architecture %s of the space %v with others of %v: %w", a.ArchString, of, space, ErrSpace)
		}
		added[i] = a.Clone()
		added[i].OrderedDict = layout.OrderedRecipes()
		for _, r := range added[i].All() {
			r.Cleared = true // but for weights that are written with it
		}
	}
	slices.SortFunc(added, func(a, b *Architecture) int { return a.Index - b.Index })
	records := source.FromMemory(added...)
	if base == nil {
		return newBenchmark("the merged benchmark", layout, source.FromRecords(records)), nil
	}
	m := &merged{Source: source.Overlay(base.source, records), base: base.source, added: records.Indexes(), layout: layout}
	return base.with(m, nil), nil
}

// merged counts all architectures that were added as evaluated.
type merged struct {
	source.Source
	base   source.Source
	added  []int
	layout Layout
}

func (m *merged) Evaluated() ([]int, error) {
	all, err := m.base.Evaluated()
	if err != nil {
		return nil, err
	}
	all = slices.Concat(all, m.added)
	slices.Sort(all)
	return slices.Compact(all), nil
}

// Root is base's with all evaluated architectures.
func (m *merged) Root() (*pickle.Dict, error) {
	root, err := m.base.Root()
	if root == nil || err != nil {
		return nil, err
	}
	evaluated, err := m.Evaluated()
	if err != nil {
		return nil, err
	}
	copied := &pickle.Dict{Ordered: root.Ordered}
	for key, value := range root.All() {
		copied.Set(key, value)
	}
	published.SetEvaluated(copied, evaluated, m.layout)
	return copied, nil
}
