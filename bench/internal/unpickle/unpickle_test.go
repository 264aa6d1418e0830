package unpickle

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"strings"
	"testing"

	"cellnet/internal/fixture"
)

type memory []byte

func (m memory) Open(offset int64) (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(m[offset:])), nil
}

// mini gives the pickle of the small benchmark file.
func mini(t testing.TB) memory {
	name := fixture.Shared(t, "fixtures/bench/mini/NAS-Bench-201-v1_1-mini-zip.pth")
	z, err := zip.OpenReader(name)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	for _, f := range z.File {
		if strings.HasSuffix(f.Name, "data.pkl") {
			r, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			b, err := io.ReadAll(r)
			if err != nil {
				t.Fatal(err)
			}
			return b
		}
	}
	t.Fatalf("%s has no data.pkl", name)
	return nil
}

func TestScan(t *testing.T) {
	m := mini(t)
	f, err := Scan(m, "arch2infos")
	if err != nil {
		t.Fatal(err)
	}
	t.Log(len(f.Items), f.Items, f.Root, f.Length, len(m), len(f.far))
	var d Decoder
	for _, it := range f.Items {
		k, v, err := d.Entry(f, it.Span)
		if err != nil {
			t.Fatal(err)
		}
		t.Log(k.Int(), v.Len(), d.values.total, d.objects.total, len(d.memo))
	}
	_ = os.Args
}

func BenchmarkScan(b *testing.B) {
	m := mini(b)
	b.SetBytes(int64(len(m)))
	for b.Loop() {
		if _, err := Scan(m, "arch2infos"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	m := mini(b)
	f, err := Scan(m, "arch2infos")
	if err != nil {
		b.Fatal(err)
	}
	var d Decoder
	b.SetBytes(f.Items[11].End - f.Items[0].Offset)
	for b.Loop() {
		for _, it := range f.Items {
			if _, _, err := d.Entry(f, it.Span); err != nil {
				b.Fatal(err)
			}
		}
	}
}
