package table

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"cellnet/internal/atomicfile"
	"cellnet/internal/inputfile"
)

// Format is that of a file.
type Format uint8

// The formats.
const (
	Parquet Format = iota
	CSV
)

// FormatOf tells a file's format by its name: .parquet or .csv.
func FormatOf(path string) (Format, error) {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".parquet":
		return Parquet, nil
	case ".csv":
		return CSV, nil
	}
	return 0, fmt.Errorf("%q is no name of a table: want .parquet or .csv", path)
}

// Open reads a table of either format, told by the name.
func Open(path string) (*Table, error) {
	wrap := func(err error) error { return fmt.Errorf("reading scores %s: %w", path, err) }
	format, err := FormatOf(path)
	if err != nil {
		return nil, wrap(err)
	}
	f, size, err := inputfile.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading scores: %w", err)
	}
	defer f.Close()
	var t *Table
	if format == CSV {
		t, err = ReadCSV(f)
	} else {
		t, err = ReadParquet(f, size)
	}
	if err != nil {
		return nil, wrap(err)
	}
	return t, nil
}

// Save writes a table in the format of the name; the file is there whole or not
// at all.
func (t *Table) Save(path string) error {
	format, err := FormatOf(path)
	if err != nil {
		return err
	}
	write := t.WriteParquet
	if format == CSV {
		write = t.WriteCSV
	}
	if err := atomicfile.Write(path, func(w io.Writer) error { return write(w) }); err != nil {
		return fmt.Errorf("writing scores %s: %w", path, err)
	}
	return nil
}
