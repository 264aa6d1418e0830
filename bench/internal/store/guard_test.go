package store

import (
	"bytes"
	"encoding/binary"
	"runtime"
	"slices"
	"strings"
	"testing"

	"cellnet/bench/record"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// withFooter gives a store with other metadata.
func withFooter(t *testing.T, store []byte, change func(*format.FileMetaData)) []byte {
	t.Helper()
	start := len(store) - 8 - int(binary.LittleEndian.Uint32(store[len(store)-8:]))
	var meta format.FileMetaData
	if err := thrift.Unmarshal(new(thrift.CompactProtocol), store[start:len(store)-8], &meta); err != nil {
		t.Fatal(err)
	}
	change(&meta)
	footer, err := thrift.Marshal(new(thrift.CompactProtocol), &meta)
	if err != nil {
		t.Fatal(err)
	}
	changed := append(slices.Clone(store[:start]), footer...)
	changed = binary.LittleEndian.AppendUint32(changed, uint32(len(footer)))
	return append(changed, "PAR1"...)
}

func setMetadata(meta *format.FileMetaData, key, value string) {
	for i := range meta.KeyValueMetadata {
		if meta.KeyValueMetadata[i].Key == key {
			meta.KeyValueMetadata[i].Value = value
		}
	}
}

// What a small store claims does not make its reader allocate much.
func TestStoresThatClaimMuch(t *testing.T) {
	store := smallStore(t)
	if err := useWhole(withFooter(t, store, func(*format.FileMetaData) {})); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, want string
		change     func(*format.FileMetaData)
	}{
		{"a deep tree of columns", "other columns", func(m *format.FileMetaData) {
			deep := m.Schema[0]
			deep.NumChildren = thrift.New(int32(1))
			m.Schema = slices.Repeat([]format.SchemaElement{deep}, 20_000)
		}},
		{"row groups", "row groups", func(m *format.FileMetaData) {
			m.RowGroups = make([]format.RowGroup, 5000)
		}},
		{"columns fewer than a store's", "other columns", func(m *format.FileMetaData) { m.Schema = m.Schema[:len(m.Schema)-1] }},
		{"metadata that unpack to much", metaArchs, func(m *format.FileMetaData) {
			setMetadata(m, metaArchs, packText(make([]byte, 60<<20)))
		}},
		{"empty strings of architectures", "15625", func(m *format.FileMetaData) {
			setMetadata(m, metaArchs, packText(bytes.Repeat([]byte("\n"), 1<<20)))
		}},
		{"a search space", "1099511627776 architectures", func(m *format.FileMetaData) {
			setMetadata(m, metaHeader, `{"version":1,"archs":1099511627776}`)
		}},
		{"trials", "index of architectures", func(m *format.FileMetaData) {
			m.RowGroups[0].NumRows, m.NumRows = 1<<40, 1<<40
			setMetadata(m, metaIndex, packText(marshalIndex([]place{{index: 5, recipes: []recipe{{record.HP12, 1 << 29, true}}}})))
		}},
	} {
		file := withFooter(t, store, c.change)
		var err error
		if used := allocated(func() { err = useWhole(file) }); used > 64<<20 {
			t.Errorf("%s: %d MB for a file of %d kB", c.name, used>>20, len(file)>>10)
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.name, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error of several lines: %v", c.name, err)
		}
	}
}

// allocated gives the bytes that f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestSchemaElements(t *testing.T) {
	type row struct {
		A int64     `parquet:"a"`
		B []float64 `parquet:"b,list"`
	}
	if got := schemaElements(parquet.SchemaOf(row{})); got != 1+1+3 {
		t.Errorf("%d elements, want 5", got)
	}
}
