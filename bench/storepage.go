package bench

import (
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"
)

// columnPage is a decoded page of a store's column. Of its slices the one that
// fits the column has an element for each row.
type columnPage struct {
	first   int64 // row of the row group
	rows    int
	ints    []int64
	numbers []Number
	texts   []string
	lists   [][]string
	curves  []Curve
	blobs   [][]byte
	bytes   int // of memory, about
}

var errPage = errors.New("a page of the store is broken")

// decodePage reads the values of a page.
func decodePage(column int, first int64, page parquet.Page) (*columnPage, error) {
	p := &columnPage{first: first, rows: int(page.NumRows())}
	values := make([]parquet.Value, page.NumValues())
	for n, r := 0, page.Values(); n < len(values); {
		k, err := r.ReadValues(values[n:])
		if n += k; n < len(values) && (err != nil || k == 0) {
			return nil, fmt.Errorf("%w: %v", errPage, err)
		}
	}
	switch {
	case column == colSets:
		return p, p.readLists(values)
	case column == colLatency, column >= colTrainCurve && column < colHasWeights:
		return p, p.readCurves(column, values)
	case len(values) != p.rows:
		return nil, errPage
	case column == colArch, column == colDataset, column == colGenotype, column == colSpelling:
		p.readTexts(values)
	case column == colRaw:
		p.readBlobs(values)
	case column == colFLOPs, column == colParams, column >= colTrainFinal && column < colTrainCurve:
		p.numbers = make([]Number, len(values))
		for i, v := range values {
			if !v.IsNull() {
				p.numbers[i] = number(v.Double())
			}
		}
		p.bytes = 16 * len(values)
	default:
		p.readInts(values)
	}
	return p, nil
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
// value. An element that is there has the column's highest definition level.
func (p *columnPage) readCurves(column int, values []parquet.Value) error {
	p.curves = make([]Curve, p.rows)
	all := make([]float64, 0, len(values))
	p.bytes = 48*p.rows + 8*len(values)
	return p.rowsOf(values, func(row int, values []parquet.Value) {
		start := len(all)
		var epochs []int
		for i, v := range values {
			if v.IsNull() {
				continue
			}
			if epochs == nil && i > len(all)-start {
				for e := range len(all) - start {
					epochs = append(epochs, e)
				}
				epochs = append(make([]int, 0, len(values)), epochs...)
			}
			if epochs != nil {
				epochs = append(epochs, i)
			}
			all = append(all, v.Double())
		}
		c := &p.curves[row]
		c.Epochs = epochs
		if len(all) > start || column == colLatency && values[0].DefinitionLevel() > 0 {
			c.Values = all[start:len(all):len(all)]
		}
		p.bytes += 8 * len(epochs)
	})
}

// readPage reads a page of a column's chunk, the first row of which is given.
func readPage(chunk parquet.ColumnChunk, column int, first int64) (p *columnPage, err error) {
	defer func() {
		if r := recover(); r != nil {
			p, err = nil, fmt.Errorf("%w: %v", errPage, r)
		}
	}()
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
	return decodePage(column, first, page)
}
