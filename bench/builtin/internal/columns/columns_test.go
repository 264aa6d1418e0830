package columns

import (
	"math"
	"testing"
)

func packed(t testing.TB) []byte {
	t.Helper()
	table := Table{3, map[string]Column{
		"small": Of([]uint64{0, 1, 2}),
		"large": Of([]uint64{math.MaxUint64, 0, 1 << 33}),
		"zero":  Of([]uint64{0, 0, 0}),
	}}
	b, err := table.Marshal([]string{"large", "zero", "small"})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestRoundTrip(t *testing.T) {
	table, err := Unmarshal(packed(t))
	if err != nil {
		t.Fatal(err)
	}
	if table.Rows != 3 || len(table.Columns) != 3 {
		t.Fatalf("%d rows, %d columns, want 3 and 3", table.Rows, len(table.Columns))
	}
	for name, want := range map[string][]uint64{
		"small": {0, 1, 2}, "large": {math.MaxUint64, 0, 1 << 33}, "zero": {0, 0, 0},
	} {
		for row, v := range want {
			if got := table.Columns[name].At(row); got != v {
				t.Errorf("%s[%d] = %d, want %d", name, row, got, v)
			}
		}
	}
}

func TestMarshalChecksColumns(t *testing.T) {
	table := Table{2, map[string]Column{"short": Of([]uint64{1})}}
	for _, name := range []string{"short", "missing"} {
		if _, err := table.Marshal([]string{name}); err == nil {
			t.Errorf("%s: packed", name)
		}
	}
}

func FuzzUnmarshal(f *testing.F) {
	f.Add(packed(f))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		table, err := Unmarshal(b)
		if err != nil {
			return
		}
		for name, c := range table.Columns {
			if c.Len() != table.Rows && c.Len() != 0 {
				t.Fatalf("column %s has %d rows, the table %d", name, c.Len(), table.Rows)
			}
			for row := range c.Len() {
				c.At(row)
			}
		}
	})
}
