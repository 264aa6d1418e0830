// Package sheet writes the built-in results as a table for other programs, CSV or
// Parquet: a row for each cell, in the benchmark's order.
package sheet

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"

	"cellnet/bench/builtin"
	"cellnet/cell"
	"cellnet/data"

	"github.com/parquet-go/parquet-go"
)

// Column is a column of numbers, named as the docs of the benchmark tell.
type Column struct {
	Name string
	// Of gives a cell's number, false if there is none.
	Of func(index int) (float64, bool)
}

// indexColumn and archColumn name a row's cell.
const (
	indexColumn = "arch_index"
	archColumn  = "arch"
)

// Columns lists the numbers of a table.
func Columns(t *builtin.Table) []Column {
	var all []Column
	add := func(of func(int) (float64, bool), format string, args ...any) {
		all = append(all, Column{fmt.Sprintf(format, args...), of})
	}
	datasets := []data.Dataset{data.CIFAR10, data.CIFAR100, data.ImageNet16}
	for _, epochs := range []int{12, 200} {
		for _, d := range datasets {
			valid, tested, test := sets(d)
			add(func(i int) (float64, bool) { return t.Accuracy(i, valid, data.XValid, epochs) }, "%s_valid_%d", nameOf(d), epochs)
			add(func(i int) (float64, bool) { return t.Accuracy(i, tested, test, epochs) }, "%s_test_%d", nameOf(d), epochs)
		}
	}
	for _, d := range datasets {
		single, set := d, "valid_and_test"
		if d == data.CIFAR10 {
			single, set = data.CIFAR10Valid, "valid"
		}
		for _, seed := range []int{777, 888, 999} {
			add(func(i int) (float64, bool) { return t.Trial(i, single, seed) }, "%s_%s_200_seed%d", nameOf(d), set, seed)
		}
	}
	for _, d := range datasets {
		valid, _, _ := sets(d)
		add(func(i int) (float64, bool) { return t.EpochSeconds(i, valid), true }, "%s_epoch_seconds", nameOf(d))
		add(func(i int) (float64, bool) { c, ok := builtin.Network(i, d); return c.FLOPs, ok }, "%s_flops_m", nameOf(d))
		add(func(i int) (float64, bool) { c, ok := builtin.Network(i, d); return c.Params, ok }, "%s_params_m", nameOf(d))
		for _, device := range builtin.Devices() {
			add(func(i int) (float64, bool) { return t.Cost(i, d, device) }, "%s_%v", nameOf(d), device)
		}
	}
	add(func(i int) (float64, bool) {
		if t.HasForeignCost(i) {
			return 1, true
		}
		return 0, true
	}, "published_cost_is_foreign")
	return all
}

// sets names what the accuracies of a dataset are of.
func sets(d data.Dataset) (validated, tested data.Dataset, test data.Set) {
	if d == data.CIFAR10 {
		return data.CIFAR10Valid, data.CIFAR10, data.OriTest
	}
	return d, d, data.XTest
}

// nameOf is a dataset's name as columns begin with it.
func nameOf(d data.Dataset) string {
	return strings.ToLower(strings.ReplaceAll(d.String(), "-", "_"))
}

// WriteCSV writes a table with a line of names in front; where there is no number
// the field is empty.
func WriteCSV(w io.Writer, t *builtin.Table) error {
	columns := Columns(t)
	fields := []string{indexColumn, archColumn}
	for _, c := range columns {
		fields = append(fields, c.Name)
	}
	out := csv.NewWriter(w)
	if err := out.Write(fields); err != nil {
		return err
	}
	for index, c := range cell.All() {
		fields[0], fields[1] = strconv.Itoa(index), c.String()
		for i, column := range columns {
			fields[2+i] = ""
			if v, ok := column.Of(index); ok {
				fields[2+i] = strconv.FormatFloat(v, 'f', -1, 64)
			}
		}
		if err := out.Write(fields); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// WriteParquet writes a table with the columns in the order of their names, null
// where there is no number.
func WriteParquet(w io.Writer, t *builtin.Table) error {
	columns := map[string]Column{}
	fields := parquet.Group{
		indexColumn: parquet.Compressed(parquet.Int(32), &parquet.Zstd),
		archColumn:  parquet.Compressed(parquet.String(), &parquet.Zstd),
	}
	for _, c := range Columns(t) {
		columns[c.Name] = c
		fields[c.Name] = parquet.Optional(parquet.Compressed(parquet.Leaf(parquet.DoubleType), &parquet.Zstd))
	}
	schema := parquet.NewSchema("cells", fields)
	out := parquet.NewWriter(w, schema, parquet.CreatedBy("cellnet", "1", ""))
	row := make(parquet.Row, len(fields))
	for index, c := range cell.All() {
		for i, path := range schema.Columns() {
			switch name := path[0]; name {
			case indexColumn:
				row[i] = parquet.Int32Value(int32(index)).Level(0, 0, i)
			case archColumn:
				row[i] = parquet.ByteArrayValue([]byte(c.String())).Level(0, 0, i)
			default:
				row[i] = parquet.NullValue().Level(0, 0, i)
				if v, ok := columns[name].Of(index); ok {
					row[i] = parquet.DoubleValue(v).Level(0, 1, i)
				}
			}
		}
		if _, err := out.WriteRows([]parquet.Row{row}); err != nil {
			return err
		}
	}
	return out.Close()
}
