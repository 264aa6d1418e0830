package store

import (
	"fmt"
	"hash/crc32"
	"io"

	"cellnet/internal/parquetmeta"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// What a store's file claims is checked before the Parquet library acts on it:
// the library allocates by claimed lengths, and one of its compression codecs
// never ends on broken data.

const (
	// maxPage bounds the bytes of a page, packed and unpacked. A page has 128
	// kB and a row.
	maxPage = 16 << 20
	// maxPageValues bounds the values of a page, nulls counted.
	maxPageValues = 1 << 20
)

// checkFooter makes sure that the metadata at the end of the file are there and
// whole.
func checkFooter(r io.ReaderAt, size int64, schema *parquet.Schema) error {
	footer, err := parquetmeta.Footer(r, size)
	if err != nil {
		return err
	}
	return checkLists(footer, schema)
}

// checkLists makes sure that a file's metadata describe as many columns as a store
// has, and no more row groups than a large one: the library allocates for the
// product of the two, and for the depth of every column in a tree of them.
func checkLists(footer []byte, schema *parquet.Schema) error {
	const fieldSchema, fieldRowGroups, maxRowGroups = 2, 4, 1 << 12
	lists := parquetmeta.Lists(footer)
	for _, l := range lists {
		switch {
		case l.Field == fieldSchema && l.Elements != schemaElements(schema):
			return errColumns
		case l.Field == fieldRowGroups && l.Elements > maxRowGroups:
			return fmt.Errorf("it has %d row groups, want at most %d", l.Elements, maxRowGroups)
		}
	}
	return nil
}

// schemaElements counts a node and the nodes below it.
func schemaElements(node parquet.Node) int {
	n := 1
	for _, f := range node.Fields() {
		n += schemaElements(f)
	}
	return n
}

// checkChunks makes sure that all columns lie within the file and are packed as
// a store's are.
func checkChunks(meta *format.FileMetaData, size int64) error {
	within := func(offset, length int64) bool { return offset >= 4 && length >= 0 && offset <= size-length }
	for _, g := range meta.RowGroups {
		if len(g.Columns) != numColumns || g.NumRows < 0 {
			return parquetmeta.ErrBroken
		}
		for i, c := range g.Columns {
			m := &c.MetaData
			switch {
			case m.Codec != format.Zstd:
				return fmt.Errorf("column %d is packed by %v, want ZSTD", i, m.Codec)
			case !within(m.DataPageOffset, 0), m.DictionaryPageOffset != 0 && !within(m.DictionaryPageOffset, 0):
				return parquetmeta.ErrBroken
			case !within(c.OffsetIndexOffset, int64(c.OffsetIndexLength)):
				return fmt.Errorf("column %d has no index of its pages", i)
			}
		}
	}
	return nil
}

// checkOffsets makes sure that a column's index of pages is whole.
func checkOffsets(r io.ReaderAt, c *format.ColumnChunk) error {
	b := make([]byte, c.OffsetIndexLength)
	if _, err := r.ReadAt(b, c.OffsetIndexOffset); err != nil {
		return err
	}
	_, err := parquetmeta.Length(b)
	return err
}

// checkPage makes sure that a page is one that a store may have, and unpacks to
// no more than it should. The dictionary of a column is a page too.
func checkPage(r io.ReaderAt, size, offset int64) error {
	const maxHeader = 1 << 10
	if offset < 4 || offset >= size {
		return errPage
	}
	b := make([]byte, min(maxHeader, size-offset))
	if _, err := r.ReadAt(b, offset); err != nil {
		return err
	}
	n, err := parquetmeta.Length(b)
	if err != nil {
		return err
	}
	var h format.PageHeader
	if err := thrift.Unmarshal(new(thrift.CompactProtocol), b[:n], &h); err != nil {
		return err
	}
	length := int64(h.CompressedPageSize)
	if length < 0 || length > maxPage || h.UncompressedPageSize < 0 || h.UncompressedPageSize > maxPage || length > size-offset-int64(n) {
		return fmt.Errorf("%w: it claims %d bytes", errPage, length)
	}
	levels, err := checkHeader(&h)
	if err != nil {
		return err
	}
	if levels > length {
		return errPage
	}
	page := make([]byte, length)
	if _, err := r.ReadAt(page, offset+int64(n)); err != nil {
		return err
	}
	if crc32.ChecksumIEEE(page) != uint32(h.CRC) {
		return fmt.Errorf("%w: its sum differs", errPage)
	}
	if err := parquetmeta.CheckZstandard(page[levels:], maxPage); err != nil {
		return fmt.Errorf("%w: %w", errPage, err)
	}
	return nil
}

// checkHeader checks the numbers of a page's header, and gives the bytes that
// precede what is packed.
func checkHeader(h *format.PageHeader) (int64, error) {
	switch {
	case h.Type == format.DictionaryPage && h.DictionaryPageHeader.Valid:
		d := &h.DictionaryPageHeader.V
		if d.NumValues < 0 || d.NumValues > maxPageValues || d.Encoding != format.Plain {
			return 0, parquetmeta.ErrBroken
		}
		return 0, nil
	case h.Type == format.DataPageV2 && h.DataPageHeaderV2.Valid:
		d := &h.DataPageHeaderV2.V
		known := d.Encoding == format.Plain || d.Encoding == format.RLEDictionary || d.Encoding == format.RLE
		if !known || d.NumValues < 0 || d.NumValues > maxPageValues || d.NumNulls < 0 || d.NumNulls > d.NumValues ||
			d.NumRows < 0 || d.NumRows > d.NumValues || d.DefinitionLevelsByteLength < 0 || d.RepetitionLevelsByteLength < 0 {
			return 0, parquetmeta.ErrBroken
		}
		return int64(d.DefinitionLevelsByteLength) + int64(d.RepetitionLevelsByteLength), nil
	}
	return 0, parquetmeta.ErrBroken
}
