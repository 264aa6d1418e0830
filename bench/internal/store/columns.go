package store

import (
	"fmt"
	"sort"
	"strings"

	"github.com/parquet-go/parquet-go"
)

// chunk is a column of a row group.
type chunk struct {
	parquet.ColumnChunk
	dictionary int64 // offset in the file, or 0
	offsets    parquet.OffsetIndex
}

// chunk gives a column of a row group, whose index of pages is read once.
func (s *reader) chunk(group, number int) (*chunk, error) {
	place := &s.chunks[group*numColumns+number]
	if c := place.Load(); c != nil {
		return c, nil
	}
	meta := &s.file.Metadata().RowGroups[group].Columns[number]
	if err := checkOffsets(s.r, meta); err != nil {
		return nil, err
	}
	c := &chunk{s.file.RowGroups()[group].ColumnChunks()[number], meta.MetaData.DictionaryPageOffset, nil}
	var err error
	if c.offsets, err = c.OffsetIndex(); err != nil {
		return nil, err
	}
	place.Store(c)
	return c, nil
}

// cursor stands in the columns of a row group, each at the page that was used last.
type cursor struct {
	s     *reader
	group int
	pages [numColumns]*columnPage
}

// cursorAt gives a cursor in the row group that has a row.
func (s *reader) cursorAt(row int64) *cursor {
	g := sort.Search(len(s.groups), func(i int) bool { return s.groups[i] > row }) - 1
	return &cursor{s: s, group: g}
}

// at gives the page of a column with a row of the whole store, and the row's
// place in it.
func (c *cursor) at(number int, row int64) (*columnPage, int, error) {
	row -= c.s.groups[c.group]
	page := c.pages[number]
	if page == nil || row < page.first || row >= page.first+int64(page.rows) {
		var err error
		if page, err = c.s.page(c.group, number, row); err != nil {
			return nil, 0, fmt.Errorf("column %s: %w", strings.Join(c.s.file.Schema().Columns()[number], "."), err)
		}
		c.pages[number] = page
	}
	return page, int(row - page.first), nil
}

// page gives the page of a column of a row group with a row of the group.
func (s *reader) page(group, number int, row int64) (page *columnPage, err error) {
	defer func() {
		if r := recover(); r != nil {
			page, err = nil, fmt.Errorf("%w: %v", errPage, r)
		}
	}()
	c, err := s.chunk(group, number)
	if err != nil {
		return nil, err
	}
	i := sort.Search(c.offsets.NumPages(), func(i int) bool { return c.offsets.FirstRowIndex(i) > row }) - 1
	if i < 0 {
		return nil, errPage
	}
	key := pageKey{group, number, i}
	page, ok := s.cache.Get(key)
	if !ok {
		// Two goroutines that want the same page at once may both read it.
		if page, err = s.readPage(c, number, i); err != nil {
			return nil, err
		}
		s.cache.Put(key, page, page.bytes)
	}
	if row >= page.first+int64(page.rows) {
		return nil, errPage
	}
	return page, nil
}

// readPage checks and reads a page of a column.
func (s *reader) readPage(c *chunk, number, i int) (*columnPage, error) {
	if c.dictionary != 0 {
		if err := checkPage(s.r, s.size, c.dictionary); err != nil {
			return nil, err
		}
	}
	if err := checkPage(s.r, s.size, c.offsets.Offset(i)); err != nil {
		return nil, err
	}
	return readPage(c, s.columns[number], c.offsets.FirstRowIndex(i))
}
