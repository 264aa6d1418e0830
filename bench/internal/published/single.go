package published

import (
	"fmt"
	"io"

	"cellnet/bench/internal/source"
	"cellnet/bench/record"
	"cellnet/weights"
)

// single is a benchmark of one architecture, read whole from its file.
type single struct {
	source.NoFile
	a      *record.Architecture
	r      io.ReaderAt
	size   int64
	closer io.Closer
}

// openSingle reads a file of one architecture.
func openSingle(o opened) (source.Records, record.Layout, error) {
	for _, e := range o.pickle.Root {
		if err := checkRecipe(e.Key); err != nil {
			return nil, 0, err
		}
	}
	d := new(decoder)
	v, err := decodeContainer(&d.Decoder, o.r, o.size)
	if err != nil {
		return nil, 0, err
	}
	if v.IsDict() && v.Len() > 0 { // an OrderedDict, as weights are, has no root before
		if err := checkRecipe(string(v.Items()[0].Text())); err != nil {
			return nil, 0, err
		}
	}
	a, api, err := d.architecture(-1, v)
	if err != nil {
		return nil, 0, err
	}
	hps := a.HPs()
	if len(hps) == 0 {
		return nil, 0, errNoRecords
	}
	first, err := a.Results(hps[0])
	if err != nil {
		return nil, 0, err
	}
	a.Index = first.Index
	l := record.NASBench201Archive
	if api == record.NATS {
		l = record.NATSFolder
	}
	return &single{a: a, r: o.r, size: o.size, closer: o.closer}, l, nil
}

// checkRecipe tells an architecture's entry from those of files of other kinds.
func checkRecipe(key string) error {
	if _, _, err := record.ParseRecipeKey(key); err != nil {
		return fmt.Errorf("not a benchmark file: it has an entry %.40q, want %s, %s and %s, or the recipes of an architecture",
			key, keyArchs, keyRecords, keyEvaluated)
	}
	return nil
}

func (s *single) ArchStrings() ([]string, error) {
	return record.ArchStrings(record.SpaceOf(s.a.ArchString)), nil
}

func (s *single) Indexes() []int            { return []int{s.a.Index} }
func (s *single) Has(index int) bool        { return index == s.a.Index }
func (s *single) Evaluated() ([]int, error) { return s.Indexes(), nil }
func (s *single) Close() error              { return s.closer.Close() }

func (s *single) Architecture(index int) (*record.Architecture, error) {
	if !s.Has(index) {
		return nil, source.ErrNotStored
	}
	return s.a, nil
}

func (s *single) Weights(_ int, hp record.HP, t *record.Trial) (*weights.File, weights.Selector, error) {
	f, err := weights.Open(s.r, s.size)
	return f, inArchive(hp, t), err
}
