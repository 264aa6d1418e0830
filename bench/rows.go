package bench

import "cellnet/data"

// trialsOn is Trials, but where that saves reading the trials have the wanted
// parts only.
func (b *Benchmark) trialsOn(index int, d data.Dataset, hp HP, want parts) ([]*Trial, error) {
	if s, ok := b.from.(*store); ok && !b.isChanged(index) {
		if err := b.checkAccess(index); err != nil {
			return nil, err
		}
		trials, known, err := s.trialsOn(index, d, hp, want)
		if known || err != nil {
			b.noteAsked(index)
			return trials, err
		}
	}
	r, err := b.Results(index, hp)
	if err != nil {
		return nil, err
	}
	return r.On(d)
}

// trialsOn reads the trials that rowsOn finds.
func (s *store) trialsOn(index int, d data.Dataset, hp HP, want parts) (trials []*Trial, known bool, err error) {
	var c *columns
	rows, known, err := s.rowsOn(&c, index, d, hp)
	for _, row := range rows {
		t, err := s.trial(c, row, want)
		if err != nil {
			return nil, false, archError(index, err)
		}
		trials = append(trials, t)
	}
	return trials, known, err
}

// rowsOn gives the rows of an architecture's trials on a dataset, in the order of
// their seeds, and sees that the columns are those of their row group. known is
// false if rows do not tell whether there are any; otherwise it is an error if
// there are none.
func (s *store) rowsOn(c **columns, index int, d data.Dataset, hp HP) (rows []int64, known bool, err error) {
	i, ok := s.byIdx[index]
	if !ok {
		return nil, false, nil
	}
	odd, err := s.odd()
	if err != nil {
		return nil, false, err
	}
	if len(odd) > 0 {
		if _, ok := odd[oddKey(index, hp)]; ok {
			return nil, false, nil
		}
	}
	first, end, ok := s.places[i].rowsOf(hp)
	if !ok {
		return nil, true, noRecipe(index, hp, s.hps(index))
	}
	if first == end {
		return nil, false, nil
	}
	if *c == nil || first < s.groups[(*c).group] || first >= s.groups[(*c).group+1] {
		*c = s.group(first)
	}
	var seeds []int
	for row := first; row < end; row++ {
		r := rowReader{c: *c, row: row}
		name, seed := r.text(colDataset), r.integer(colSeed)
		if r.err != nil {
			return nil, false, archError(index, r.err)
		}
		if name != d.String() {
			continue
		}
		rows, seeds = append(rows, row), append(seeds, seed)
		for k := len(rows) - 1; k > 0 && seeds[k] < seeds[k-1]; k-- {
			rows[k], rows[k-1] = rows[k-1], rows[k]
			seeds[k], seeds[k-1] = seeds[k-1], seeds[k]
		}
	}
	if len(rows) == 0 {
		return nil, true, &noTrialError{index, d}
	}
	return rows, true, nil
}

// rowsOf gives the first of the rows of a recipe and the one after the last.
func (a storeArch) rowsOf(hp HP) (first, end int64, ok bool) {
	first = a.row
	for _, run := range a.runs {
		end = first + int64(run.trials)
		if run.hp == hp {
			return first, end, true
		}
		first = end
	}
	return 0, 0, false
}
