package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"cellnet/internal/atomicfile"
	"cellnet/internal/pickle"
	"cellnet/internal/pickle/unpickle"

	"github.com/parquet-go/parquet-go"
)

// archsPerGroup is the number of architectures in a row group, and pageBytes the
// size of a page: what a query of one architecture reads of every column.
const (
	archsPerGroup = 1000
	pageBytes     = 1 << 17
)

// Import writes everything that a benchmark holds, but for trained weights, into
// a store at path: a Parquet file that [Open] opens at once and reads in
// parts. progress, which may be nil, is told how many architectures are done.
func Import(b *Benchmark, path string, progress func(done, total int)) error {
	err := atomicfile.Write(path, func(w io.Writer) error { return writeStore(w, b, progress) })
	if err != nil {
		return fmt.Errorf("importing %s: %w", b.name, err)
	}
	return nil
}

func writeStore(out io.Writer, b *Benchmark, progress func(done, total int)) error {
	w := newStoreWriter(out)
	total := len(b.Stored())
	for a, err := range b.All() {
		if err != nil {
			return err
		}
		if err := w.add(a); err != nil {
			return archError(a.Index, err)
		}
		if progress != nil {
			progress(len(w.archs), total)
		}
	}
	space, err := b.space()
	if err != nil {
		return err
	}
	h := storeHeader{storeVersion, b.name, b.layout, len(space.archs)}
	root, err := b.root()
	if err != nil {
		return err
	}
	return w.close(h, space.archs, root)
}

// rooted are backends whose file says more than records.
type rooted interface {
	// root gives the entries of the file's root, with nil in the places of the
	// records and of the search space, or nil if there is no root.
	root() (*pickle.Dict, error)
}

// root gives the file's root, or one that says the same.
func (b *Benchmark) root() (*pickle.Dict, error) {
	if r, ok := b.from.(rooted); ok {
		if root, err := r.root(); root != nil || err != nil {
			return root, err
		}
	}
	n, err := b.Len()
	if err != nil {
		return nil, err
	}
	listed, err := b.listed()
	if err != nil {
		return nil, err
	}
	return newRoot(n, listed, b.layout), nil
}

// newRoot makes a root as the published files of a layout have it.
func newRoot(archs int, evaluated []int, l Layout) *pickle.Dict {
	root := new(pickle.Dict)
	root.Set(keyArchs, nil)
	root.Set("total_archs", archs)
	root.Set(keyRecords, nil)
	switch l {
	case NATSFile, NATSFolder:
		set := new(pickle.Set)
		if l == NATSFile {
			for _, i := range evaluated {
				set.Add(i)
			}
		}
		root.Set(keyEvaluated, set)
	default:
		list := new(pickle.List)
		for _, i := range evaluated {
			list.Append(i)
		}
		root.Set(keyEvaluated, list)
	}
	return root
}

// rootTree copies entries of a root.
func rootTree(entries []unpickle.Entry, value func(key string) (unpickle.Value, error)) (*pickle.Dict, error) {
	root := new(pickle.Dict)
	for _, e := range entries {
		var made any
		if e.Key != keyRecords && e.Key != keyArchs {
			v, err := value(e.Key)
			if err != nil {
				return nil, err
			}
			if made, err = tree(v); err != nil {
				return nil, fmt.Errorf("%s: %w", e.Key, err)
			}
		}
		if err := root.Put(e.Key, made); err != nil {
			return nil, err
		}
	}
	return root, nil
}

// storeWriter writes a store.
type storeWriter struct {
	w     *parquet.Writer
	archs []storeArch
	rows  int64
	odd   map[string][]byte
	buf   []parquet.Value
}

func newStoreWriter(out io.Writer) *storeWriter {
	return &storeWriter{
		w: parquet.NewWriter(out, newStoreSchema(), parquet.PageBufferSize(pageBytes), parquet.CreatedBy("cellnet", "1", ""),
			parquet.SkipPageBounds("raw"), parquet.SkipPageStatistics("raw")),
		odd: map[string][]byte{},
	}
}

// add writes an architecture's trials.
func (w *storeWriter) add(a *Arch) error {
	if n := len(w.archs); n > 0 && n%archsPerGroup == 0 {
		if err := w.w.Flush(); err != nil {
			return err
		}
	}
	entry := storeArch{index: a.Index, row: w.rows, ordered: a.ordered}
	for hp, r := range a.All() {
		if len(r.Trials) > maxTrials {
			return fmt.Errorf("%d trials of recipe %v, a store has room for %d", len(r.Trials), hp, maxTrials)
		}
		for _, t := range r.Trials {
			if err := w.row(a, hp, r, t); err != nil {
				return fmt.Errorf("trial (%v, %d) of recipe %v: %w", t.Dataset, t.Seed, hp, err)
			}
		}
		entry.runs = append(entry.runs, storeRun{hp, len(r.Trials), r.Cleared})
		raw, err := r.storedRaw(a.Index)
		if err != nil {
			return err
		}
		if raw != nil {
			w.odd[oddKey(a.Index, hp)] = raw
		}
	}
	w.archs = append(w.archs, entry)
	w.rows += entry.rows()
	return w.endPages()
}

// endPages ends the pages of the columns of curves, so that those of an
// architecture are read without those of others.
func (w *storeWriter) endPages() error {
	columns := w.w.ColumnWriters()
	for _, column := range curveColumns() {
		if err := columns[column].Flush(); err != nil {
			return err
		}
	}
	return nil
}

// close writes the metadata and the end of the file.
func (w *storeWriter) close(h storeHeader, archs []string, root *pickle.Dict) error {
	header, err := json.Marshal(h)
	if err != nil {
		return err
	}
	rootPickle, err := pickled(root)
	if err != nil {
		return err
	}
	w.w.SetKeyValueMetadata(metaHeader, string(header))
	w.w.SetKeyValueMetadata(metaIndex, packText(marshalIndex(w.archs)))
	w.w.SetKeyValueMetadata(metaArchs, packText([]byte(strings.Join(archs, "\n"))))
	w.w.SetKeyValueMetadata(metaRoot, packText(rootPickle))
	if len(w.odd) > 0 {
		odd, err := json.Marshal(w.odd)
		if err != nil {
			return err
		}
		w.w.SetKeyValueMetadata(metaOdd, packText(odd))
	}
	return w.w.Close()
}
