package bench

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

	"cellnet/internal/lru"
	"cellnet/internal/pickle"

	"github.com/parquet-go/parquet-go"
)

// cachedBytes bounds the pages that a store keeps in memory. The columns of the
// last epoch take 60 MB of the whole benchmark.
const cachedBytes = 128 << 20

// pageKey names a page of a store.
type pageKey struct{ group, column, page int }

// store is a benchmark in a Parquet file made by Import.
type store struct {
	r      io.ReaderAt
	size   int64
	file   *parquet.File
	closer io.Closer
	header storeHeader
	places []storeArch
	order  []int
	byIdx  map[int]int             // place of an architecture
	groups []int64                 // first row of each row group, then the number of rows
	chunks []atomic.Pointer[chunk] // of all row groups, a column after the other
	cache  *lru.Cache[pageKey, *columnPage]
	ranks  standings
	odd    func() (map[string][]byte, error)
	meta   func() (*pickle.Dict, error)
}

// openStore reads a store's metadata.
func openStore(r io.ReaderAt, size int64, closer io.Closer) (s *store, err error) {
	defer func() {
		if p := recover(); p != nil {
			s, err = nil, fmt.Errorf("broken metadata: %v", p)
		}
	}()
	if err := checkFooter(r, size); err != nil {
		return nil, err
	}
	file, err := parquet.OpenFile(r, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, err
	}
	s = &store{r: r, size: size, file: file, closer: closer, cache: lru.New[pageKey, *columnPage](cachedBytes)}
	if s.header, err = readHeader(file.Lookup(metaHeader)); err != nil {
		return nil, err
	}
	if err := sameColumns(file.Schema()); err != nil {
		return nil, err
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
	s.byIdx = make(map[int]int, len(s.places))
	for i, a := range s.places {
		if _, twice := s.byIdx[a.index]; twice {
			return nil, errIndex
		}
		s.byIdx[a.index] = i
		s.order = append(s.order, a.index)
	}
	s.odd = sync.OnceValues(s.readOdd)
	s.meta = sync.OnceValues(s.readRoot)
	return s, nil
}

var errColumns = errors.New("a Parquet file, but not a store of this program, since it has other columns: import a published file to make one")

func sameColumns(s *parquet.Schema) error {
	have, want := s.Columns(), newStoreSchema().Columns()
	if !slices.EqualFunc(have, want, slices.Equal) {
		return errColumns
	}
	return nil
}

// unpack gives a packed entry of the metadata.
func (s *store) unpack(key string) ([]byte, error) {
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

func (s *store) readOdd() (map[string][]byte, error) {
	if _, ok := s.file.Lookup(metaOdd); !ok {
		return nil, nil
	}
	text, err := s.unpack(metaOdd)
	if err != nil {
		return nil, err
	}
	var odd map[string][]byte
	if err := json.Unmarshal(text, &odd); err != nil {
		return nil, fmt.Errorf("metadata %s: %w", metaOdd, err)
	}
	return odd, nil
}

func (s *store) readRoot() (*pickle.Dict, error) {
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

func (s *store) Close() error                { return s.closer.Close() }
func (s *store) indexes() []int              { return s.order }
func (s *store) has(index int) bool          { _, ok := s.byIdx[index]; return ok }
func (s *store) root() (*pickle.Dict, error) { return s.meta() }

func (s *store) archs() ([]string, error) {
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

// evaluated lists what the root of the file said.
func (s *store) evaluated() ([]int, error) {
	if s.header.Layout == NASBench201Archive || s.header.Layout == NATSFolder {
		return s.order, nil
	}
	root, err := s.root()
	if err != nil {
		return nil, err
	}
	v, _ := root.Get(keyEvaluated)
	items := func(func(any) bool) {}
	switch v := v.(type) {
	case *pickle.List:
		items = slices.Values(*v)
	case *pickle.Set:
		items = v.All()
	}
	var all []int
	for item := range items {
		i, ok := item.(int)
		if !ok {
			return nil, fmt.Errorf("%s holds something else than numbers", keyEvaluated)
		}
		all = append(all, i)
	}
	slices.Sort(all)
	return all, nil
}
