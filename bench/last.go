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

func (t lastTrial) seedOf() int { return t.seed }

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
func (r *lastReader) trials(index int, d data.Dataset, hp HP) ([]lastTrial, error) {
	if s, ok := r.b.from.(*store); ok && !r.b.isChanged(index) {
		if err := r.b.checkAccess(index); err != nil {
			return nil, err
		}
		trials, known, err := s.lastTrials(r, index, d, hp)
		if known || err != nil {
			r.b.noteAsked(index)
			return trials, err
		}
	}
	results, err := r.b.Results(index, hp)
	if err != nil {
		return nil, err
	}
	full, err := results.On(d)
	trials := make([]lastTrial, len(full))
	for i, t := range full {
		trials[i] = lastTrial{full: t, costed: costed{seed: t.Seed}}
	}
	return trials, err
}

// lastTrials reads the columns of the last epoch of the trials that rowsOn finds.
func (s *store) lastTrials(r *lastReader, index int, d data.Dataset, hp HP) (trials []lastTrial, known bool, err error) {
	rows, known, err := s.rowsOn(&r.c, index, d, hp)
	for _, row := range rows {
		t, err := s.lastTrial(r, row)
		if err != nil {
			return nil, false, archError(index, err)
		}
		trials = append(trials, t)
	}
	return trials, known, err
}

// lastTrial reads the columns of the last epoch of a row.
func (s *store) lastTrial(of *lastReader, row int64) (t lastTrial, err error) {
	r := rowReader{c: of.c, row: row}
	t.seed = r.integer(colSeed)
	if r.blob(colRaw) != nil {
		t.full, err = s.trial(of.c, row, allParts)
		return t, err
	}
	t.epochs, t.flops, t.params = r.integer(colEpochs), r.number(colFLOPs).Value, r.number(colParams).Value
	t.read(&r, data.Train, of.only)
	for _, set := range storeSets {
		t.read(&r, set, of.only)
	}
	if t.epochs < 0 || t.epochs > maxEpochs {
		return t, fmt.Errorf("%d epochs, want 0 to %d", t.epochs, maxEpochs)
	}
	return t, r.err
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
