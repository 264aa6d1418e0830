package bench

import (
	"fmt"
	"sort"
	"strings"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// column is a column of a row group, at some page.
type column struct {
	meta    *format.ColumnChunk
	chunk   parquet.ColumnChunk
	offsets parquet.OffsetIndex
	page    *columnPage
}

// columns are the columns of a row group.
type columns struct {
	s     *store
	group int
	all   [numColumns]column
}

// group gives the columns of the row group that has a row.
func (s *store) group(row int64) *columns {
	g := sort.Search(len(s.groups), func(i int) bool { return s.groups[i] > row }) - 1
	return &columns{s: s, group: g}
}

// at gives the page of a column with a row of the whole store, and the row's
// place in it.
func (c *columns) at(number int, row int64) (*columnPage, int, error) {
	col := &c.all[number]
	row -= c.s.groups[c.group]
	if col.page == nil || row < col.page.first || row >= col.page.first+int64(col.page.rows) {
		if err := c.turn(col, number, row); err != nil {
			return nil, 0, fmt.Errorf("column %s: %w", strings.Join(c.s.file.Schema().Columns()[number], "."), err)
		}
	}
	return col.page, int(row - col.page.first), nil
}

// turn brings a column to the page with a row.
func (c *columns) turn(col *column, number int, row int64) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %v", errPage, r)
		}
	}()
	if col.chunk == nil {
		col.meta = &c.s.file.Metadata().RowGroups[c.group].Columns[number]
		if err := checkOffsets(c.s.r, col.meta); err != nil {
			return err
		}
		col.chunk = c.s.file.RowGroups()[c.group].ColumnChunks()[number]
		if col.offsets, err = col.chunk.OffsetIndex(); err != nil {
			return err
		}
	}
	n := col.offsets.NumPages()
	page := sort.Search(n, func(i int) bool { return col.offsets.FirstRowIndex(i) > row }) - 1
	if page < 0 {
		return errPage
	}
	first := col.offsets.FirstRowIndex(page)
	col.page, err = c.s.cache.get(pageKey{c.group, number, page}, func() (*columnPage, error) {
		if at := col.meta.MetaData.DictionaryPageOffset; at != 0 {
			if err := checkPage(c.s.r, c.s.size, at); err != nil {
				return nil, err
			}
		}
		if err := checkPage(c.s.r, c.s.size, col.offsets.Offset(page)); err != nil {
			return nil, err
		}
		return readPage(col.chunk, number, first)
	})
	if err == nil && row >= first+int64(col.page.rows) {
		err = errPage
	}
	return err
}

// rowReader reads the columns of one row. err is the first error met.
type rowReader struct {
	c   *columns
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
	return &columnPage{ints: []int64{0}, numbers: []Number{{}}, texts: []string{""}, lists: [][]string{nil}, curves: []Curve{{}}, blobs: [][]byte{nil}}, 0
}

func (r *rowReader) integer(column int) int    { p, i := r.at(column); return int(p.ints[i]) }
func (r *rowReader) number(column int) Number  { p, i := r.at(column); return p.numbers[i] }
func (r *rowReader) text(column int) string    { p, i := r.at(column); return p.texts[i] }
func (r *rowReader) texts(column int) []string { p, i := r.at(column); return p.lists[i] }
func (r *rowReader) curve(column int) Curve    { p, i := r.at(column); return p.curves[i] }
func (r *rowReader) blob(column int) []byte    { p, i := r.at(column); return p.blobs[i] }
