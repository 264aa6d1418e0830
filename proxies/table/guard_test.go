package table

import (
	"bytes"
	"encoding/binary"
	"runtime"
	"slices"
	"strings"
	"testing"

	"cellnet/internal/parquetmeta"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

func parquetOf(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := small().WriteParquet(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// withFooter gives a file with other metadata.
func withFooter(t *testing.T, file []byte, change func(*format.FileMetaData)) []byte {
	t.Helper()
	start := len(file) - 8 - int(binary.LittleEndian.Uint32(file[len(file)-8:]))
	var meta format.FileMetaData
	if err := thrift.Unmarshal(new(thrift.CompactProtocol), file[start:len(file)-8], &meta); err != nil {
		t.Fatal(err)
	}
	change(&meta)
	footer, err := thrift.Marshal(new(thrift.CompactProtocol), &meta)
	if err != nil {
		t.Fatal(err)
	}
	changed := append(slices.Clone(file[:start]), footer...)
	changed = binary.LittleEndian.AppendUint32(changed, uint32(len(footer)))
	return append(changed, "PAR1"...)
}

// withPage gives a file whose first page has another header.
func withPage(t *testing.T, file []byte, change func(*format.PageHeader)) []byte {
	t.Helper()
	const start = len("PAR1")
	n, err := parquetmeta.Length(file[start:])
	if err != nil {
		t.Fatal(err)
	}
	var h format.PageHeader
	if err := thrift.Unmarshal(new(thrift.CompactProtocol), file[start:start+n], &h); err != nil {
		t.Fatal(err)
	}
	change(&h)
	header, err := thrift.Marshal(new(thrift.CompactProtocol), &h)
	if err != nil {
		t.Fatal(err)
	}
	return slices.Concat(file[:start], header, file[start+n:])
}

// What a small file claims does not make its reader allocate much.
func TestFilesThatClaimMuch(t *testing.T) {
	file := parquetOf(t)
	for _, c := range []struct {
		name, want string
		file       []byte
	}{
		{"columns", "claims", withFooter(t, file, func(m *format.FileMetaData) {
			m.Schema = append(m.Schema, slices.Repeat(m.Schema[1:2], 20_000)...)
		})},
		{"groups of rows", "claims", withFooter(t, file, func(m *format.FileMetaData) { m.RowGroups = slices.Repeat(m.RowGroups, 5000) })},
		{"a column behind the end", "EOF", withFooter(t, file, func(m *format.FileMetaData) {
			m.RowGroups[0].Columns[0].MetaData.TotalCompressedSize = 1 << 40
		})},
		{"a page's bytes", "claims", withPage(t, file, func(h *format.PageHeader) { h.CompressedPageSize = 1 << 30 })},
		{"a page unpacked", "claims", withPage(t, file, func(h *format.PageHeader) { h.UncompressedPageSize = 1 << 30 })},
		{"a page's values", "claims", withPage(t, file, func(h *format.PageHeader) { h.DataPageHeaderV2.V.NumValues = 1 << 30 })},
		{"cut off", "cut off", file[:len(file)-9]},
	} {
		t.Run(c.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := ReadParquet(bytes.NewReader(c.file), int64(len(c.file)))
			runtime.ReadMemStats(&after)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
			if took := after.TotalAlloc - before.TotalAlloc; took > 32<<20 {
				t.Errorf("took %d bytes", took)
			}
		})
	}
}
