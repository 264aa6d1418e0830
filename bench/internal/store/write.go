package store

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"cellnet/bench/internal/published"
	"cellnet/bench/internal/source"
	"cellnet/bench/record"

	"github.com/parquet-go/parquet-go"
)

// archsPerGroup is the number of architectures in a row group, and pageBytes the
// size of a page: what a query of one architecture reads of every column.
const (
	archsPerGroup = 1000
	pageBytes     = 1 << 17
)

// Write writes a store. count is called for every architecture that is done.
func Write(out io.Writer, c source.Contents, count func()) error {
	w := newWriter(out)
	for a, err := range c.All {
		if err != nil {
			return err
		}
		if err := w.add(a); err != nil {
			return fmt.Errorf("architecture %d: %w", a.Index, err)
		}
		count()
	}
	return w.close(c)
}

// writer writes a store.
type writer struct {
	w       *parquet.GenericWriter[row]
	columns []column
	places  []place
	rows    int64
	heads   map[string][]byte
	row     rowWriter
}

func newWriter(out io.Writer) *writer {
	w := parquet.NewGenericWriter[row](out, parquet.PageBufferSize(pageBytes), parquet.CreatedBy("cellnet", "1", ""),
		parquet.SkipPageBounds("raw"), parquet.SkipPageStatistics("raw"))
	return &writer{w: w, columns: columnsOf(w.Schema()), heads: map[string][]byte{}, row: rowWriter{columns: w.ColumnWriters()}}
}

// add writes an architecture's trials.
func (w *writer) add(a *record.Architecture) error {
	if n := len(w.places); n > 0 && n%archsPerGroup == 0 {
		if err := w.w.Flush(); err != nil {
			return err
		}
	}
	at := place{index: a.Index, row: w.rows, ordered: a.OrderedDict}
	for hp, r := range a.All() {
		if len(r.Trials) > maxTrials {
			return fmt.Errorf("%d trials of recipe %v, a store has room for %d", len(r.Trials), hp, maxTrials)
		}
		for _, t := range r.Trials {
			if err := w.row.trial(a.Index, hp, r.ArchString, t); err != nil {
				return fmt.Errorf("trial (%v, %d) of recipe %v: %w", t.Dataset, t.Seed, hp, err)
			}
		}
		at.recipes = append(at.recipes, recipe{hp, len(r.Trials), r.Cleared})
		head, err := published.EncodeHead(a.Index, r)
		if err != nil {
			return err
		}
		if head != nil {
			w.heads[headKey(a.Index, hp)] = head
		}
	}
	w.places = append(w.places, at)
	w.rows += at.rows()
	return w.endPages()
}

// endPages ends the pages of the columns of curves, so that those of an
// architecture are read without those of others.
func (w *writer) endPages() error {
	for i, c := range w.columns {
		if c.kind != curves {
			continue
		}
		if err := w.row.columns[i].Flush(); err != nil {
			return err
		}
	}
	return nil
}

// close writes the metadata and the end of the file.
func (w *writer) close(c source.Contents) error {
	about, err := json.Marshal(header{version, c.Name, c.Layout, len(c.ArchStrings)})
	if err != nil {
		return err
	}
	root, err := published.Pickled(c.Root)
	if err != nil {
		return err
	}
	w.w.SetKeyValueMetadata(metaHeader, string(about))
	w.w.SetKeyValueMetadata(metaIndex, packText(marshalIndex(w.places)))
	w.w.SetKeyValueMetadata(metaArchs, packText([]byte(strings.Join(c.ArchStrings, "\n"))))
	w.w.SetKeyValueMetadata(metaRoot, packText(root))
	if len(w.heads) > 0 {
		heads, err := json.Marshal(w.heads)
		if err != nil {
			return err
		}
		w.w.SetKeyValueMetadata(metaHeads, packText(heads))
	}
	return w.w.Close()
}
