package store

import (
	"errors"
	"slices"

	"cellnet/bench/internal/source"
	"cellnet/bench/record"
	"cellnet/data"

	"github.com/parquet-go/parquet-go"
)

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

// value writes a value of a column that has one in every row.
func (c *rowWriter) value(column int, v parquet.Value) { c.put(column, v.Level(0, 0, column)) }

func (c *rowWriter) text(column int, s string) {
	c.value(column, parquet.ByteArrayValue([]byte(s)))
}

func (c *rowWriter) number(column int, n record.Number) {
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
func (c *rowWriter) curve(column int, v record.Curve) {
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

// set writes a set's numbers of the last epoch and its curves.
func (c *rowWriter) set(set data.Set, loss, top1, seconds record.Curve, last int) {
	final := finalColumn(set)
	c.number(final, loss.NumberAt(last))
	c.number(final+1, top1.NumberAt(last))
	lastSeconds, total := seconds.Elapsed(last)
	c.number(final+2, lastSeconds)
	c.number(final+3, total)
	curve := curveColumn(set)
	c.curve(curve, loss)
	c.curve(curve+1, top1)
	c.curve(curve+2, seconds)
}

// finalNumbers gives the numbers that set writes of the last epoch; without details
// those that tell what there is.
func (r *rowReader) finalNumbers(set data.Set, details bool) (s record.SetSnapshot) {
	final := finalColumn(set)
	if details {
		s.Loss, s.Seconds = r.number(final), r.number(final+2)
	}
	s.Accuracy, s.Total = r.number(final+1), r.number(final+3)
	s.Recorded, s.Timed = set == data.Train || s.Accuracy.OK, s.Total.OK
	return s
}

// finalColumns lists the columns that finalNumbers reads.
func finalColumns(set data.Set, details bool) []int {
	final := finalColumn(set)
	if details {
		return []int{final, final + 1, final + 2, final + 3}
	}
	return []int{final + 1, final + 3}
}

// setCurves reads the curves that set writes, as far as they are wanted.
func (r *rowReader) setCurves(set data.Set, want source.Parts) (loss, top1, seconds record.Curve) {
	curve := curveColumn(set)
	if want&source.Scores != 0 {
		loss, top1 = r.curve(curve), r.curve(curve+1)
	}
	if want&source.Seconds != 0 {
		seconds = r.curve(curve + 2)
	}
	return loss, top1, seconds
}

// rowReader reads the columns of one row. err is the first error met.
type rowReader struct {
	c   *cursor
	row int64
	err error
}

func (r *rowReader) at(column int) (*columnPage, int) {
	if r.err == nil {
		var p *columnPage
		var i int
		if p, i, r.err = r.c.at(column, r.row); r.err == nil {
			return p, i
		}
	}
	return &columnPage{ints: []int64{0}, numbers: []float64{0}, missing: []bool{true}, texts: []string{""}, lists: [][]string{nil}, curves: []record.Curve{{}}, blobs: [][]byte{nil}}, 0
}

// errMoved says that the index of architectures tells nothing about the rows.
var errMoved = errors.New("the store is not as it was written: its rows were moved or changed by another program: import the published file again")

// want makes sure that the row is of an architecture and a recipe. The index tells
// where their rows are, and programs that write the table anew keep it as it was.
func (r *rowReader) want(index int, hp record.HP) error {
	if of, by := r.integer(colArchIndex), r.integer(colHP); r.err == nil && (of != index || by != int(hp)) {
		r.err = errMoved
	}
	return r.err
}

func (r *rowReader) integer(column int) int          { p, i := r.at(column); return int(p.ints[i]) }
func (r *rowReader) number(column int) record.Number { p, i := r.at(column); return p.number(i) }
func (r *rowReader) text(column int) string          { p, i := r.at(column); return p.texts[i] }
func (r *rowReader) textList(column int) []string    { p, i := r.at(column); return p.lists[i] }
func (r *rowReader) curve(column int) record.Curve   { p, i := r.at(column); return p.curves[i] }
func (r *rowReader) blob(column int) []byte          { p, i := r.at(column); return p.blobs[i] }
