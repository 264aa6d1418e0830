package store

import (
	"fmt"

	"cellnet/bench/internal/published"
	"cellnet/bench/internal/source"
	"cellnet/bench/record"
)

// Architecture reads the record of an architecture.
func (s *reader) Architecture(index int) (*record.Architecture, error) {
	i, ok := s.byIndex[index]
	if !ok {
		return nil, source.ErrNotStored
	}
	at := s.places[i]
	a := &record.Architecture{Index: index, OrderedDict: at.ordered}
	c, row := s.cursorAt(at.row), at.row
	for _, of := range at.recipes {
		r := &record.Results{Index: index, Cleared: of.cleared}
		for i := range of.trials {
			head := rowReader{c: c, row: row}
			if err := head.want(index, of.hp); err != nil {
				return nil, archError(index, err)
			}
			if i == 0 {
				if r.ArchString = head.text(colArch); head.err != nil {
					return nil, archError(index, head.err)
				}
			}
			t, err := s.trial(c, row, source.AllParts)
			if err != nil {
				return nil, archError(index, err)
			}
			r.Trials = append(r.Trials, t)
			row++
		}
		if err := s.complete(r, of.hp); err != nil {
			return nil, archError(index, err)
		}
		a.ArchString = r.ArchString
		a.Set(of.hp, r)
	}
	return a, nil
}

func archError(index int, err error) error { return fmt.Errorf("architecture %d: %w", index, err) }

// complete adds to results what their trials do not say.
func (s *reader) complete(r *record.Results, hp record.HP) error {
	heads, err := s.heads()
	if err != nil {
		return err
	}
	if head, ok := heads[headKey(r.Index, hp)]; ok {
		return published.DecodeHead(r, head)
	}
	if len(r.Trials) == 0 {
		return fmt.Errorf("recipe %v: metadata %s has nothing on it", hp, metaHeads)
	}
	r.Seeds = record.SeedsOf(r.Trials)
	return nil
}
