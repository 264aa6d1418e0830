// Package archtable reads tables of numbers by architecture: the pickle of
// HW-NAS-Bench, CSV (also packed with gzip) and Parquet.
package archtable

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"cellnet/cell"
	"cellnet/data"
	"cellnet/internal/fileformat"
	"cellnet/internal/inputfile"
)

// Table has columns of numbers.
type Table struct {
	Columns []Column
	Notes   []string // what of the file was passed over
	// Space is that of the architectures, if the file names one by more than its
	// index; Named tells whether it does.
	Space cell.Space
	Named bool
}

// Column is what a file tells of architectures under a name.
type Column struct {
	Name   string
	values map[int]float64
}

// At gives the number of an architecture; false if there is none.
func (c *Column) At(index int) (float64, bool) {
	v, ok := c.values[index]
	return v, ok
}

// Column gives the column of a name.
func (t *Table) Column(name string) (*Column, bool) {
	i := slices.IndexFunc(t.Columns, func(c Column) bool { return c.Name == name })
	if i < 0 {
		return nil, false
	}
	return &t.Columns[i], true
}

// Names lists the columns.
func (t *Table) Names() []string {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = c.Name
	}
	return names
}

// Limits of a file.
const (
	maxBytes   = 1 << 29
	maxRows    = 1 << 20
	maxColumns = 1 << 10
)

// Open reads the file of that name. Of a pickle with numbers for several datasets
// it takes those of d.
func Open(path string, d data.Dataset) (*Table, error) {
	t, err := open(path, d)
	if err != nil {
		return nil, fmt.Errorf("reading columns of %s: %w", path, err)
	}
	return t, nil
}

func open(path string, d data.Dataset) (*Table, error) {
	f, size, err := inputfile.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if size > maxBytes {
		return nil, fmt.Errorf("it has %d MB, want %d at most", size>>20, maxBytes>>20)
	}
	format, err := fileformat.Of(f, size)
	if err != nil {
		return nil, err
	}
	switch format {
	case fileformat.Parquet:
		return readParquet(f, size)
	case fileformat.Pickle:
		return readPickle(f, size, d)
	case fileformat.Gzip:
		return readGzip(f)
	case fileformat.Unknown:
		return readCSV(f)
	}
	if why := format.Explain(); why != "" {
		return nil, fmt.Errorf("%s", why)
	}
	return nil, fmt.Errorf("want a pickle of HW-NAS-Bench, CSV or Parquet")
}

// keys finds the column of a table that names the architectures: by index or, if
// there is none, in a spelling.
type keys struct {
	column int
	named  bool
}

func findKeys(header []string) (keys, error) {
	for _, named := range []bool{false, true} {
		for column, name := range header {
			if isKey(name, named) {
				return keys{column, named}, nil
			}
		}
	}
	return keys{}, fmt.Errorf("none of its columns is called index or arch: %.200s", strings.Join(header, ", "))
}

// isKey tells whether a column of that name has indexes, or architectures that are
// named by more than that.
func isKey(name string, named bool) bool {
	names := []string{"index", "arch_index", "archindex", "arch_id", "idx", "i", ""} // pandas gives its own no name
	if named {
		names = []string{"arch", "arch_str", "arch_string", "architecture", "genotype", "cell", "channels", "ops"}
	}
	return slices.Contains(names, strings.ToLower(strings.TrimSpace(name)))
}

// builder makes a table of rows.
type builder struct {
	table   Table
	keys    keys
	header  []string
	columns []int // of the header, that hold numbers
	index   int   // of the row under way
	seen    map[int]bool
	words   []bool // columns that hold something else than numbers
}

func newBuilder(header []string) (*builder, error) {
	if len(header) > maxColumns {
		return nil, fmt.Errorf("it has %d columns, want %d at most", len(header), maxColumns)
	}
	k, err := findKeys(header)
	if err != nil {
		return nil, err
	}
	b := &builder{keys: k, header: header, seen: map[int]bool{}, words: make([]bool, len(header))}
	for range header {
		b.table.Columns = append(b.table.Columns, Column{values: map[int]float64{}})
	}
	return b, nil
}

// row begins the row of an architecture.
func (b *builder) row(key string) error {
	index, err := b.indexOf(key)
	if err != nil {
		return err
	}
	if b.seen[index] {
		return fmt.Errorf("architecture %d is there twice", index)
	}
	if len(b.seen) >= maxRows {
		return fmt.Errorf("it has more than %d rows", maxRows)
	}
	b.seen[index], b.index = true, index
	return nil
}

func (b *builder) indexOf(key string) (int, error) {
	key = strings.TrimSpace(key)
	if !b.keys.named {
		n, err := strconv.ParseFloat(key, 64) // programs write 11.0, too
		if err != nil || n != math.Trunc(n) || n < 0 || n > math.MaxInt32 {
			return 0, fmt.Errorf("%.60q is no index", key)
		}
		return int(n), nil
	}
	a, err := cell.Topology.Resolve(key)
	if err != nil {
		var other error
		if a, other = cell.Size.Resolve(key); other != nil {
			return 0, err
		}
	}
	index, ok := a.Index()
	if !ok {
		return 0, fmt.Errorf("%v is not one of the architectures of the %v space", a, a.Space())
	}
	if b.table.Named && a.Space() != b.table.Space {
		return 0, fmt.Errorf("%v is of another space than the architectures before it", a)
	}
	b.table.Space, b.table.Named = a.Space(), true
	return index, nil
}

func (b *builder) number(column int, v float64) {
	if !math.IsNaN(v) {
		b.table.Columns[column].values[b.index] = v
	}
}

// text takes what a row has in a column as text.
func (b *builder) text(column int, text string) {
	text = strings.TrimSpace(text)
	if column == b.keys.column || text == "" {
		return
	}
	if v, err := strconv.ParseFloat(text, 64); err == nil {
		b.number(column, v)
	} else {
		b.words[column] = true
	}
}

// finish gives the columns that hold numbers.
func (b *builder) finish() (*Table, error) {
	var kept []Column
	var words []string
	for i, c := range b.table.Columns {
		name := strings.TrimSpace(b.header[i])
		switch {
		case i == b.keys.column || len(c.values) == 0 && !b.words[i]:
		case b.words[i] && isKey(name, true):
		case b.words[i] || name == "":
			words = append(words, name)
		case slices.ContainsFunc(kept, func(o Column) bool { return o.Name == name }):
			return nil, fmt.Errorf("it has two columns %.60q", name)
		default:
			c.Name = name
			kept = append(kept, c)
		}
	}
	if len(kept) == 0 {
		return nil, fmt.Errorf("none of its columns holds numbers")
	}
	if len(words) > 0 {
		b.table.Notes = append(b.table.Notes, fmt.Sprintf("columns without numbers are passed over: %.200s", strings.Join(words, ", ")))
	}
	b.table.Columns = kept
	return &b.table, nil
}
