package bench

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"cellnet/internal/fixture"
	"cellnet/internal/pickle"
	"cellnet/internal/torchfile"
)

// loadTree reads a file's objects with the reference reader.
func loadTree(t *testing.T, path string) any {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasSuffix(path, natsSuffix) {
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
				got, err := s.load(a.Index)
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

func TestExportGivesTheTreesBack(t *testing.T) {
	for _, name := range layoutFiles {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := fixture.Shared(t, name)
			s := importStore(t, path)
			out := filepath.Join(t.TempDir(), filepath.Base(path))
			o := ExportOptions{Layout: s.Layout()}
			if strings.Contains(name, "zip") {
				o.Format = torchfile.Zip
			}
			if err := Export(s, out, o); err != nil {
				t.Fatal(err)
			}
			compareTrees(t, out, path)
		})
	}
}
