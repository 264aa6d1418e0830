package main

import (
	"os"
	"path/filepath"
	"testing"

	"cellnet/bench/builtin/internal/columns"
	"cellnet/internal/fixture"
)

// The table in the repository is what the generator makes of its sources.
func TestTableIsUpToDate(t *testing.T) {
	out := filepath.Join(t.TempDir(), "table.bin")
	results := fixture.Shared(t, "data/tables/nb201.csv.gz")
	hardware := fixture.Shared(t, "data/tables/nb201-hardware.csv.gz")
	if err := run(out, results, hardware); err != nil {
		t.Fatal(err)
	}
	read := func(path string) columns.Table {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		table, err := columns.Unmarshal(b)
		if err != nil {
			t.Fatal(err)
		}
		return table
	}
	made, kept := read(out), read("../../table.bin")
	if len(made.Columns) != len(kept.Columns) {
		t.Fatalf("%d columns made, %d kept: run go generate ./bench/builtin", len(made.Columns), len(kept.Columns))
	}
	for name, c := range made.Columns {
		for row := range c.Len() {
			if k := kept.Columns[name]; k.Len() != c.Len() || k.At(row) != c.At(row) {
				t.Fatalf("column %s differs in row %d: run go generate ./bench/builtin", name, row)
			}
		}
	}
	if err := run(out, hardware, results); err == nil {
		t.Error("tables in each other's place were packed")
	}
}
