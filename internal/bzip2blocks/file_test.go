package bzip2blocks

import (
	"bytes"
	"compress/bzip2"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"cellnet/internal/fixture"

	writer "github.com/dsnet/compress/bzip2"
)

// pack packs data with small blocks.
func pack(t testing.TB, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := writer.NewWriter(&b, &writer.WriterConfig{Level: 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// text gives bytes that compress about as well as benchmark files do.
func text(n int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.NormFloat64() * 8)
	}
	return b
}

func readAll(packed []byte, offset int64) ([]byte, error) {
	r, err := Open(bytes.NewReader(packed), int64(len(packed))).Reader(offset)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

func TestReaderFromAnyOffset(t *testing.T) {
	for name, data := range map[string][]byte{
		"empty": nil, "one byte": {7}, "a block": text(5000), "many blocks": text(750_000), "runs": make([]byte, 1_000_000),
	} {
		packed := pack(t, data)
		f := Open(bytes.NewReader(packed), int64(len(packed)))
		for _, offset := range []int64{0, 0, int64(len(data)) / 2, 1, int64(len(data)) / 3 * 2, int64(len(data)) - 1, int64(len(data)), int64(len(data)) + 5} {
			if offset < 0 {
				continue
			}
			r, err := f.Reader(offset)
			if err != nil {
				t.Fatalf("%s: offset %d: %v", name, offset, err)
			}
			got, err := io.ReadAll(r)
			if err != nil {
				t.Fatalf("%s: offset %d: %v", name, offset, err)
			}
			if want := data[min(int(offset), len(data)):]; !bytes.Equal(got, want) {
				t.Errorf("%s: offset %d: %d bytes differ from the %d that were packed", name, offset, len(got), len(want))
			}
		}
	}
}

func TestStreamsInARow(t *testing.T) {
	a, b := text(150_000), text(250_000)
	packed := bytes.Join([][]byte{pack(t, a), pack(t, nil), pack(t, b)}, nil)
	got, err := readAll(packed, 140_000)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, append(a[140_000:], b...)) {
		t.Error("other bytes than were packed")
	}
}

// TestPatternWithinABlock has a mark that is none: the bits of a block's
// beginning lie in the middle of another.
func TestPatternWithinABlock(t *testing.T) {
	data := text(250_000)
	packed := pack(t, data)
	f := Open(bytes.NewReader(packed), int64(len(packed)))
	if err := f.find(); err != nil {
		t.Fatal(err)
	}
	false1 := mark{f.marks[1].bit + 1234, false}
	false2 := mark{f.marks[1].bit + 5678, true}
	f.marks = append(f.marks[:2:2], append([]mark{false1, false2}, f.marks[2:]...)...)
	r, err := f.Reader(0)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, data) {
		t.Errorf("%d bytes, %v; want %d", len(got), err, len(data))
	}
}

func TestBrokenFiles(t *testing.T) {
	whole := pack(t, text(300_000))
	flipped := bytes.Clone(whole)
	flipped[len(flipped)/2] ^= 4
	sum := bytes.Clone(whole)
	sum[len(sum)-3] ^= 1
	for name, packed := range map[string][]byte{
		"cut in a block": whole[:len(whole)/2], "cut at the end": whole[:len(whole)-4], "flipped bit": flipped, "wrong sum": sum,
		"nothing": {}, "text": []byte("BZ, not bzip2"), "more behind": append(bytes.Clone(whole), "more"...), "only a head": whole[:4],
	} {
		if got, err := readAll(packed, 0); err == nil {
			t.Errorf("%s: no error, %d bytes", name, len(got))
		} else if strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPublishedFile(t *testing.T) {
	packed, err := os.ReadFile(fixture.Shared(t, "fixtures/bench/nats-mini/NATS-tss-v1_0-mini.pickle.pbz2"))
	if err != nil {
		t.Fatal(err)
	}
	want, err := io.ReadAll(bzip2.NewReader(bytes.NewReader(packed)))
	if err != nil {
		t.Fatal(err)
	}
	got, err := readAll(packed, 1_000_000)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want[1_000_000:]) {
		t.Error("other bytes than Go's package reads")
	}
}

func FuzzReader(f *testing.F) {
	f.Add(pack(f, text(1000)), int64(10))
	f.Add(pack(f, nil), int64(0))
	f.Add(append(pack(f, text(10)), pack(f, text(20))...), int64(5))
	f.Fuzz(func(t *testing.T, packed []byte, offset int64) {
		if offset < 0 || len(packed) > 1<<16 {
			t.Skip()
		}
		got, err := readAll(packed, offset)
		want, wantErr := io.ReadAll(bzip2.NewReader(bytes.NewReader(packed)))
		if err == nil && wantErr == nil && !bytes.Equal(got, want[min(offset, int64(len(want))):]) {
			t.Errorf("%d bytes differ", len(got))
		}
	})
}

func BenchmarkReader(b *testing.B) {
	packed := pack(b, text(3_000_000))
	b.SetBytes(3_000_000)
	for b.Loop() {
		if _, err := readAll(packed, 0); err != nil {
			b.Fatal(err)
		}
	}
}

// A small file that unpacks to much is refused, whether its blocks are large or
// many, and in no time.
func TestExpansionIsBounded(t *testing.T) {
	for _, n := range []int{2 << 20, 3_000_000, 60_000_000} {
		packed := pack(t, make([]byte, n))
		if int64(n) <= Limit(int64(len(packed))) {
			t.Fatalf("%d bytes of %d are allowed", n, len(packed))
		}
		if got, err := readAll(packed, 0); !errors.Is(err, ErrExpands) || int64(len(got)) > Limit(int64(len(packed))) {
			t.Errorf("%d bytes that become %d: %d read, %v", len(packed), n, len(got), err)
		}
	}
	for _, name := range []string{"bz_bomb.pickle.pbz2", "bz_bomb_str.pickle.pbz2"} {
		packed, err := os.ReadFile(fixture.Shared(t, "fixtures/hostile/"+name))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := readAll(packed, 0); !errors.Is(err, ErrExpands) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
