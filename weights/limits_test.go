package weights_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/dsnet/compress/bzip2"

	"cellnet/internal/fixture"
	"cellnet/internal/pickle"
	"cellnet/internal/torchfile"
	"cellnet/weights"
)

// allocated gives the bytes that f allocates, garbage included.
func allocated(f func()) int {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return int(after.TotalAlloc - before.TotalAlloc)
}

// readAll opens a file and loads everything in it.
func readAll(data []byte) ([]*weights.StateDict, error) {
	f, err := openBytes(data)
	if err != nil {
		return nil, err
	}
	var states []*weights.StateDict
	for _, n := range f.Networks() {
		s, err := n.Load()
		if err != nil {
			return nil, err
		}
		states = append(states, s)
	}
	for _, name := range f.Entries() {
		if _, err := f.Entry(name); err != nil {
			return states, err
		}
	}
	return states, nil
}

// bound is what reading a file of so many bytes may allocate.
func bound(data []byte) int {
	multiple := 256
	if bytes.HasPrefix(data, []byte("BZh")) {
		multiple = 2048
	}
	return multiple*len(data) + 8<<20
}

// hostile has files that try to get much memory for few bytes.
func hostile(t testing.TB) map[string][]byte {
	file := func(v any) []byte {
		var out bytes.Buffer
		if err := torchfile.Write(&out, v, torchfile.Legacy); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	overlapping := func(n int) any {
		const side = 300
		storage := &pickle.Storage{Type: pickle.FloatStorage, Len: side * side, Data: make([]byte, 4*side*side)}
		d := new(pickle.Dict)
		for i := range n {
			d.Set(fmt.Sprint(i), &pickle.Tensor{Storage: storage, Shape: []int{side, side}, Stride: []int{1, side}})
		}
		return d
	}
	state := overlapping(3)
	repeated := pickle.NewList()
	inner := pickle.NewList(state, state, state)
	for range 12 {
		inner = pickle.NewList(inner, inner, inner)
	}
	repeated.Append(inner)
	entries := new(pickle.Dict)
	entries.Set("state_dict", state)
	entries.Set("often", repeated)
	self := pickle.NewList()
	self.Append(self)
	entries.Set("self", self)

	names := new(strings.Builder)
	names.WriteString(`{"__metadata__":{`)
	for i := range 20000 {
		if i > 0 {
			names.WriteByte(',')
		}
		fmt.Fprintf(names, `"%x":""`, i)
	}
	names.WriteString("}}")
	header := func(s string) []byte {
		return append(binary.LittleEndian.AppendUint64(nil, uint64(len(s))), s...)
	}
	return map[string][]byte{
		"many transposed tensors of one storage": file(overlapping(3000)),
		"an entry that refers to tensors often":  file(entries),
		"safetensors with many names":            header(names.String()),
		"safetensors with many sizes":            header(`{"a":{"dtype":"F32","shape":[` + strings.Repeat("1,", 50000) + `0],"data_offsets":[0,0]}}`),
		"safetensors with much nesting":          header(`{"a":` + strings.Repeat(`{"a":`, 9000)),
		"bzip2 of zeros":                         pack(t, make([]byte, 8<<20)),
		"bzip2 of lists":                         pack(t, append([]byte("\x80\x02"), append(bytes.Repeat([]byte("]"), 1<<20), '.')...)),
	}
}

func pack(t testing.TB, data []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := bzip2.NewWriter(&out, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestAllocationsAreBounded(t *testing.T) {
	for name, data := range hostile(t) {
		var err error
		got := allocated(func() { _, err = readAll(data) })
		if got > bound(data) {
			t.Errorf("%s: %d bytes allocate %d, limit %d (error %v)", name, len(data), got, bound(data), err)
		}
		t.Logf("%-40s %8d bytes, %4d times that, error %v", name, len(data), got/len(data), err)
	}
}

// TestLoadCopiesOnce bounds what a sound file takes.
func TestLoadCopiesOnce(t *testing.T) {
	for _, name := range []string{"weights.pth", "weights-zip.pth"} {
		data, err := os.ReadFile(fixture.Shared(t, "fixtures/nets/readme/"+name))
		if err != nil {
			t.Fatal(err)
		}
		got := allocated(func() { _, err = readAll(data) })
		if limit := 2 * len(data); err != nil || got > limit {
			t.Errorf("%s: %d bytes allocate %d, limit %d, %v", name, len(data), got, limit, err)
		}
	}
}

// failing reads a file with an error in its midst.
type failing struct {
	data []byte
	at   int64
}

var errDisk = errors.New("bad sector")

func (f failing) ReadAt(b []byte, at int64) (int, error) {
	if at+int64(len(b)) > f.at {
		return 0, errDisk
	}
	return bytes.NewReader(f.data).ReadAt(b, at)
}

func TestReadErrorsArePassedOn(t *testing.T) {
	for _, format := range []weights.Format{weights.Legacy, weights.Zip, weights.Safetensors} {
		data := encode(t, format, everyType())
		for at := range int64(len(data)) {
			f, err := weights.Open(failing{data, at}, int64(len(data)))
			if err == nil {
				_, err = f.Networks()[0].Load()
			}
			if !errors.Is(err, errDisk) && format != weights.Zip { // archive/zip makes its own of some
				t.Fatalf("%v that fails at byte %d: error %v", format, at, err)
			}
			if err == nil {
				t.Fatalf("%v that fails at byte %d: no error", format, at)
			}
		}
	}
}

// FuzzOpen reads files of every format. Networks that can be read are written
// in every format and read again.
func FuzzOpen(f *testing.F) {
	small := new(weights.StateDict)
	small.Set("a", weights.NewFloat32([]int{2}, []float32{1, 2}))
	small.Set("module.b", weights.NewInt64(nil, []int64{3}))
	for _, format := range []weights.Format{weights.Legacy, weights.Zip, weights.Safetensors} {
		f.Add(encode(f, format, small))
		f.Add(encode(f, format, small, weights.Description{Arch: "|none~0|", C: 4, Seed: pointer(3)}.Entries()...))
	}
	for _, name := range []string{"parameter.pth", "parameter-zip.pth"} {
		data, err := os.ReadFile("../internal/torchfile/testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	results, trials := new(pickle.Dict), new(pickle.Dict)
	tensor := &pickle.Tensor{Storage: &pickle.Storage{Len: 1, Data: make([]byte, 4)}, Shape: []int{1}, Stride: []int{1}}
	state, trial := new(pickle.Dict), new(pickle.Dict)
	state.Set("a", tensor)
	trial.Set("net_state_dict", state)
	trial.Set("seed", "0777")
	trials.Set(pickle.NewTuple("cifar10", 777), trial)
	results.Set("all_results", trials)
	recipes := new(pickle.Dict)
	recipes.Set("12", results)
	var nats bytes.Buffer
	if err := pickle.NewWriter(&nats, pickle.Protocol4).Write(recipes); err != nil {
		f.Fatal(err)
	}
	f.Add(nats.Bytes())
	f.Add(pack(f, nats.Bytes()))
	f.Fuzz(func(t *testing.T, data []byte) {
		var states []*weights.StateDict
		var err error
		if got := allocated(func() { states, err = readAll(data) }); got > bound(data) {
			t.Errorf("%d bytes allocate %d (error %v)", len(data), got, err)
		}
		for _, want := range states {
			for _, format := range []weights.Format{weights.Legacy, weights.Zip, weights.Safetensors} {
				var out bytes.Buffer
				if weights.Write(&out, format, want) != nil {
					continue // names that are no text, for example
				}
				again, err := readAll(out.Bytes())
				if err != nil || len(again) != 1 {
					t.Fatalf("%v: %d networks of what was written, %v", format, len(again), err)
				}
				if !strings.HasPrefix(strings.Join(want.Names(), " "), "module.") {
					if d := different(want, again[0]); d != "" {
						t.Errorf("%v: %s", format, d)
					}
				}
			}
		}
	})
}

func BenchmarkLoad(b *testing.B) {
	for _, name := range []string{"weights.pth", "weights-zip.pth"} {
		path := fixture.Shared(b, "fixtures/nets/readme/"+name)
		data, err := os.ReadFile(path)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				f, err := weights.OpenFile(path)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := f.Networks()[0].Load(); err != nil {
					b.Fatal(err)
				}
				f.Close()
			}
		})
	}
}

func BenchmarkWrite(b *testing.B) {
	state := load(b, openShared(b, "fixtures/nets/readme/weights.pth"), weights.Selector{})
	for _, format := range []weights.Format{weights.Legacy, weights.Zip, weights.Safetensors} {
		b.Run(format.String(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := weights.Write(io.Discard, format, state); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
