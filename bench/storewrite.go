package bench

import (
	"fmt"
	"slices"

	"cellnet/data"

	"github.com/parquet-go/parquet-go"
)

// row writes a trial, a value or list for every column.
func (w *storeWriter) row(a *Arch, hp HP, r *Results, t *Trial) error {
	c := rowWriter{columns: w.w.ColumnWriters(), buf: w.buf}
	c.integer(colArchIndex, parquet.Int32Value(int32(a.Index)))
	c.text(colArch, r.Arch)
	c.integer(colHP, parquet.Int32Value(int32(hp)))
	c.text(colDataset, t.Dataset.String())
	c.integer(colSeed, parquet.Int64Value(int64(t.Seed)))
	c.integer(colEpochs, parquet.Int32Value(int32(t.Epochs)))
	c.integer(colChannels, parquet.Int64Value(int64(t.Net.Channels)))
	c.integer(colCells, parquet.Int64Value(int64(t.Net.Cells)))
	c.text(colGenotype, t.Net.Genotype)
	c.integer(colClasses, parquet.Int64Value(int64(t.Net.Classes)))
	c.integer(colFLOPs, parquet.DoubleValue(t.FLOPs))
	c.integer(colParams, parquet.DoubleValue(t.Params))
	c.list(colLatency, t.Latency)
	names := make([]string, len(t.Evals))
	for i, e := range t.Evals {
		names[i] = e.Set.String()
	}
	c.texts(colSets, names)

	last := t.Epochs - 1
	c.finals(finalColumn(data.Train), t.Train.Loss, t.Train.Top1, t.Train.Seconds, last)
	top5, ok := t.Train.Top5.At(last)
	c.number(colTrainTop5, Number{top5, ok})
	c.curve(colTrainCurve, t.Train.Loss)
	c.curve(colTrainCurve+1, t.Train.Top1)
	c.curve(colTrainCurve+2, t.Train.Seconds)
	c.curve(colTrainTop5Curve, t.Train.Top5)
	for _, set := range storeSets {
		var e Eval
		if found, ok := t.Eval(set); ok {
			e = *found
		}
		c.finals(finalColumn(set), e.Loss, e.Top1, e.Seconds, last)
		c.curve(curveColumn(set), e.Loss)
		c.curve(curveColumn(set)+1, e.Top1)
		c.curve(curveColumn(set)+2, e.Seconds)
	}

	c.integer(colHasWeights, parquet.BooleanValue(t.HasWeights))
	c.text(colSpelling, t.spelling.String())
	switch raw, err := t.storedRaw(r.Arch); {
	case err != nil:
		return err
	case raw == nil:
		c.put(colRaw, parquet.NullValue().Level(0, 0, colRaw))
	default:
		c.put(colRaw, parquet.ByteArrayValue(raw).Level(0, 1, colRaw))
	}
	w.buf = c.buf
	return c.err
}

// storedRaw gives the pickle of a trial that the other columns do not describe,
// among the results of an architecture's string.
func (t *Trial) storedRaw(arch string) ([]byte, error) {
	raw := t.raw
	if raw == nil && (!t.regular() || t.Net.Arch != arch) {
		c := *t
		c.weights = nil
		state, err := c.state()
		if err != nil {
			return nil, err
		}
		if raw, err = pickled(state); err != nil {
			return nil, err
		}
	}
	if len(raw) > maxPage/2 {
		return nil, fmt.Errorf("its record of %d bytes is too large for a store", len(raw))
	}
	return raw, nil
}

// storedRaw gives the pickle of results that their trials do not describe.
func (r *Results) storedRaw(index int) ([]byte, error) {
	if r.raw != nil || r.usual(index) {
		return r.raw, nil
	}
	c := *r
	c.Trials = nil
	state, err := c.state()
	if err != nil {
		return nil, err
	}
	return pickled(state)
}

// rowWriter writes the columns of a row. err is the first error met.
type rowWriter struct {
	columns []*parquet.ColumnWriter
	buf     []parquet.Value
	err     error
}

func (c *rowWriter) put(column int, values ...parquet.Value) {
	if c.err == nil {
		_, c.err = c.columns[column].WriteRowValues(values)
	}
}

// integer writes a value of a column that has one in every row.
func (c *rowWriter) integer(column int, v parquet.Value) { c.put(column, v.Level(0, 0, column)) }

func (c *rowWriter) text(column int, s string) {
	c.integer(column, parquet.ByteArrayValue([]byte(s)))
}

func (c *rowWriter) number(column int, n Number) {
	if n.OK {
		c.put(column, parquet.DoubleValue(n.Value).Level(0, 1, column))
	} else {
		c.put(column, parquet.NullValue().Level(0, 0, column))
	}
}

// list writes the values of an optional list, which is null if values is nil.
func (c *rowWriter) list(column int, values []float64) {
	c.buf = c.buf[:0]
	for i, v := range values {
		c.buf = append(c.buf, parquet.DoubleValue(v).Level(min(i, 1), 2, column))
	}
	if len(values) == 0 {
		null := 0
		if values != nil {
			null = 1
		}
		c.buf = append(c.buf, parquet.NullValue().Level(0, null, column))
	}
	c.put(column, c.buf...)
}

func (c *rowWriter) texts(column int, values []string) {
	c.buf = c.buf[:0]
	for i, s := range values {
		c.buf = append(c.buf, parquet.ByteArrayValue([]byte(s)).Level(min(i, 1), 1, column))
	}
	if len(values) == 0 {
		c.buf = append(c.buf, parquet.NullValue().Level(0, 0, column))
	}
	c.put(column, c.buf...)
}

// curve writes a value for each epoch up to the last that has one.
func (c *rowWriter) curve(column int, v Curve) {
	c.buf = c.buf[:0]
	if v.Epochs != nil {
		for epoch := range slices.Max(append([]int{-1}, v.Epochs...)) + 1 {
			c.buf = append(c.buf, parquet.NullValue().Level(min(epoch, 1), 2, column))
		}
	}
	for i, value := range v.Values {
		if v.Epochs == nil {
			c.buf = append(c.buf, parquet.DoubleValue(value).Level(min(i, 1), 3, column))
		} else {
			epoch := v.Epochs[i]
			c.buf[epoch] = parquet.DoubleValue(value).Level(min(epoch, 1), 3, column)
		}
	}
	if len(c.buf) == 0 {
		c.buf = append(c.buf, parquet.NullValue().Level(0, 0, column))
	}
	c.put(column, c.buf...)
}

// finals writes a set's numbers of the last epoch.
func (c *rowWriter) finals(column int, loss, top1, seconds Curve, last int) {
	at := func(v Curve) Number {
		value, ok := v.At(last)
		return Number{value, ok}
	}
	c.number(column, at(loss))
	c.number(column+1, at(top1))
	var lastSeconds, total Number
	if upto, ok := seconds.Upto(last); ok && last >= 0 {
		lastSeconds, total = number(upto[last]), number(plainSum(upto))
	}
	c.number(column+2, lastSeconds)
	c.number(column+3, total)
}
