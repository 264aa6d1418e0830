// Package store keeps a benchmark in a Parquet file that is opened at once and read
// in parts.
package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"cellnet/bench/internal/published"
	"cellnet/bench/internal/source"
	"cellnet/bench/record"
	"cellnet/internal/lru"
	"cellnet/internal/pickle"

	"github.com/parquet-go/parquet-go"
)

// cachedBytes bounds the pages that a store keeps in memory. The columns of the
// last epoch take 60 MB of the whole benchmark.
const cachedBytes = 128 << 20

// pageKey names a page of a store.
type pageKey struct{ group, column, page int }

// Store is a benchmark in a Parquet file that [Write] made.
type Store struct {
	*source.Whole
	r *reader
}

// reader reads a store.
type reader struct {
	source.NoFile
	r       io.ReaderAt
	size    int64
	file    *parquet.File
	closer  io.Closer
	header  header
	columns []column
	places  []place
	order   []int
	byIndex map[int]int             // place of an architecture
	groups  []int64                 // first row of each row group, then the number of rows
	chunks  []atomic.Pointer[chunk] // of all row groups, a column after the other
	cache   *lru.Cache[pageKey, *columnPage]
	heads   func() (map[string][]byte, error)
	root    func() (*pickle.Dict, error)
}

// Open reads the metadata of a store of the given size in bytes that r reads.
// closer is what closing the store closes.
func Open(r io.ReaderAt, size int64, closer io.Closer) (*Store, error) {
	s, err := open(r, size, closer)
	if err != nil {
		return nil, err
	}
	return &Store{source.FromRecords(s), s}, nil
}

func open(r io.ReaderAt, size int64, closer io.Closer) (s *reader, err error) {
	defer func() {
		if p := recover(); p != nil {
			s, err = nil, fmt.Errorf("broken metadata: %v", p)
		}
	}()
	schema := newSchema()
	if err := checkFooter(r, size, schema); err != nil {
		return nil, err
	}
	file, err := parquet.OpenFile(r, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, err
	}
	s = &reader{r: r, size: size, file: file, closer: closer, columns: columnsOf(schema), cache: lru.New[pageKey, *columnPage](cachedBytes)}
	if s.header, err = readHeader(file.Lookup(metaHeader)); err != nil {
		return nil, err
	}
	if !slices.EqualFunc(file.Schema().Columns(), schema.Columns(), slices.Equal) {
		return nil, errColumns
	}
	if err := checkChunks(file.Metadata(), size); err != nil {
		return nil, err
	}
	row := int64(0)
	for _, g := range file.RowGroups() {
		s.groups = append(s.groups, row)
		row += g.NumRows()
	}
	s.chunks = make([]atomic.Pointer[chunk], len(s.groups)*numColumns)
	s.groups = append(s.groups, row)
	index, err := s.unpack(metaIndex)
	if err != nil {
		return nil, err
	}
	if s.places, err = unmarshalIndex(index, row, s.header.Archs); err != nil {
		return nil, err
	}
	s.byIndex = make(map[int]int, len(s.places))
	for i, a := range s.places {
		if _, twice := s.byIndex[a.index]; twice {
			return nil, errIndex
		}
		s.byIndex[a.index] = i
		s.order = append(s.order, a.index)
	}
	s.heads = sync.OnceValues(s.readHeads)
	s.root = sync.OnceValues(s.readRoot)
	return s, nil
}

var errColumns = errors.New("a Parquet file, but not a store of this program, since it has other columns: import a published file to make one")

// unpack gives a packed entry of the metadata.
func (s *reader) unpack(key string) ([]byte, error) {
	text, ok := s.file.Lookup(key)
	if !ok {
		return nil, fmt.Errorf("metadata %s is missing", key)
	}
	b, err := unpackText(text)
	if err != nil {
		return nil, fmt.Errorf("metadata %s: %w", key, err)
	}
	return b, nil
}

func (s *reader) readHeads() (map[string][]byte, error) {
	if _, ok := s.file.Lookup(metaHeads); !ok {
		return nil, nil
	}
	text, err := s.unpack(metaHeads)
	if err != nil {
		return nil, err
	}
	var heads map[string][]byte
	if err := json.Unmarshal(text, &heads); err != nil {
		return nil, fmt.Errorf("metadata %s: %w", metaHeads, err)
	}
	return heads, nil
}

func (s *reader) readRoot() (*pickle.Dict, error) {
	b, err := s.unpack(metaRoot)
	if err != nil {
		return nil, err
	}
	v, err := pickle.Load(b)
	if err != nil {
		return nil, fmt.Errorf("metadata %s: %w", metaRoot, err)
	}
	d, ok := v.(*pickle.Dict)
	if !ok {
		return nil, fmt.Errorf("metadata %s is no dict", metaRoot)
	}
	return d, nil
}

// Name is that of the benchmark that the store was made from.
func (s *Store) Name() string { return s.r.header.Source }

// Layout is that of the benchmark that the store was made from.
func (s *Store) Layout() record.Layout { return s.r.header.Layout }

func (s *reader) Close() error                { return s.closer.Close() }
func (s *reader) Indexes() []int              { return s.order }
func (s *reader) Has(index int) bool          { _, ok := s.byIndex[index]; return ok }
func (s *reader) Root() (*pickle.Dict, error) { return s.root() }

func (s *reader) ArchStrings() ([]string, error) {
	text, err := s.unpack(metaArchs)
	if err != nil {
		return nil, err
	}
	n := bytes.Count(text, []byte("\n")) + 1
	if len(text) == 0 {
		n = 0
	}
	if n != s.header.Archs {
		return nil, fmt.Errorf("metadata %s has %d architectures, want %d", metaArchs, n, s.header.Archs)
	}
	return strings.Split(string(text), "\n")[:n], nil
}

// Evaluated lists what the root of the file said.
func (s *reader) Evaluated() ([]int, error) {
	if !s.header.Layout.ListsEvaluated() {
		return s.order, nil
	}
	root, err := s.Root()
	if err != nil {
		return nil, err
	}
	return published.EvaluatedOf(root)
}
