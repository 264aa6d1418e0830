package bench

import (
	"bytes"
	"cellnet/bench/record"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"cellnet/bench/internal/published"
	"cellnet/internal/fixture"
	"cellnet/internal/pickle"
	"cellnet/internal/torchfile"
	"cellnet/weights"
)

// loadTree reads a file's objects with the reference reader.
func loadTree(t *testing.T, path string) any {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasSuffix(path, published.NATSSuffix) {
		d, err := pickle.DecodeBzip2(data)
		if err != nil {
			t.Fatal(err)
		}
		return d.Value
	}
	f, err := torchfile.Open(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	return f.Value
}

// treeDifference says where two trees differ, in a type, a value or an order.
// Trained weights may be None in got.
func treeDifference(got, want any) string {
	switch want := want.(type) {
	case *pickle.Dict:
		got, ok := got.(*pickle.Dict)
		if !ok || got.Ordered != want.Ordered || got.Len() != want.Len() {
			return fmt.Sprintf(": %s, want %s", short(got), short(want))
		}
		type pair struct{ key, value any }
		var pairs []pair
		for k, v := range got.All() {
			pairs = append(pairs, pair{k, v})
		}
		i := 0
		for k, v := range want.All() {
			p := pairs[i]
			i++
			if d := treeDifference(p.key, k); d != "" {
				return fmt.Sprintf(" key %d%s", i, d)
			}
			if k == keyWeights && p.value == nil {
				continue
			}
			if d := treeDifference(p.value, v); d != "" {
				return fmt.Sprintf("[%v]%s", short(k), d)
			}
		}
		return ""
	case *pickle.List:
		got, ok := got.(*pickle.List)
		if !ok || got.Len() != want.Len() {
			return fmt.Sprintf(": %s, want %s", short(got), short(want))
		}
		for i := range *want {
			if d := treeDifference((*got)[i], (*want)[i]); d != "" {
				return fmt.Sprintf("[%d]%s", i, d)
			}
		}
		return ""
	case *pickle.Tuple:
		got, ok := got.(*pickle.Tuple)
		if !ok || got.Len() != want.Len() {
			return fmt.Sprintf(": %s, want %s", short(got), short(want))
		}
		for i := range *want {
			if d := treeDifference((*got)[i], (*want)[i]); d != "" {
				return fmt.Sprintf("(%d)%s", i, d)
			}
		}
		return ""
	case *pickle.Set:
		got, ok := got.(*pickle.Set)
		if !ok || got.Frozen != want.Frozen || got.Len() != want.Len() {
			return fmt.Sprintf(": %s, want %s", short(got), short(want))
		}
		for v := range want.All() {
			if !got.Has(v) {
				return fmt.Sprintf(": %v is missing", v)
			}
		}
		return ""
	case float64:
		if got, ok := got.(float64); ok && math.Float64bits(got) == math.Float64bits(want) {
			return ""
		}
	case pickle.Scalar:
		if got, ok := got.(pickle.Scalar); ok && got.Type == want.Type && bytes.Equal(got.Data, want.Data) {
			return ""
		}
	default:
		if reflect.DeepEqual(got, want) {
			return ""
		}
	}
	return fmt.Sprintf(": %s, want %s", short(got), short(want))
}

func short(v any) string {
	switch v := v.(type) {
	case *pickle.Dict:
		if v == nil {
			return "something else"
		}
		return fmt.Sprintf("dict of %d, ordered %v", v.Len(), v.Ordered)
	case *pickle.List:
		return fmt.Sprintf("list %v", v)
	}
	return fmt.Sprintf("%T %v", v, v)
}

func TestTreeDifferenceSeesDifferences(t *testing.T) {
	dict := func(ordered bool, items ...any) *pickle.Dict {
		d := &pickle.Dict{Ordered: ordered}
		for i := 0; i < len(items); i += 2 {
			d.Set(items[i], items[i+1])
		}
		return d
	}
	a := dict(false, "x", 1, "y", pickle.NewList(1.5, nil))
	for _, b := range []any{
		dict(true, "x", 1, "y", pickle.NewList(1.5, nil)),
		dict(false, "y", pickle.NewList(1.5, nil), "x", 1),
		dict(false, "x", 1.0, "y", pickle.NewList(1.5, nil)),
		dict(false, "x", 1, "y", pickle.NewList(pickle.Float64Scalar(1.5), nil)),
		dict(false, "x", 1, "y", pickle.NewTuple(1.5, nil)),
		dict(false, "x", 1, "y", pickle.NewList(1.5, 0)),
		dict(false, "x", 1, "y", pickle.NewList(1.5, nil), "z", nil),
		nil,
	} {
		if treeDifference(b, a) == "" || treeDifference(a, b) == "" {
			t.Errorf("no difference between %v and %v", short(a), short(b))
		}
	}
	if d := treeDifference(a, dict(false, "x", 1, "y", pickle.NewList(1.5, nil))); d != "" {
		t.Error(d)
	}
}

// filesOf lists the files below a file or folder that hold pickles.
func filesOf(t *testing.T, path string) []string {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if !info.IsDir() {
		return []string{""}
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func compareTrees(t *testing.T, got, want string) {
	t.Helper()
	names := filesOf(t, want)
	if have := filesOf(t, got); !reflect.DeepEqual(have, names) {
		t.Fatalf("files %v, want %v", have, names)
	}
	for _, name := range names {
		if d := treeDifference(loadTree(t, filepath.Join(got, name)), loadTree(t, filepath.Join(want, name))); d != "" {
			t.Errorf("%s%.300s", name, d)
		}
	}
}

func mustOpen(t testing.TB, path string) *Benchmark {
	t.Helper()
	b, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// store imports a file into a store and opens that.
func importStore(t testing.TB, path string) *Benchmark {
	t.Helper()
	store := filepath.Join(t.TempDir(), "store.parquet")
	if err := Import(mustOpen(t, path), store, nil); err != nil {
		t.Fatal(err)
	}
	return mustOpen(t, store)
}

var layoutFiles = []string{
	"fixtures/bench/mini/NAS-Bench-201-v1_1-mini.pth",
	"fixtures/bench/mini/NAS-Bench-201-v1_1-mini-zip.pth",
	"fixtures/bench/mini/NAS-Bench-201-v1_0-mini.pth",
	"fixtures/bench/nats-mini/NATS-tss-v1_0-mini.pickle.pbz2",
	"fixtures/bench/nats-mini/NATS-tss-v1_0-odd.pickle.pbz2",
	"fixtures/bench/nats-full/NATS-tss-v1_0-3ffb9-full",
	"data/nats/NATS-tss-v1_0-3ffb9-simple",
	"data/nats/NATS-sss-v1_0-50262-simple",
	"fixtures/bench/archive",
	"fixtures/bench/archive-zip",
}

func TestStoreKeepsRecords(t *testing.T) {
	for _, name := range layoutFiles {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := mustOpen(t, fixture.Shared(t, name))
			s := importStore(t, fixture.Shared(t, name))
			n := 0
			for a, err := range b.All() {
				if err != nil {
					t.Fatal(err)
				}
				got, err := s.source.Architecture(a.Index)
				if err != nil {
					t.Fatal(err)
				}
				if !reflect.DeepEqual(got, a) {
					t.Errorf("architecture %d differs", a.Index)
				}
				n++
			}
			if n != len(s.Stored()) {
				t.Errorf("%d architectures, want %d", len(s.Stored()), n)
			}
		})
	}
}

// TestExportGivesTheTreesBack exports stores of published files and compares
// what the reference reader and Python read with the published files.
func TestExportGivesTheTreesBack(t *testing.T) {
	dir := t.TempDir()
	var pairs []string
	for _, name := range layoutFiles {
		path := fixture.Shared(t, name)
		pairs = append(pairs, filepath.Join(dir, filepath.Base(path)), path)
	}
	t.Run("go", func(t *testing.T) {
		for pair := range slices.Chunk(pairs, 2) {
			out, path := pair[0], pair[1]
			t.Run(filepath.Base(path), func(t *testing.T) {
				t.Parallel()
				s := importStore(t, path)
				o := ExportOptions{Layout: s.Layout()}
				if strings.Contains(path, "zip") {
					o.Format = weights.Zip
				}
				if err := Export(s, out, o); err != nil {
					t.Fatal(err)
				}
				compareTrees(t, out, path)
			})
		}
	})
	t.Run("python", func(t *testing.T) { compareInPython(t, pairs) })
}

// TestExportInAnotherLayout converts between files that hold the same records.
func TestExportInAnotherLayout(t *testing.T) {
	const (
		torch = "fixtures/bench/mini/NAS-Bench-201-v1_1-mini.pth"
		nats  = "fixtures/bench/nats-mini/NATS-tss-v1_0-mini.pickle.pbz2"
	)
	for _, c := range []struct {
		from, to string
		layout   Layout
	}{{torch, nats, record.NATSFile}, {nats, torch, record.NASBench201}} {
		out := filepath.Join(t.TempDir(), filepath.Base(c.to))
		if err := Export(mustOpen(t, fixture.Shared(t, c.from)), out, ExportOptions{Layout: c.layout}); err != nil {
			t.Fatal(err)
		}
		if d := treeDifference(loadTree(t, out), loadTree(t, fixture.Shared(t, c.to))); d != "" {
			t.Errorf("%s to %v: %.300s", c.from, c.layout, d)
		}
	}
}

// TestExportOfFolders converts a single file to folders and back.
func TestExportOfFolders(t *testing.T) {
	source := fixture.Shared(t, "fixtures/bench/mini/NAS-Bench-201-v1_1-mini.pth")
	b := mustOpen(t, source)
	for _, l := range []Layout{record.NASBench201Archive, record.NATSFolder} {
		dir := filepath.Join(t.TempDir(), l.String())
		if err := Export(b, dir, ExportOptions{Layout: l}); err != nil {
			t.Fatal(err)
		}
		f := mustOpen(t, dir)
		if f.Layout() != l || len(f.Stored()) != len(b.Stored()) {
			t.Fatalf("%v of %d architectures, want %v of %d", f.Layout(), len(f.Stored()), l, len(b.Stored()))
		}
		out := filepath.Join(t.TempDir(), "back.pth")
		if err := Export(f, out, ExportOptions{Layout: record.NASBench201}); err != nil {
			t.Fatal(err)
		}
		got, want := loadTree(t, out).(*pickle.Dict), loadTree(t, source).(*pickle.Dict)
		for i := range get(want, keyRecords).(*pickle.Dict).All() {
			if d := treeDifference(get(got, keyRecords, i), get(want, keyRecords, i)); d != "" {
				t.Errorf("%v: architecture %v: %.300s", l, i, d)
			}
		}
		if err := Export(b, dir, ExportOptions{Layout: l}); !errors.Is(err, fs.ErrExist) {
			t.Errorf("error %v though the folder is there", err)
		}
	}
}

// TestExportRefuses has a search space that a layout has no place for.
func TestExportRefuses(t *testing.T) {
	b := mustOpen(t, fixture.Shared(t, "data/nats/NATS-sss-v1_0-50262-simple"))
	path := filepath.Join(t.TempDir(), "out.pth")
	err := Export(b, path, ExportOptions{Layout: record.NASBench201})
	if err == nil || !strings.Contains(err.Error(), "no place for recipes and networks of the size search space") {
		t.Errorf("error %v", err)
	}
	if entries, _ := os.ReadDir(filepath.Dir(path)); len(entries) > 0 {
		t.Errorf("%v was left behind", entries)
	}
}
