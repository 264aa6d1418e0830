package table

import (
	"errors"
	"fmt"
	"io"

	"cellnet/internal/parquetmeta"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// What a Parquet file claims is checked before the library acts on it: the library
// allocates by claimed lengths, and one of its compression codecs never ends on
// broken data.

// Bounds of a table that is read: of 100,000 architectures, each with the reasons of
// some scores, and more columns than there are measures.
const (
	maxColumns  = 1 << 10
	maxGroups   = 1 << 10
	maxUnpacked = 1 << 30 // bytes, of all pages
	maxPage     = 64 << 20
	maxValues   = 1 << 22 // of a page
)

var errClaim = errors.New("it claims more than a table has")

// checkLists bounds the lists of the metadata at the file's end: the library
// allocates for each column of each group of rows.
func checkLists(r io.ReaderAt, size int64) error {
	footer, err := parquetmeta.Footer(r, size)
	if err != nil {
		return err
	}
	const fieldSchema, fieldRowGroups = 2, 4
	for _, l := range parquetmeta.Lists(footer) {
		if l.Field == fieldSchema && l.Elements > maxColumns || l.Field == fieldRowGroups && l.Elements > maxGroups {
			return errClaim
		}
	}
	return nil
}

// checkPages bounds what all pages unpack to.
func checkPages(r io.ReaderAt, size int64, meta *format.FileMetaData) error {
	unpacked := int64(0)
	for _, g := range meta.RowGroups {
		for _, c := range g.Columns {
			m := &c.MetaData
			from, end := m.DataPageOffset, int64(0)
			if d := m.DictionaryPageOffset; d > 0 && d < from {
				from = d
			}
			if end = from + m.TotalCompressedSize; from < 4 || m.TotalCompressedSize < 0 || m.TotalCompressedSize > size-from {
				return io.ErrUnexpectedEOF
			}
			for from < end {
				p, err := readPage(r, from, end, m.Codec)
				if err != nil {
					return err
				}
				from += p.length
				if unpacked += p.unpacked; unpacked > maxUnpacked {
					return errClaim
				}
			}
		}
	}
	return nil
}

// page is what a page takes in the file, with its header, and unpacked.
type page struct{ length, unpacked int64 }

// readPage checks the page that begins at an offset.
func readPage(r io.ReaderAt, from, end int64, codec format.CompressionCodec) (page, error) {
	const maxHeader = 16 << 10
	head := make([]byte, min(maxHeader, end-from))
	if _, err := r.ReadAt(head, from); err != nil {
		return page{}, err
	}
	n, err := parquetmeta.Length(head)
	if err != nil {
		return page{}, err
	}
	var h format.PageHeader
	if err := thrift.Unmarshal(new(thrift.CompactProtocol), head[:n], &h); err != nil {
		return page{}, err
	}
	packed, whole := int64(h.CompressedPageSize), int64(h.UncompressedPageSize)
	if packed < 0 || packed > end-from-int64(n) || whole < 0 || whole > maxPage || valuesOf(&h) > maxValues || valuesOf(&h) < 0 {
		return page{}, errClaim
	}
	p := page{int64(n) + packed, whole}
	if codec != format.Zstd {
		return p, nil
	}
	levels := int64(0)
	if h.DataPageHeaderV2.Valid {
		of := &h.DataPageHeaderV2.V
		levels = int64(of.DefinitionLevelsByteLength) + int64(of.RepetitionLevelsByteLength)
		if of.DefinitionLevelsByteLength < 0 || of.RepetitionLevelsByteLength < 0 || levels > packed {
			return page{}, errClaim
		}
	}
	body := make([]byte, packed-levels)
	if _, err := r.ReadAt(body, from+int64(n)+levels); err != nil {
		return page{}, err
	}
	if err := parquetmeta.CheckZstandard(body, maxPage); err != nil {
		return page{}, fmt.Errorf("a page: %w", err)
	}
	return p, nil
}

// valuesOf is how many values a page claims to have, nulls counted.
func valuesOf(h *format.PageHeader) int32 {
	switch {
	case h.DataPageHeader.Valid:
		return h.DataPageHeader.V.NumValues
	case h.DataPageHeaderV2.Valid:
		return h.DataPageHeaderV2.V.NumValues
	case h.DictionaryPageHeader.Valid:
		return h.DictionaryPageHeader.V.NumValues
	}
	return 0
}
