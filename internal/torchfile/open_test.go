package torchfile

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"

	"cellnet/internal/pickle"
	"cellnet/internal/pickle/pickletest"
)

// tree is a small object with tensors of several kinds, two of which share a
// storage.
func tree() *pickle.Dict {
	numbers := make([]byte, 4*24)
	for i := range numbers {
		numbers[i] = byte(i * 7)
	}
	shared := &pickle.Storage{Type: pickle.FloatStorage, Len: 24, Data: numbers}
	d := new(pickle.Dict)
	d.Set("whole", &pickle.Tensor{Storage: shared, Shape: []int{4, 6}, Stride: []int{6, 1}})
	d.Set("columns", &pickle.Tensor{Storage: shared, Offset: 1, Shape: []int{2, 4}, Stride: []int{2, 6}, Parameter: true, RequiresGrad: true})
	d.Set("scalar", &pickle.Tensor{Storage: &pickle.Storage{Type: pickle.LongStorage, Len: 1, Data: []byte("\x01\x02\x03\x04\x05\x06\x07\x08")}})
	d.Set("empty", &pickle.Tensor{Storage: &pickle.Storage{Type: pickle.HalfStorage}, Shape: []int{0, 3}, Stride: []int{3, 1}})
	d.Set("epoch", 12)
	return d
}

func written(t testing.TB, format Format) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := Write(&out, tree(), format); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// load opens a file and reads all its data.
func load(data []byte) (*File, error) {
	f, err := Open(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, err
	}
	return f, fill(f)
}

func TestRoundTrip(t *testing.T) {
	want := pickletest.Dump(tree())
	for _, format := range []Format{Legacy, Zip} {
		f, err := load(written(t, format))
		if err != nil {
			t.Fatal(err)
		}
		if got := pickletest.Dump(f.Value); got != want || f.Format != format {
			t.Errorf("%v:\n got %s\nwant %s", f.Format, got, want)
		}
		whole, _ := pickle.Field[*pickle.Tensor](f.Value.(*pickle.Dict), "whole")
		columns, _ := pickle.Field[*pickle.Tensor](f.Value.(*pickle.Dict), "columns")
		if whole.Storage != columns.Storage {
			t.Errorf("%v: a shared storage became two", format)
		}
	}
}

// TestFilesOfPyTorch reads files that PyTorch wrote: the same tensors in both
// formats, some of them views of one storage.
func TestFilesOfPyTorch(t *testing.T) {
	var texts []string
	for _, name := range []string{"parameter.pth", "parameter-zip.pth"} {
		data, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := load(data)
		if err != nil {
			t.Fatal(err)
		}
		dict := f.Value.(*pickle.Dict)
		base, _ := pickle.Field[*pickle.Tensor](dict, "base")
		row, _ := pickle.Field[*pickle.Tensor](dict, "row")
		if base.Storage != row.Storage || row.Offset != 12 || dict.Len() != 13 {
			t.Errorf("%s: the row starts at %d of %v, there are %d tensors", name, row.Offset, row.Storage, dict.Len())
		}
		texts = append(texts, pickletest.Dump(f.Value))
	}
	if texts[0] != texts[1] {
		t.Errorf("legacy %s\nzip    %s", texts[0], texts[1])
	}
}

func TestEveryCutIsAnError(t *testing.T) {
	for _, format := range []Format{Legacy, Zip} {
		data := written(t, format)
		for n := range len(data) {
			var broken *pickle.FormatError
			if _, err := load(data[:n]); !errors.As(err, &broken) || !broken.Truncated && n > 200 {
				t.Fatalf("%v cut to %d of %d bytes: error %v", format, n, len(data), err)
			}
		}
	}
}

// TestEveryChangeIsSafe changes every byte. The zip format must notice all
// changes of tensors' data.
func TestEveryChangeIsSafe(t *testing.T) {
	for _, format := range []Format{Legacy, Zip} {
		data := written(t, format)
		at := bytes.Index(data, []byte("\x01\x02\x03\x04\x05\x06\x07\x08"))
		for i := range data {
			changed := bytes.Clone(data)
			changed[i] ^= 0x10
			_, err := load(changed)
			if format == Zip && i >= at && i < at+8 && (err == nil || !strings.Contains(err.Error(), "checksum")) {
				t.Errorf("byte %d changed: error %v, want one about the checksum", i, err)
			}
		}
	}
}

func TestZipRecordsAreAligned(t *testing.T) {
	data := written(t, Zip)
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range archive.File {
		at, err := f.DataOffset()
		if err != nil || at%alignment != 0 || f.Flags != 0 || f.Method != zip.Store {
			t.Errorf("%s starts at %d with flags %x, method %d, %v", f.Name, at, f.Flags, f.Method, err)
		}
	}
}

// record is one of a zip archive that a test makes.
type record struct {
	name string
	data []byte
}

func archive(t testing.TB, method uint16, records ...record) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, r := range records {
		f, err := w.CreateHeader(&zip.FileHeader{Name: r.name, Method: method})
		if err != nil {
			t.Fatal(err)
		}
		f.Write(r.data)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func recordsOf(t testing.TB, data []byte) []record {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var out []record
	for _, f := range archive.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, record{f.Name, content})
	}
	return out
}

func TestCompressedZip(t *testing.T) {
	records := append(recordsOf(t, written(t, Zip)), record{"archive/.data/serialization_id", bytes.Repeat([]byte("0123456789"), 200)})
	f, err := load(archive(t, zip.Deflate, records...))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := pickletest.Dump(f.Value), pickletest.Dump(tree()); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

func TestOpenErrors(t *testing.T) {
	records := recordsOf(t, written(t, Zip))
	with := func(change func([]record) []record) []byte {
		return archive(t, zip.Store, change(append([]record{}, records...))...)
	}
	replace := func(name, data string) []byte {
		return with(func(r []record) []record {
			for i := range r {
				if r[i].name == "archive/"+name {
					r[i].data = []byte(data)
					return r
				}
			}
			return append(r, record{"archive/" + name, []byte(data)})
		})
	}
	legacy := written(t, Legacy)
	count := bytes.LastIndex(legacy, []byte("\x18\x00\x00\x00\x00\x00\x00\x00"))
	more := bytes.Clone(legacy)
	binary.LittleEndian.PutUint64(more[count:], 1<<60)
	zeros := archive(t, zip.Deflate, record{"archive/data.pkl", bigStorage(1 << 20)}, record{"archive/data/0", make([]byte, 4<<20)})
	for _, c := range []struct {
		name, word string
		data       []byte
	}{
		{"nothing", "magic number", nil},
		{"text", "magic number", []byte("hello, this is not a file of PyTorch")},
		{"another pickle", "magic number", []byte("\x80\x02}.")},
		{"start of a zip archive only", "directory is missing", []byte("PK\x03\x04 and no more")},
		{"zip archive of something else", "no record data.pkl", archive(t, zip.Store, record{"hello.txt", []byte("hello")})},
		{"TorchScript", "TorchScript", replace("constants.pkl", "\x80\x02).")},
		{"big-endian", "byte order", replace("byteorder", "big")},
		{"data of another size", "95 bytes where 96", replace("data/0", strings.Repeat("x", 95))},
		{"data missing", `no record "data/1"`, with(func(r []record) []record {
			for i := range r {
				if r[i].name == "archive/data/1" {
					return append(r[:i:i], r[i+1:]...)
				}
			}
			return nil
		})},
		{"two records of one name", "two records", with(func(r []record) []record { return append(r, r[0]) })},
		{"legacy data of another size", "1152921504606846976 elements where 24", more},
		{"legacy data that nothing refers to", "nothing refers to", []byte(pickle.LegacyMagic + "}.N.](X\x01\x00\x00\x000e.")},
		{"legacy tensors without data", "1 storages have no data", append([]byte(pickle.LegacyMagic+"}."), append(legacyStorage(4), "]."...)...)},
		{"archive that expands", "expands", zeros},
	} {
		_, err := load(c.data)
		var broken *pickle.FormatError
		var unsupported *pickle.UnsupportedError
		if !errors.As(err, &broken) && !errors.As(err, &unsupported) {
			t.Errorf("%s: error %T %v", c.name, err, err)
		} else if !strings.Contains(err.Error(), c.word) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %q; want one line with %q", c.name, err, c.word)
		}
	}
}

// bigStorage is the pickle of a tensor of n floats in a storage "0".
func bigStorage(n int) []byte {
	var out bytes.Buffer
	w := pickle.NewWriter(&out, pickle.Protocol2)
	w.StorageKey = func(*pickle.Storage) (string, error) { return "0", nil }
	w.Write(&pickle.Tensor{Storage: &pickle.Storage{Len: n}, Shape: []int{n}, Stride: []int{1}})
	return out.Bytes()
}

func legacyStorage(n int) []byte {
	var out bytes.Buffer
	w := pickle.NewWriter(&out, pickle.Protocol2)
	w.StorageKey, w.LegacyIDs = func(*pickle.Storage) (string, error) { return "0", nil }, true
	w.Write(&pickle.Storage{Len: n})
	return out.Bytes()
}

// TestAllocationsAreBounded opens files that claim much.
func TestAllocationsAreBounded(t *testing.T) {
	manyRecords := make([]record, 20000)
	for i := range manyRecords {
		manyRecords[i].name = strings.Repeat("x", i%7) + string(rune('a'+i%26)) + string(rune(0x100+i))
	}
	claimed := append([]byte(pickle.LegacyMagic+"}."), legacyStorage(1<<36)...)
	claimed = append(claimed, "](X\x01\x00\x00\x000e."...)
	claimed = binary.LittleEndian.AppendUint64(claimed, 1<<36)
	for name, data := range map[string][]byte{
		"storage of 2^38 bytes in a legacy file": claimed,
		"the same in an archive":                 archive(t, zip.Store, record{"a/data.pkl", bigStorage(1 << 36)}, record{"a/data/0", nil}),
		"archive that expands":                   archive(t, zip.Deflate, record{"a/data.pkl", bigStorage(1 << 21)}, record{"a/data/0", make([]byte, 4<<21)}),
		"compressed objects":                     archive(t, zip.Deflate, record{"a/data.pkl", bytes.Repeat([]byte("("), 4<<20)}),
		"many records":                           archive(t, zip.Store, manyRecords...),
		"all of it pickle":                       append([]byte(pickle.LegacyMagic), bytes.Repeat([]byte("N"), 3<<20)...),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := load(data)
		runtime.ReadMemStats(&after)
		if got, limit := int(after.TotalAlloc-before.TotalAlloc), 200*len(data)+4<<20; got > limit || err == nil {
			t.Errorf("%s: %d bytes allocate %d, limit %d, error %v", name, len(data), got, limit, err)
		}
	}
}

// FuzzOpen reads files of both formats with all their data.
func FuzzOpen(f *testing.F) {
	f.Add(written(f, Legacy))
	f.Add(written(f, Zip))
	f.Add(archive(f, zip.Deflate, recordsOf(f, written(f, Zip))...))
	for _, name := range []string{"parameter.pth", "parameter-zip.pth"} {
		data, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		file, err := load(data)
		runtime.ReadMemStats(&after)
		// 8 MiB are left for what the fuzzing engine allocates meanwhile.
		if got := int(after.TotalAlloc - before.TotalAlloc); got > 256*len(data)+8<<20 {
			t.Errorf("%d bytes allocate %d (error %v)", len(data), got, err)
		}
		if err != nil {
			return
		}
		var first, second bytes.Buffer
		if Write(&first, file.Value, Zip) != nil {
			return
		}
		again, err := load(first.Bytes())
		if err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
		if err := Write(&second, again.Value, Zip); err != nil || !bytes.Equal(first.Bytes(), second.Bytes()) {
			t.Errorf("written again, it differs: %v", err)
		}
	})
}
