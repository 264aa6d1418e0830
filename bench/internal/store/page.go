package store

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"cellnet/bench/record"

	"github.com/parquet-go/parquet-go"
)

// columnPage is a decoded page of a store's column. Of its slices the one that
// fits the column has an element for each row.
type columnPage struct {
	first   int64 // row of the row group
	rows    int
	ints    []int64
	numbers []float64
	missing []bool // of numbers; nil if all are there
	texts   []string
	lists   [][]string
	curves  []record.Curve
	blobs   [][]byte
	bytes   int // of memory, about
}

var errPage = errors.New("a page of the store is broken")

// decodePage reads the values of a page.
func decodePage(of column, first int64, page parquet.Page) (*columnPage, error) {
	p := &columnPage{first: first, rows: int(page.NumRows())}
	switch of.kind {
	case curves:
		return p, p.readCurves(of.level, page)
	case numbers:
		return p, p.readNumbers(page)
	}
	values := make([]parquet.Value, page.NumValues())
	for n, r := 0, page.Values(); n < len(values); {
		k, err := r.ReadValues(values[n:])
		if n += k; n < len(values) && (err != nil || k == 0) {
			return nil, fmt.Errorf("%w: %w", errPage, err)
		}
	}
	if of.kind == textLists {
		return p, p.readLists(values)
	}
	if len(values) != p.rows {
		return nil, errPage
	}
	switch of.kind {
	case texts:
		p.readTexts(values)
	case blobs:
		p.readBlobs(values)
	default:
		p.readInts(values)
	}
	return p, nil
}

// readNumbers reads a column of numbers, which has no definition levels if all
// of them are there.
func (p *columnPage) readNumbers(page parquet.Page) error {
	data := page.Data()
	values := data.Double()
	levels := page.DefinitionLevels()
	if levels == nil || len(values) == p.rows {
		if len(values) != p.rows {
			return errPage
		}
		p.numbers, p.bytes = slices.Clone(values), 8*p.rows
		return nil
	}
	if len(levels) != p.rows {
		return errPage
	}
	p.numbers, p.missing, p.bytes = make([]float64, p.rows), make([]bool, p.rows), 9*p.rows
	for i, level := range levels {
		if level == 0 {
			p.missing[i] = true
			continue
		}
		if len(values) == 0 {
			return errPage
		}
		p.numbers[i], values = values[0], values[1:]
	}
	return nil
}

func (p *columnPage) number(i int) record.Number {
	if p.missing != nil && p.missing[i] {
		return record.Number{}
	}
	return record.NumberOf(p.numbers[i])
}

func (p *columnPage) readInts(values []parquet.Value) {
	p.ints = make([]int64, len(values))
	for i, v := range values {
		switch v.Kind() {
		case parquet.Boolean:
			if v.Boolean() {
				p.ints[i] = 1
			}
		case parquet.Int32:
			p.ints[i] = int64(v.Int32())
		default:
			p.ints[i] = v.Int64()
		}
	}
	p.bytes = 8 * len(values)
}

func (p *columnPage) readTexts(values []parquet.Value) {
	p.texts = make([]string, len(values))
	p.bytes = 16 * len(values)
	for i, v := range values {
		text := v.ByteArray()
		if i > 0 && p.texts[i-1] == string(text) {
			p.texts[i] = p.texts[i-1]
			continue
		}
		p.texts[i] = string(text)
		p.bytes += len(text)
	}
}

func (p *columnPage) readBlobs(values []parquet.Value) {
	p.blobs = make([][]byte, len(values))
	p.bytes = 24 * len(values)
	for i, v := range values {
		if !v.IsNull() {
			p.blobs[i] = append([]byte{}, v.ByteArray()...)
			p.bytes += len(p.blobs[i])
		}
	}
}

// rowsOf calls f with the values of each row of a repeated column.
func (p *columnPage) rowsOf(values []parquet.Value, f func(row int, values []parquet.Value)) error {
	row := 0
	for start := 0; start < len(values); row++ {
		end := start + 1
		for end < len(values) && values[end].RepetitionLevel() != 0 {
			end++
		}
		if row == p.rows {
			return errPage
		}
		f(row, values[start:end])
		start = end
	}
	if row != p.rows {
		return errPage
	}
	return nil
}

func (p *columnPage) readLists(values []parquet.Value) error {
	p.lists = make([][]string, p.rows)
	p.bytes = 24*p.rows + 16*len(values)
	seen := map[string]string{}
	return p.rowsOf(values, func(row int, values []parquet.Value) {
		for _, v := range values {
			if v.IsNull() {
				continue
			}
			text, ok := seen[string(v.ByteArray())]
			if !ok {
				text = string(v.ByteArray())
				seen[text] = text
			}
			p.lists[row] = append(p.lists[row], text)
		}
	})
}

// readCurves reads lists of numbers, the nulls among which are epochs without a
// value. A value that is there has the column's highest definition level, one
// that is null the level below it, and a list that is empty or null another.
func (p *columnPage) readCurves(highest byte, page parquet.Page) error {
	starts, levels := page.RepetitionLevels(), page.DefinitionLevels()
	data := page.Data()
	values := slices.Clone(data.Double()) // the page's memory is used again
	if len(starts) != len(levels) {
		return errPage
	}
	p.curves = make([]record.Curve, 0, p.rows)
	p.bytes = 48*p.rows + 8*len(values)
	for i := 0; i < len(levels); {
		end := i + 1
		for end < len(levels) && starts[end] != 0 {
			end++
		}
		list := levels[i:end]
		i = end
		n := bytes.Count(list, []byte{highest})
		if n > len(values) || len(p.curves) == p.rows {
			return errPage
		}
		c := record.Curve{Values: values[:n:n]}
		values = values[n:]
		switch {
		case n == 0 && (highest > 2 || list[0] == 0):
			c.Values = nil
		case n < len(list) && n > 0:
			c.Epochs = make([]int, 0, n)
			for epoch, level := range list {
				if level == highest {
					c.Epochs = append(c.Epochs, epoch)
				}
			}
			p.bytes += 8 * n
		}
		p.curves = append(p.curves, c)
	}
	if len(p.curves) != p.rows {
		return errPage
	}
	return nil
}

// readPage reads a page of a column's chunk, the first row of which is given.
func readPage(chunk parquet.ColumnChunk, of column, first int64) (*columnPage, error) {
	pages := chunk.Pages()
	defer pages.Close()
	if err := pages.SeekToRow(first); err != nil {
		return nil, err
	}
	page, err := pages.ReadPage()
	if errors.Is(err, io.EOF) {
		return nil, errPage
	}
	if err != nil {
		return nil, err
	}
	defer parquet.Release(page)
	return decodePage(of, first, page)
}
