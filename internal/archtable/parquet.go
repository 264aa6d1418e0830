package archtable

import (
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"
)

// readParquet reads the columns of a flat table.
func readParquet(r io.ReaderAt, size int64) (t *Table, err error) {
	defer func() {
		if p := recover(); p != nil { // of the library, which trusts its input in places
			t, err = nil, fmt.Errorf("the Parquet file is broken: %v", p)
		}
	}()
	f, err := parquet.OpenFile(r, size)
	if err != nil {
		return nil, err
	}
	if f.NumRows() > maxRows {
		return nil, fmt.Errorf("it has %d rows, want %d at most", f.NumRows(), maxRows)
	}
	var header []string
	for _, path := range f.Schema().Columns() {
		if len(path) != 1 {
			return nil, fmt.Errorf("column %s is nested, want a flat table", path)
		}
		header = append(header, path[0])
	}
	b, err := newBuilder(header)
	if err != nil {
		return nil, err
	}
	rows := make([]parquet.Row, 64)
	for _, group := range f.RowGroups() {
		if err := b.readRows(group.Rows(), rows); err != nil {
			return nil, err
		}
	}
	return b.finish()
}

func (b *builder) readRows(in parquet.Rows, rows []parquet.Row) error {
	defer in.Close()
	for {
		n, err := in.ReadRows(rows)
		for _, row := range rows[:n] {
			if err := b.parquetRow(row); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (b *builder) parquetRow(row parquet.Row) error {
	if len(row) != len(b.header) {
		return fmt.Errorf("a row of %d values in a table of %d columns", len(row), len(b.header))
	}
	if err := b.row(row[b.keys.column].String()); err != nil {
		return err
	}
	for _, v := range row {
		column := v.Column()
		if v.IsNull() || column == b.keys.column {
			continue
		}
		switch v.Kind() {
		case parquet.Boolean:
			if v.Boolean() {
				b.number(column, 1)
			} else {
				b.number(column, 0)
			}
		case parquet.Int32:
			b.number(column, float64(v.Int32()))
		case parquet.Int64:
			b.number(column, float64(v.Int64()))
		case parquet.Float:
			b.number(column, float64(v.Float()))
		case parquet.Double:
			b.number(column, v.Double())
		default:
			b.text(column, string(v.ByteArray()))
		}
	}
	return nil
}
