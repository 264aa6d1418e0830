package bench

import (
	"fmt"

	"cellnet/data"
	"cellnet/internal/parallel"
)

// lastTrial is what is known of a trial's last epoch, from a store's columns
// without the curves, or from the whole trial.
type lastTrial struct {
	full *Trial // nil if what follows is all that was read

	epochs int
	costed
	sets [data.OriTest + 1]lastMetrics
}

// lastMetrics are a set's numbers at the last epoch.
type lastMetrics struct{ loss, top1, seconds, total Number }

// Metrics gives the numbers on a set at the last epoch.
func (t lastTrial) Metrics(set data.Set, epoch Epoch) (Metrics, error) {
	if t.full != nil {
		return t.full.Metrics(set, epoch)
	}
	e, err := epoch.of(t.epochs)
	if err != nil {
		return Metrics{}, err
	}
	m := t.sets[set]
	if !m.loss.OK || !m.top1.OK {
		return Metrics{}, missing(set, e)
	}
	return Metrics{e, m.loss.Value, m.top1.Value, m.seconds, m.total}, nil
}

// cost gives what the trial costs. Of the times only which there are is right,
// unless the whole trial was read.
func (t lastTrial) cost(api API) costed {
	if t.full != nil {
		return t.full.cost(api)
	}
	return t.costed
}

// lastReader reads the last epochs of trials.
type lastReader struct {
	b    *Benchmark
	only data.Set // the set that metrics are wanted of; zero stands for all
	c    *columns // of a store
}

// trials gives the last epochs of an architecture's trials on a dataset, in the
// order of their seeds.
func (r *lastReader) trials(index int, d data.Dataset, hp HP) (trials []lastTrial, seeds []int, err error) {
	if s, ok := r.b.from.(*store); ok && !r.b.isChanged(index) {
		if err := r.b.checkAccess(index); err != nil {
			return nil, nil, err
		}
		trials, seeds, known, err := s.lastTrials(r, index, d, hp)
		if known || err != nil {
			r.b.noteAsked(index)
			return trials, seeds, err
		}
	}
	results, err := r.b.Results(index, hp)
	if err != nil {
		return nil, nil, err
	}
	full, err := results.On(d)
	if err != nil {
		return nil, nil, err
	}
	for _, t := range full {
		trials, seeds = append(trials, lastTrial{full: t}), append(seeds, t.Seed)
	}
	return trials, seeds, nil
}

// lastTrials reads the columns of the last epoch. known is false if the record
// is of a kind that they do not describe.
func (s *store) lastTrials(r *lastReader, index int, d data.Dataset, hp HP) (trials []lastTrial, seeds []int, known bool, err error) {
	i, ok := s.byIdx[index]
	if !ok {
		return nil, nil, false, nil
	}
	odd, err := s.odd()
	if err != nil {
		return nil, nil, false, err
	}
	if _, ok := odd[oddKey(index, hp)]; ok {
		return nil, nil, false, nil
	}
	place := s.places[i]
	row := place.row
	for _, run := range place.runs {
		if run.hp != hp {
			row += int64(run.trials)
			continue
		}
		if r.c == nil || row < s.groups[r.c.group] || row >= s.groups[r.c.group+1] {
			r.c = s.group(row)
		}
		for range run.trials {
			t, fits, err := s.lastTrial(r, row, d)
			if err != nil {
				return nil, nil, false, archError(index, err)
			}
			if fits {
				trials = insertBySeed(trials, t)
			}
			row++
		}
		break
	}
	for _, t := range trials {
		seeds = append(seeds, t.seed)
	}
	return trials, seeds, len(trials) > 0, nil
}

func insertBySeed(trials []lastTrial, t lastTrial) []lastTrial {
	trials = append(trials, t)
	for i := len(trials) - 1; i > 0 && trials[i].seed < trials[i-1].seed; i-- {
		trials[i], trials[i-1] = trials[i-1], trials[i]
	}
	return trials
}

// lastTrial reads the columns of the last epoch of a row, if it is of a trial on
// the dataset.
func (s *store) lastTrial(of *lastReader, row int64, d data.Dataset) (t lastTrial, fits bool, err error) {
	r := rowReader{c: of.c, row: row}
	if name := r.text(colDataset); r.err != nil || name != d.String() {
		return t, false, r.err
	}
	t.seed = r.integer(colSeed)
	if r.blob(colRaw) != nil {
		t.full, err = s.trial(of.c, row)
		return t, true, err
	}
	t.epochs, t.flops, t.params = r.integer(colEpochs), r.number(colFLOPs).Value, r.number(colParams).Value
	t.read(&r, data.Train, of.only)
	for _, set := range storeSets {
		t.read(&r, set, of.only)
	}
	if t.epochs < 0 || t.epochs > maxEpochs {
		return t, true, fmt.Errorf("%d epochs, want 0 to %d", t.epochs, maxEpochs)
	}
	return t, true, r.err
}

// read reads the columns of a set.
func (t *lastTrial) read(r *rowReader, set, only data.Set) {
	m := &t.sets[set]
	for _, i := range finalsOf(set, only) {
		*[]*Number{&m.loss, &m.top1, &m.seconds, &m.total}[i] = r.number(finalColumn(set) + i)
	}
	if set == data.Train || m.top1.OK {
		t.times = append(t.times, Times{set, m.total, m.total})
	}
}

// finalsOf says which of a set's columns are needed: the top-1 accuracy and the
// total of the seconds tell what there is of the others.
func finalsOf(set, only data.Set) []int {
	if only == 0 || only == set {
		return []int{0, 1, 2, 3}
	}
	return []int{1, 3}
}

// readAhead brings the columns that lastTrials reads into the cache, on all
// processors. What fails will fail again where it is wanted.
func (s *store) readAhead(only data.Set) {
	wanted := []int{colDataset, colSeed, colRaw, colEpochs, colFLOPs, colParams}
	for _, set := range append([]data.Set{data.Train}, storeSets[:]...) {
		for _, i := range finalsOf(set, only) {
			wanted = append(wanted, finalColumn(set)+i)
		}
	}
	groups := len(s.groups) - 1
	parallel.For(groups*len(wanted), func(_, item int) {
		g, column := item/len(wanted), wanted[item%len(wanted)]
		c := columns{s: s, group: g}
		for row := s.groups[g]; row < s.groups[g+1]; {
			page, _, err := c.at(column, row)
			if err != nil {
				return
			}
			row = s.groups[g] + page.first + int64(page.rows)
		}
	})
}
