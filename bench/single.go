package bench

import (
	"fmt"
	"io"
	"iter"

	"cellnet/internal/pickle/unpickle"
	"cellnet/weights"
)

// single is a benchmark of one architecture, read whole from its file.
type single struct {
	a    *Arch
	r    io.ReaderAt
	size int64
	io.Closer
}

// checkSingle makes sure that a file that is no whole benchmark has recipes in
// its root.
func checkSingle(f *unpickle.File) error {
	if _, ok := f.Lookup(keyDatasets); ok {
		return errTrialName
	}
	for _, e := range f.Root {
		if _, _, err := hpOf(e.Key); err != nil {
			return fmt.Errorf("not a benchmark file: it has an entry %.40q, want %s, %s and %s, or the recipes of an architecture",
				e.Key, keyArchs, keyRecords, keyEvaluated)
		}
	}
	return nil
}

// readSingle reads a file of one architecture.
func readSingle(name string, r io.ReaderAt, size int64, closer io.Closer) (*Benchmark, error) {
	var d unpickle.Decoder
	v, err := decodeContainer(&d, r, size)
	if err != nil {
		return nil, err
	}
	var b builder
	a, api, err := b.arch(-1, v)
	if err != nil {
		return nil, err
	}
	if len(a.runs) == 0 {
		return nil, errNoRecords
	}
	a.Index = a.runs[0].results.Index
	l := NASBench201Archive
	if api == NATS {
		l = NATSFolder
	}
	return newBenchmark(name, l, single{a, r, size, closer}), nil
}

func (s single) archs() ([]string, error)  { return spaceOf(s.a.Name).archs(), nil }
func (s single) indexes() []int            { return []int{s.a.Index} }
func (s single) has(index int) bool        { return index == s.a.Index }
func (s single) evaluated() ([]int, error) { return s.indexes(), nil }

func (s single) arch(index int) (*Arch, error) {
	if !s.has(index) {
		return nil, errNotStored
	}
	return s.a, nil
}

func (s single) all() iter.Seq2[*Arch, error] {
	return func(yield func(*Arch, error) bool) { yield(s.a, nil) }
}

func (s single) weightsFile(_ int, hp HP, t *Trial) (*weights.File, weights.Selector, error) {
	f, err := weights.Open(s.r, s.size)
	return f, inArchive(hp, t), err
}
