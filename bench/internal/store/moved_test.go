package store

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"testing"

	"cellnet/bench/internal/source"
	"cellnet/bench/record"
	"cellnet/data"

	"github.com/parquet-go/parquet-go"
)

// storeOf writes trials of two architectures by two recipes.
func storeOf(t *testing.T, indexes ...int) []byte {
	t.Helper()
	var archs []*record.Architecture
	c := contents(t, indexes[0])
	for _, index := range indexes {
		for a, err := range contents(t, index).All {
			if err != nil {
				t.Fatal(err)
			}
			r, err := a.Results(record.HP12)
			if err != nil {
				t.Fatal(err)
			}
			other, err := record.NewResults(index, a.ArchString, r.Trials)
			if err != nil {
				t.Fatal(err)
			}
			a.Set(record.HP200, other)
			archs = append(archs, a)
		}
	}
	c.All = source.FromRecords(source.FromMemory(archs...)).All()
	var b bytes.Buffer
	if err := Write(&b, c, func() {}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// rewritten writes a store's rows in another order as another program does, which
// keeps the metadata.
func rewritten(t *testing.T, store []byte, reorder func([]parquet.Row)) []byte {
	t.Helper()
	f, err := parquet.OpenFile(bytes.NewReader(store), int64(len(store)))
	if err != nil {
		t.Fatal(err)
	}
	var rows []parquet.Row
	for _, g := range f.RowGroups() {
		buf := make([]parquet.Row, g.NumRows())
		r := g.Rows()
		if n, err := r.ReadRows(buf); n != len(buf) {
			t.Fatalf("%d rows, %v", n, err)
		}
		for _, row := range buf {
			rows = append(rows, row.Clone())
		}
		r.Close()
	}
	reorder(rows)
	var b bytes.Buffer
	w := parquet.NewGenericWriter[row](&b)
	for _, kv := range f.Metadata().KeyValueMetadata {
		w.SetKeyValueMetadata(kv.Key, kv.Value)
	}
	if _, err := w.WriteRows(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestMovedRowsAreTold(t *testing.T) {
	store := storeOf(t, 5, 11) // of each 2 trials of 12 epochs, and 2 of 200
	for _, c := range []struct {
		name    string
		reorder func([]parquet.Row)
		want    error
	}{
		{"as they were", func([]parquet.Row) {}, nil},
		{"trials of one recipe", func(r []parquet.Row) { r[0], r[1] = r[1], r[0] }, nil},
		{"all backwards", slices.Reverse[[]parquet.Row], errMoved},
		{"recipes", func(r []parquet.Row) { r[0], r[2] = r[2], r[0] }, errMoved},
		{"architectures", func(r []parquet.Row) { r[0], r[4] = r[4], r[0] }, errMoved},
	} {
		file := rewritten(t, store, c.reorder)
		s, err := Open(bytes.NewReader(file), int64(len(file)), io.NopCloser(nil))
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		last := source.Query{Dataset: data.CIFAR100, HP: record.HP12, Parts: source.AllParts}
		_, errTrials := s.Trials(5, last)
		_, errSnapshots := s.Snapshots(5, last)
		_, errArch := s.Architecture(5)
		var errAll error
		for _, err := range s.AllSnapshots(last) {
			errAll = errors.Join(errAll, err)
		}
		for what, err := range map[string]error{"Trials": errTrials, "Snapshots": errSnapshots, "Architecture": errArch, "AllSnapshots": errAll} {
			if !errors.Is(err, c.want) || c.want == nil && err != nil {
				t.Errorf("%s: %s gives %v, want %v", c.name, what, err, c.want)
			}
		}
	}
}
