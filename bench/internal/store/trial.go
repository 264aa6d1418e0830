package store

import (
	"fmt"

	"cellnet/bench/internal/published"
	"cellnet/bench/internal/source"
	"cellnet/bench/record"
	"cellnet/data"

	"github.com/parquet-go/parquet-go"
)

// trial writes a trial among the results of an architecture's string: a value or
// list for every column.
func (c *rowWriter) trial(index int, hp record.HP, archString string, t *record.Trial) error {
	c.value(colArchIndex, parquet.Int32Value(int32(index)))
	c.text(colArch, archString)
	c.value(colHP, parquet.Int32Value(int32(hp)))
	c.text(colDataset, t.Dataset.String())
	c.value(colSeed, parquet.Int64Value(int64(t.Seed)))
	c.value(colEpochs, parquet.Int32Value(int32(t.Epochs)))
	c.value(colChannels, parquet.Int64Value(int64(t.Net.Channels)))
	c.value(colCells, parquet.Int64Value(int64(t.Net.Cells)))
	c.text(colGenotype, t.Net.Genotype)
	c.value(colClasses, parquet.Int64Value(int64(t.Net.Classes)))
	c.value(colFLOPs, parquet.DoubleValue(t.FLOPs))
	c.value(colParams, parquet.DoubleValue(t.Params))
	c.list(colLatency, t.Latency)
	sets := make([]string, len(t.Evals))
	for i, e := range t.Evals {
		sets[i] = e.Set.String()
	}
	c.texts(colSets, sets)

	last := t.Epochs - 1
	c.set(data.Train, t.Train.Loss, t.Train.Top1, t.Train.Seconds, last)
	c.number(colTrainTop5, t.Train.Top5.NumberAt(last))
	c.curve(colTrainTop5Curve, t.Train.Top5)
	for _, set := range evaluationSets {
		var e record.Eval
		if found, ok := t.Eval(set); ok {
			e = *found
		}
		c.set(set, e.Loss, e.Top1, e.Seconds, last)
	}

	c.value(colHasWeights, parquet.BooleanValue(t.HasWeights))
	c.text(colDialect, t.Dialect.String())
	switch verbatim, err := verbatimOf(t, archString); {
	case err != nil:
		return err
	case verbatim == nil:
		c.put(colRaw, parquet.NullValue().Level(0, 0, colRaw))
	default:
		c.put(colRaw, parquet.ByteArrayValue(verbatim).Level(0, 1, colRaw))
	}
	return c.err
}

// verbatimOf gives the pickle of a trial that the other columns do not describe.
func verbatimOf(t *record.Trial, archString string) ([]byte, error) {
	if t.Dialect.Verbatim == nil && t.LastEpochTellsAll() && t.Net.ArchString == archString {
		return nil, nil
	}
	verbatim, err := published.EncodeTrial(t)
	if err == nil && len(verbatim) > maxPage/2 {
		err = fmt.Errorf("its record of %d bytes is too large for a store", len(verbatim))
	}
	return verbatim, err
}

// trial reads the wanted parts of the trial of a row.
func (s *reader) trial(c *cursor, row int64, want source.Parts) (*record.Trial, error) {
	r := &rowReader{c: c, row: row}
	name := r.text(colDataset)
	if r.err != nil {
		return nil, r.err
	}
	d, err := data.ParseDataset(name)
	if err != nil {
		return nil, err
	}
	t := &record.Trial{Dataset: d, Seed: r.integer(colSeed), Net: record.NetConfig{ArchString: r.text(colArch)}}
	if verbatim := r.blob(colRaw); verbatim != nil {
		return published.DecodeTrial(*t, verbatim)
	}
	t.Epochs, t.Params, t.FLOPs = r.integer(colEpochs), r.number(colParams).Value, r.number(colFLOPs).Value
	t.Net.Channels, t.Net.Cells, t.Net.Classes = r.integer(colChannels), r.integer(colCells), r.integer(colClasses)
	t.Net.Genotype, t.HasWeights = r.text(colGenotype), r.integer(colHasWeights) != 0
	if want&source.Latencies != 0 {
		t.Latency = r.curve(colLatency).Values
	}
	t.Train.Loss, t.Train.Top1, t.Train.Seconds = r.setCurves(data.Train, want)
	if want&source.Scores != 0 {
		t.Train.Top5 = r.curve(colTrainTop5Curve)
	}
	sets, dialect := r.textList(colSets), r.text(colDialect)
	if r.err != nil {
		return nil, r.err
	}
	if err := checkEpochs(t.Epochs); err != nil {
		return nil, err
	}
	for _, name := range sets {
		set, err := data.ParseSet(name)
		if err != nil || set == data.Train {
			return nil, fmt.Errorf("evaluation set %.20q", name)
		}
		e := record.Eval{Set: set}
		e.Loss, e.Top1, e.Seconds = r.setCurves(set, want)
		t.Evals = append(t.Evals, e)
	}
	if t.Dialect, err = record.ParseDialect(dialect); err != nil {
		return nil, err
	}
	return t, r.err
}

// snapshot reads the columns of the last epoch of a row.
func (s *reader) snapshot(c *cursor, row int64, only data.Set) (t record.Snapshot, err error) {
	r := rowReader{c: c, row: row}
	if r.blob(colRaw) != nil {
		full, err := s.trial(c, row, source.AllParts)
		if err != nil {
			return t, err
		}
		return full.Snapshot(record.Epoch{}), nil
	}
	t.Seed, t.Epochs = r.integer(colSeed), r.integer(colEpochs)
	t.FLOPs, t.Params = r.number(colFLOPs).Value, r.number(colParams).Value
	for set := data.Train; set <= data.OriTest; set++ {
		t.Sets[set] = r.finalNumbers(set, wantsDetails(set, only))
	}
	if err := checkEpochs(t.Epochs); err != nil {
		return t, err
	}
	return t, r.err
}

// snapshotColumns lists the columns that snapshot reads.
func snapshotColumns(only data.Set) []int {
	wanted := []int{colArchIndex, colHP, colDataset, colSeed, colRaw, colEpochs, colFLOPs, colParams}
	for set := data.Train; set <= data.OriTest; set++ {
		wanted = append(wanted, finalColumns(set, wantsDetails(set, only))...)
	}
	return wanted
}

func wantsDetails(set, only data.Set) bool { return only == 0 || only == set }

func checkEpochs(epochs int) error {
	if epochs < 0 || epochs > record.MaxEpochs {
		return fmt.Errorf("%d epochs, want 0 to %d", epochs, record.MaxEpochs)
	}
	return nil
}
