package store

import (
	"iter"

	"cellnet/bench/internal/source"
	"cellnet/bench/record"
	"cellnet/internal/parallel"
)

// HPs lists the recipes of an architecture.
func (s *Store) HPs(index int) ([]record.HP, error) {
	i, ok := s.r.byIndex[index]
	if !ok {
		return nil, source.ErrNotStored
	}
	return s.r.hps(i), nil
}

func (s *reader) hps(place int) []record.HP {
	var hps []record.HP
	for _, r := range s.places[place].recipes {
		hps = append(hps, r.hp)
	}
	return hps
}

// Trials reads the wanted parts of an architecture's trials.
func (s *Store) Trials(index int, q source.Query) (trials []*record.Trial, err error) {
	var c *cursor
	rows, tell, err := s.r.rows(&c, index, q)
	if err != nil {
		return nil, err
	}
	if !tell {
		return s.Whole.Trials(index, q)
	}
	for _, row := range rows {
		t, err := s.r.trial(c, row, q.Parts)
		if err != nil {
			return nil, archError(index, err)
		}
		trials = append(trials, t)
	}
	return trials, nil
}

// Snapshots reads the columns of the last epoch or, for another, those of curves.
func (s *Store) Snapshots(index int, q source.Query) (record.Snapshots, error) {
	var c *cursor
	return s.snapshots(&c, index, q)
}

func (s *Store) snapshots(c **cursor, index int, q source.Query) (record.Snapshots, error) {
	all := record.Snapshots{Index: index, Dataset: q.Dataset}
	if !q.Epoch.IsLast() {
		q.Parts = source.Scores | source.Seconds
		trials, err := s.Trials(index, q)
		return record.SnapshotsOf(index, q.Dataset, trials, q.Epoch), err
	}
	rows, tell, err := s.r.rows(c, index, q)
	if err != nil {
		return all, err
	}
	if !tell {
		return s.Whole.Snapshots(index, q)
	}
	all.Trials = make([]record.Snapshot, len(rows))
	for i, row := range rows {
		if all.Trials[i], err = s.r.snapshot(*c, row, q.Only); err != nil {
			return all, archError(index, err)
		}
	}
	return all, nil
}

// AllSnapshots reads the columns of the last epoch of all rows.
func (s *Store) AllSnapshots(q source.Query) iter.Seq2[record.Snapshots, error] {
	return func(yield func(record.Snapshots, error) bool) {
		if len(s.r.places) > archsPerGroup && q.Epoch.IsLast() {
			s.r.readAhead(snapshotColumns(q.Only))
		}
		var c *cursor
		for _, index := range s.r.order {
			if !yield(s.snapshots(&c, index, q)) {
				return
			}
		}
	}
}

// rows gives the rows of an architecture's trials on a dataset, in the order of
// their seeds, and sees that the cursor is in their row group. tell is false if
// rows do not tell whether there are any; otherwise it is an error if there are
// none.
func (s *reader) rows(c **cursor, index int, q source.Query) (rows []int64, tell bool, err error) {
	i, ok := s.byIndex[index]
	if !ok {
		return nil, false, source.ErrNotStored
	}
	heads, err := s.heads()
	if err != nil {
		return nil, false, err
	}
	if len(heads) > 0 {
		if _, ok := heads[headKey(index, q.HP)]; ok {
			return nil, false, nil
		}
	}
	first, end, ok := s.places[i].rowsOf(q.HP)
	if !ok {
		return nil, false, record.NoRecipe(index, q.HP, s.hps(i))
	}
	if first == end {
		return nil, false, nil
	}
	if *c == nil || first < s.groups[(*c).group] || first >= s.groups[(*c).group+1] {
		*c = s.cursorAt(first)
	}
	if rows, err = s.rowsOn(*c, first, end, index, q); err != nil {
		return nil, false, archError(index, err)
	}
	if len(rows) == 0 {
		return nil, false, &record.NoTrialError{Index: index, Dataset: q.Dataset}
	}
	return rows, true, nil
}

// rowsOn gives those of an architecture's rows that are of a dataset, in the order of
// their seeds.
func (s *reader) rowsOn(c *cursor, first, end int64, index int, q source.Query) (rows []int64, err error) {
	var seeds []int
	for row := first; row < end; row++ {
		r := rowReader{c: c, row: row}
		if err := r.want(index, q.HP); err != nil {
			return nil, err
		}
		name, seed := r.text(colDataset), r.integer(colSeed)
		if r.err != nil {
			return nil, r.err
		}
		if name != q.Dataset.String() {
			continue
		}
		rows, seeds = append(rows, row), append(seeds, seed)
		for k := len(rows) - 1; k > 0 && seeds[k] < seeds[k-1]; k-- {
			rows[k], rows[k-1] = rows[k-1], rows[k]
			seeds[k], seeds[k-1] = seeds[k-1], seeds[k]
		}
	}
	return rows, nil
}

// readAhead brings columns into the cache, on all processors. What fails will fail
// again where it is wanted.
func (s *reader) readAhead(wanted []int) {
	groups := len(s.groups) - 1
	parallel.For(groups*len(wanted), func(_, item int) {
		g, number := item/len(wanted), wanted[item%len(wanted)]
		c := cursor{s: s, group: g}
		for row := s.groups[g]; row < s.groups[g+1]; {
			page, _, err := c.at(number, row)
			if err != nil {
				return
			}
			row = s.groups[g] + page.first + int64(page.rows)
		}
	})
}
