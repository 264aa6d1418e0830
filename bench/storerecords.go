package bench

import (
	"fmt"
	"iter"
	"strings"

	"cellnet/data"
	"cellnet/internal/pickle/unpickle"
)

// parts says what of a trial is wanted besides which one it is, its network, its
// cost and its sets.
type parts uint8

const (
	latencies parts = 1 << iota
	scores          // losses and accuracies
	seconds
	allParts = latencies | scores | seconds
)

// curves reads the curves that are wanted, from a set's columns of curves on.
func (r *rowReader) curves(column int, want parts) (loss, top1, times Curve) {
	if want&scores != 0 {
		loss, top1 = r.curve(column), r.curve(column+1)
	}
	if want&seconds != 0 {
		times = r.curve(column + 2)
	}
	return loss, top1, times
}

// trial reads the wanted parts of the record of a row.
func (s *store) trial(c *columns, row int64, want parts) (*Trial, error) {
	r := &rowReader{c: c, row: row}
	name := r.text(colDataset)
	if r.err != nil {
		return nil, r.err
	}
	d, err := data.ParseDataset(name)
	if err != nil {
		return nil, err
	}
	seed, arch := r.integer(colSeed), r.text(colArch)
	if raw := r.blob(colRaw); raw != nil {
		return rawTrial(d, seed, arch, raw)
	}
	t := &Trial{
		Dataset: d, Seed: seed, Epochs: r.integer(colEpochs),
		Net: NetConfig{
			Channels: r.integer(colChannels), Cells: r.integer(colCells), Arch: arch,
			Genotype: r.text(colGenotype), Classes: r.integer(colClasses),
		},
		Params: r.number(colParams).Value, FLOPs: r.number(colFLOPs).Value,
		HasWeights: r.integer(colHasWeights) != 0,
	}
	if want&latencies != 0 {
		t.Latency = r.curve(colLatency).Values
	}
	t.Train.Loss, t.Train.Top1, t.Train.Seconds = r.curves(colTrainCurve, want)
	if want&scores != 0 {
		t.Train.Top5 = r.curve(colTrainTop5Curve)
	}
	sets, spelled := r.texts(colSets), r.text(colSpelling)
	if r.err != nil {
		return nil, r.err
	}
	if t.Epochs < 0 || t.Epochs > maxEpochs {
		return nil, fmt.Errorf("%d epochs, want 0 to %d", t.Epochs, maxEpochs)
	}
	for _, name := range sets {
		set, err := data.ParseSet(name)
		if err != nil || set == data.Train {
			return nil, fmt.Errorf("evaluation set %.20q", name)
		}
		e := Eval{Set: set}
		e.Loss, e.Top1, e.Seconds = r.curves(curveColumn(set), want)
		t.Evals = append(t.Evals, e)
	}
	if t.spelling, err = parseSpelling(spelled); err != nil {
		return nil, err
	}
	return t, r.err
}

// rawTrial makes the record of a trial that was kept as a pickle.
func rawTrial(d data.Dataset, seed int, arch string, raw []byte) (*Trial, error) {
	var p unpickle.Decoder
	v, _, err := p.Pickle(strings.NewReader(string(raw)))
	if err != nil {
		return nil, err
	}
	var b builder
	t, err := b.trial(d, seed, arch, v)
	if err == nil {
		t.raw = raw
	}
	return t, err
}

func (s *store) arch(index int) (*Arch, error) {
	i, ok := s.byIdx[index]
	if !ok {
		return nil, errNotStored
	}
	place := s.places[i]
	return s.archAt(s.group(place.row), place)
}

// hps lists the recipes of an architecture that is there.
func (s *store) hps(index int) []HP {
	var hps []HP
	for _, run := range s.places[s.byIdx[index]].runs {
		hps = append(hps, run.hp)
	}
	return hps
}

// archAt reads the record of an architecture from the columns of its row group.
func (s *store) archAt(c *columns, place storeArch) (*Arch, error) {
	a := &Arch{Index: place.index, ordered: place.ordered}
	row := place.row
	for _, run := range place.runs {
		r := &Results{Index: place.index, Cleared: run.cleared}
		for i := range run.trials {
			if i == 0 {
				first := rowReader{c: c, row: row}
				if r.Arch = first.text(colArch); first.err != nil {
					return nil, archError(place.index, first.err)
				}
			}
			t, err := s.trial(c, row, allParts)
			if err != nil {
				return nil, archError(place.index, err)
			}
			r.Trials = append(r.Trials, t)
			row++
		}
		if err := s.finish(a, r, run.hp); err != nil {
			return nil, archError(place.index, err)
		}
		a.Set(run.hp, r)
	}
	return a, nil
}

// finish adds to results what their trials do not say.
func (s *store) finish(a *Arch, r *Results, hp HP) error {
	odd, err := s.odd()
	if err != nil {
		return err
	}
	if raw, ok := odd[oddKey(a.Index, hp)]; ok {
		if err := r.takeHead(raw); err != nil {
			return err
		}
		a.Name = r.Arch
		return nil
	}
	if len(r.Trials) == 0 {
		return fmt.Errorf("recipe %v: metadata %s has nothing on it", hp, metaOdd)
	}
	r.Seeds = seedsOf(r.Trials)
	a.Name = r.Arch
	return nil
}

// takeHead takes what the pickle of a record without trials says.
func (r *Results) takeHead(raw []byte) error {
	var p unpickle.Decoder
	v, _, err := p.Pickle(strings.NewReader(string(raw)))
	if err != nil {
		return err
	}
	var b builder
	head, err := b.results(r.Index, v)
	if err != nil {
		return err
	}
	head.Trials, head.raw = r.Trials, raw
	*r = *head
	return nil
}

func (s *store) all() iter.Seq2[*Arch, error] {
	return inOrder(len(s.order), func(i int) (*Arch, error) { return s.arch(s.order[i]) })
}
