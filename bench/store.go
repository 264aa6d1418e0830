package bench

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"sort"
	"strings"
	"sync"

	"cellnet/bench/internal/unpickle"
	"cellnet/data"
	"cellnet/internal/pickle"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// cachedBytes bounds the pages that a store keeps in memory. The columns of the
// last epoch take 60 MB of the whole benchmark.
const cachedBytes = 128 << 20

// store is a benchmark in a Parquet file made by Import.
type store struct {
	r      io.ReaderAt
	size   int64
	file   *parquet.File
	closer io.Closer
	header storeHeader
	places []storeArch
	order  []int
	byIdx  map[int]int // place of an architecture
	groups []int64     // first row of each row group, then the number of rows
	cache  pageCache
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
	s = &store{r: r, size: size, file: file, closer: closer, cache: pageCache{limit: cachedBytes}}
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
	s.groups = append(s.groups, row)
	index, err := s.unpack(metaIndex)
	if err != nil {
		return nil, err
	}
	if s.places, err = unmarshalIndex(index, row); err != nil {
		return nil, err
	}
	s.byIdx = make(map[int]int, len(s.places))
	for i, a := range s.places {
		if _, twice := s.byIdx[a.index]; twice || a.index >= s.header.Archs {
			return nil, errIndex
		}
		s.byIdx[a.index] = i
		s.order = append(s.order, a.index)
	}
	s.odd = sync.OnceValues(s.readOdd)
	s.meta = sync.OnceValues(s.readRoot)
	return s, nil
}

func sameColumns(s *parquet.Schema) error {
	have, want := s.Columns(), newStoreSchema().Columns()
	if !slices.EqualFunc(have, want, slices.Equal) {
		return errors.New("it has other columns than a store")
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
	archs := strings.Split(string(text), "\n")
	if len(text) == 0 {
		archs = nil
	}
	if len(archs) != s.header.Archs {
		return nil, fmt.Errorf("metadata %s has %d architectures, want %d", metaArchs, len(archs), s.header.Archs)
	}
	return archs, nil
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

// column is a column of a row group, at some page.
type column struct {
	meta    *format.ColumnChunk
	chunk   parquet.ColumnChunk
	offsets parquet.OffsetIndex
	page    *columnPage
}

// columns are the columns of a row group.
type columns struct {
	s     *store
	group int
	all   [numColumns]column
}

// group gives the columns of the row group that has a row.
func (s *store) group(row int64) *columns {
	g := sort.Search(len(s.groups), func(i int) bool { return s.groups[i] > row }) - 1
	return &columns{s: s, group: g}
}

// at gives the page of a column with a row of the whole store, and the row's
// place in it.
func (c *columns) at(number int, row int64) (*columnPage, int, error) {
	col := &c.all[number]
	row -= c.s.groups[c.group]
	if col.page == nil || row < col.page.first || row >= col.page.first+int64(col.page.rows) {
		if err := c.turn(col, number, row); err != nil {
			return nil, 0, fmt.Errorf("column %s: %w", strings.Join(c.s.file.Schema().Columns()[number], "."), err)
		}
	}
	return col.page, int(row - col.page.first), nil
}

// turn brings a column to the page with a row.
func (c *columns) turn(col *column, number int, row int64) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %v", errPage, r)
		}
	}()
	if col.chunk == nil {
		col.meta = &c.s.file.Metadata().RowGroups[c.group].Columns[number]
		if err := checkOffsets(c.s.r, col.meta); err != nil {
			return err
		}
		col.chunk = c.s.file.RowGroups()[c.group].ColumnChunks()[number]
		if col.offsets, err = col.chunk.OffsetIndex(); err != nil {
			return err
		}
	}
	n := col.offsets.NumPages()
	page := sort.Search(n, func(i int) bool { return col.offsets.FirstRowIndex(i) > row }) - 1
	if page < 0 {
		return errPage
	}
	first := col.offsets.FirstRowIndex(page)
	col.page, err = c.s.cache.get(pageKey{c.group, number, page}, func() (*columnPage, error) {
		if at := col.meta.MetaData.DictionaryPageOffset; at != 0 {
			if err := checkPage(c.s.r, c.s.size, at); err != nil {
				return nil, err
			}
		}
		if err := checkPage(c.s.r, c.s.size, col.offsets.Offset(page)); err != nil {
			return nil, err
		}
		return readPage(col.chunk, number, first)
	})
	if err == nil && row >= first+int64(col.page.rows) {
		err = errPage
	}
	return err
}

// rowReader reads the columns of one row. err is the first error met.
type rowReader struct {
	c   *columns
	row int64
	err error
}

func (r *rowReader) at(column int) (*columnPage, int) {
	if r.err == nil {
		var p *columnPage
		var i int
		if p, i, r.err = r.c.at(column, r.row); r.err == nil {
			return p, i
		}
	}
	return &columnPage{ints: []int64{0}, numbers: []Number{{}}, texts: []string{""}, lists: [][]string{nil}, curves: []Curve{{}}, blobs: [][]byte{nil}}, 0
}

func (r *rowReader) integer(column int) int    { p, i := r.at(column); return int(p.ints[i]) }
func (r *rowReader) number(column int) Number  { p, i := r.at(column); return p.numbers[i] }
func (r *rowReader) text(column int) string    { p, i := r.at(column); return p.texts[i] }
func (r *rowReader) texts(column int) []string { p, i := r.at(column); return p.lists[i] }
func (r *rowReader) curve(column int) Curve    { p, i := r.at(column); return p.curves[i] }
func (r *rowReader) blob(column int) []byte    { p, i := r.at(column); return p.blobs[i] }

// trial reads the record of a row.
func (s *store) trial(c *columns, row int64) (*Trial, error) {
	r := &rowReader{c: c, row: row}
	name := r.text(colDataset)
	if r.err != nil {
		return nil, r.err
	}
	d, err := data.ParseDataset(name)
	if err != nil {
		return nil, err
	}
	seed, arch := r.integer(colSeed), r.text(colArch)
	if raw := r.blob(colRaw); raw != nil {
		return rawTrial(d, seed, arch, raw)
	}
	t := &Trial{
		Dataset: d, Seed: seed, Epochs: r.integer(colEpochs),
		Net: NetConfig{
			Channels: r.integer(colChannels), Cells: r.integer(colCells), Arch: arch,
			Genotype: r.text(colGenotype), Classes: r.integer(colClasses),
		},
		Params: r.number(colParams).Value, FLOPs: r.number(colFLOPs).Value, Latency: r.curve(colLatency).Values,
		Train: Curves{
			Loss: r.curve(colTrainCurve), Top1: r.curve(colTrainCurve + 1),
			Top5: r.curve(colTrainTop5Curve), Seconds: r.curve(colTrainCurve + 2),
		},
		HasWeights: r.integer(colHasWeights) != 0,
	}
	sets, spelled := r.texts(colSets), r.text(colSpelling)
	if r.err != nil {
		return nil, r.err
	}
	if t.Epochs < 0 || t.Epochs > maxEpochs {
		return nil, fmt.Errorf("%d epochs, want 0 to %d", t.Epochs, maxEpochs)
	}
	for _, name := range sets {
		set, err := data.ParseSet(name)
		if err != nil || set == data.Train {
			return nil, fmt.Errorf("evaluation set %.20q", name)
		}
		column := curveColumn(set)
		t.Evals = append(t.Evals, Eval{set, r.curve(column), r.curve(column + 1), r.curve(column + 2)})
	}
	if t.spelling, err = parseSpelling(spelled); err != nil {
		return nil, err
	}
	return t, r.err
}

// rawTrial makes the record of a trial that was kept as a pickle.
func rawTrial(d data.Dataset, seed int, arch string, raw []byte) (*Trial, error) {
	var p unpickle.Decoder
	v, _, err := p.Pickle(strings.NewReader(string(raw)))
	if err != nil {
		return nil, err
	}
	var b builder
	t, err := b.trial(d, seed, arch, v)
	if err == nil {
		t.raw = raw
	}
	return t, err
}

func (s *store) arch(index int) (*Arch, error) {
	i, ok := s.byIdx[index]
	if !ok {
		return nil, errNotStored
	}
	place := s.places[i]
	return s.archAt(s.group(place.row), place)
}

// hps lists the recipes of an architecture that is there.
func (s *store) hps(index int) []HP {
	var hps []HP
	for _, run := range s.places[s.byIdx[index]].runs {
		hps = append(hps, run.hp)
	}
	return hps
}

// archAt reads the record of an architecture from the columns of its row group.
func (s *store) archAt(c *columns, place storeArch) (*Arch, error) {
	a := &Arch{Index: place.index, ordered: place.ordered}
	row := place.row
	for _, run := range place.runs {
		r := &Results{Index: place.index, Cleared: run.cleared}
		for i := range run.trials {
			if i == 0 {
				first := rowReader{c: c, row: row}
				if r.Arch = first.text(colArch); first.err != nil {
					return nil, archError(place.index, first.err)
				}
			}
			t, err := s.trial(c, row)
			if err != nil {
				return nil, archError(place.index, err)
			}
			r.Trials = append(r.Trials, t)
			row++
		}
		if err := s.finish(a, r, run.hp); err != nil {
			return nil, archError(place.index, err)
		}
		a.Set(run.hp, r)
	}
	return a, nil
}

// finish adds to results what their trials do not say.
func (s *store) finish(a *Arch, r *Results, hp HP) error {
	odd, err := s.odd()
	if err != nil {
		return err
	}
	if raw, ok := odd[oddKey(a.Index, hp)]; ok {
		if err := r.takeHead(raw); err != nil {
			return err
		}
		a.Name = r.Arch
		return nil
	}
	if len(r.Trials) == 0 {
		return fmt.Errorf("recipe %v: metadata %s has nothing on it", hp, metaOdd)
	}
	r.Seeds = seedsOf(r.Trials)
	a.Name = r.Arch
	return nil
}

// takeHead takes what the pickle of a record without trials says.
func (r *Results) takeHead(raw []byte) error {
	var p unpickle.Decoder
	v, _, err := p.Pickle(strings.NewReader(string(raw)))
	if err != nil {
		return err
	}
	var b builder
	head, err := b.results(r.Index, v)
	if err != nil {
		return err
	}
	head.Trials, head.raw = r.Trials, raw
	*r = *head
	return nil
}

func (s *store) all() iter.Seq2[*Arch, error] {
	return func(yield func(*Arch, error) bool) {
		var c *columns
		for _, place := range s.places {
			if c == nil || place.row >= s.groups[c.group+1] {
				c = s.group(place.row)
			}
			if !yield(s.archAt(c, place)) {
				return
			}
		}
	}
}
