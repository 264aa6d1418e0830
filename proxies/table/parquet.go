package table

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/parquet-go/parquet-go"
)

// schema is that of a table: its columns stand in the order of their names, as
// Parquet's groups have them here.
func (t *Table) schema() *parquet.Schema {
	zstd := func(n parquet.Node) parquet.Node { return parquet.Compressed(n, &parquet.Zstd) }
	group := parquet.Group{
		columnIndex:   zstd(parquet.Optional(parquet.Int(32))),
		columnArch:    zstd(parquet.String()),
		columnSeed:    zstd(parquet.Int(64)),
		columnReasons: zstd(parquet.Optional(parquet.String())),
	}
	for _, m := range t.Measures {
		group[m] = zstd(parquet.Optional(parquet.Leaf(parquet.DoubleType)))
	}
	return parquet.NewSchema("scores", group)
}

// WriteParquet writes a table; undefined scores are null.
func (t *Table) WriteParquet(w io.Writer) error {
	if err := t.check(); err != nil {
		return err
	}
	schema := t.schema()
	p := parquet.NewWriter(w, schema, parquet.CreatedBy("cellnet", "1", ""))
	names := schema.Columns()
	for _, r := range t.Rows {
		reasons, err := reasonsText(r.Reasons)
		if err != nil {
			return err
		}
		row := make(parquet.Row, len(names))
		for i, path := range names {
			row[i] = t.value(r, path[0], reasons).Level(0, 0, i)
			if optional := path[0] != columnArch && path[0] != columnSeed; optional && !row[i].IsNull() {
				row[i] = row[i].Level(0, 1, i)
			}
		}
		if _, err := p.WriteRows([]parquet.Row{row}); err != nil {
			return err
		}
	}
	return p.Close()
}

// value is a row's in a column.
func (t *Table) value(r Row, column, reasons string) parquet.Value {
	switch column {
	case columnIndex:
		if r.Index < 0 {
			return parquet.NullValue()
		}
		return parquet.Int32Value(int32(r.Index))
	case columnArch:
		return parquet.ByteArrayValue([]byte(r.Arch))
	case columnSeed:
		return parquet.Int64Value(int64(r.Seed))
	case columnReasons:
		if reasons == "" {
			return parquet.NullValue()
		}
		return parquet.ByteArrayValue([]byte(reasons))
	}
	if v := r.Scores[slices.Index(t.Measures, column)]; !undefined(v) {
		return parquet.DoubleValue(v)
	}
	return parquet.NullValue()
}

// ReadParquet reads a table that WriteParquet wrote, or any other without nested
// columns that has a column arch_index of integers: its columns of numbers are
// taken for measures.
func ReadParquet(r io.ReaderAt, size int64) (t *Table, err error) {
	// The library panics on some broken files.
	defer func() {
		if p := recover(); p != nil {
			t, err = nil, errors.New("the Parquet file is broken")
		}
	}()
	if err := checkLists(r, size); err != nil {
		return nil, fmt.Errorf("the Parquet file is broken: %w", err)
	}
	f, err := parquet.OpenFile(r, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err == nil {
		err = checkPages(r, size, f.Metadata())
	}
	if err != nil {
		return nil, fmt.Errorf("the Parquet file is broken: %w", err)
	}
	t = new(Table)
	of := map[int]int{} // measure of a column
	at := map[string]int{}
	for i, path := range f.Schema().Columns() {
		leaf, ok := f.Schema().Lookup(path...)
		if len(path) != 1 || !ok || leaf.MaxRepetitionLevel > 0 {
			continue
		}
		switch kind := leaf.Node.Type().Kind(); {
		case path[0] == columnIndex, path[0] == columnArch, path[0] == columnSeed, path[0] == columnReasons:
			at[path[0]] = i
		case kind == parquet.Double, kind == parquet.Float:
			of[i] = len(t.Measures)
			t.Measures = append(t.Measures, path[0])
		}
	}
	if _, ok := at[columnIndex]; !ok {
		return nil, fmt.Errorf("the table has no column %s", columnIndex)
	}
	for _, group := range f.RowGroups() {
		if err := t.read(group, at, of); err != nil {
			return nil, err
		}
	}
	return t, nil
}

func (t *Table) read(group parquet.RowGroup, at map[string]int, of map[int]int) error {
	rows := group.Rows()
	defer rows.Close()
	buffer := make([]parquet.Row, 64)
	for {
		n, err := rows.ReadRows(buffer)
		for _, values := range buffer[:n] {
			row, err := t.row(values, at, of)
			if err != nil {
				return err
			}
			t.Rows = append(t.Rows, row)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("the Parquet file is broken: %w", err)
		}
		if n == 0 {
			return errors.New("the Parquet file is broken: it has fewer rows than it says")
		}
	}
}

func (t *Table) row(values parquet.Row, at map[string]int, of map[int]int) (Row, error) {
	r := Row{Index: -1, Scores: slices.Repeat([]float64{math.NaN()}, len(t.Measures))}
	for _, v := range values {
		if v.IsNull() {
			continue
		}
		if m, ok := of[v.Column()]; ok {
			if r.Scores[m] = v.Double(); v.Kind() == parquet.Float {
				r.Scores[m] = float64(v.Float())
			}
			if math.IsInf(r.Scores[m], 0) {
				r.Scores[m] = math.NaN()
			}
			continue
		}
		switch v.Column() {
		case at[columnIndex]:
			r.Index = int(v.Int64())
			if v.Kind() == parquet.Int32 {
				r.Index = int(v.Int32())
			}
			if r.Index < 0 {
				return r, fmt.Errorf("%d is no index", r.Index)
			}
		case columnOr(at, columnArch):
			r.Arch = string(v.ByteArray())
		case columnOr(at, columnSeed):
			r.Seed = uint32(v.Int64())
		case columnOr(at, columnReasons):
			var err error
			if r.Reasons, err = parseReasons(string(v.ByteArray())); err != nil {
				return r, fmt.Errorf("%.40q are no reasons", v.ByteArray())
			}
		}
	}
	return r, nil
}

// columnOr is the number of a column, -1 if there is none.
func columnOr(at map[string]int, name string) int {
	if i, ok := at[name]; ok {
		return i
	}
	return -1
}
