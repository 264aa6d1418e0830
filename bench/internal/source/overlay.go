package source

import (
	"iter"
	"slices"

	"cellnet/bench/record"
	"cellnet/weights"
)

// overlay is a source with architectures replaced or added.
type overlay struct {
	Source
	over  *Whole
	added []int // that the base does not have, lowest first
}

// Overlay makes a source that has the architectures of one from records, and all
// else from another, which must stay open.
func Overlay(base Source, over Records) Source {
	o := &overlay{Source: base, over: FromRecords(over)}
	for _, index := range over.Indexes() {
		if !base.Has(index) {
			o.added = append(o.added, index)
		}
	}
	slices.Sort(o.added)
	return o
}

// of gives the source that has an architecture.
func (o *overlay) of(index int) Source {
	if o.over.Has(index) {
		return o.over
	}
	return o.Source
}

func (o *overlay) Close() error       { return nil }
func (o *overlay) Has(index int) bool { return o.of(index).Has(index) }
func (o *overlay) Indexes() []int     { return slices.Concat(o.Source.Indexes(), o.added) }

func (o *overlay) Architecture(index int) (*record.Architecture, error) {
	return o.of(index).Architecture(index)
}

func (o *overlay) HPs(index int) ([]record.HP, error) { return o.of(index).HPs(index) }

func (o *overlay) Trials(index int, q Query) ([]*record.Trial, error) {
	return o.of(index).Trials(index, q)
}

func (o *overlay) Snapshots(index int, q Query) (record.Snapshots, error) {
	return o.of(index).Snapshots(index, q)
}

func (o *overlay) Weights(index int, hp record.HP, t *record.Trial) (*weights.File, weights.Selector, error) {
	return o.of(index).Weights(index, hp, t)
}

func (o *overlay) All() iter.Seq2[*record.Architecture, error] {
	return overlaid(o, o.Source.Indexes(), o.Source.All(), o.over.Architecture)
}

func (o *overlay) AllSnapshots(q Query) iter.Seq2[record.Snapshots, error] {
	return overlaid(o, o.Source.Indexes(), o.Source.AllSnapshots(q), func(index int) (record.Snapshots, error) {
		return o.over.Snapshots(index, q)
	})
}

// overlaid walks over what the base has of its indexes, or what replaces that, and
// then over what was added.
func overlaid[T any](o *overlay, indexes []int, base iter.Seq2[T, error], over func(index int) (T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		i := 0
		for v, err := range base {
			if o.over.Has(indexes[i]) {
				v, err = over(indexes[i])
			}
			if !yield(v, err) {
				return
			}
			i++
		}
		for _, index := range o.added {
			if !yield(over(index)) {
				return
			}
		}
	}
}
