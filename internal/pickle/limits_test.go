package pickle_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/dsnet/compress/bzip2"

	"cellnet/internal/pickle"
)

// allocated gives the bytes that f allocates, garbage included.
func allocated(f func()) int {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return int(after.TotalAlloc - before.TotalAlloc)
}

// hostile has pickles that try to get much memory for few bytes. Each is
// repeated to the size that is asked for.
func hostile(size int) map[string][]byte {
	fill := func(before, unit, after string) []byte {
		n := (size - len(before) - len(after)) / len(unit)
		return []byte(before + strings.Repeat(unit, max(n, 1)) + after)
	}
	return map[string][]byte{
		"marks":                  fill("", "(", "N."),
		"marks and pops":         fill("", "(0", "N."),
		"marks and tuples":       fill("", "(t", "."),
		"lists":                  fill("", "]", "."),
		"dicts":                  fill("", "}", "."),
		"sets":                   fill("", "\x8f", "."),
		"frozensets":             fill("", "(\x91", "."),
		"lists after their mark": fill("", "(l", "."),
		"empty tuples":           fill("", ")", "."),
		"None":                   fill("", "N", "."),
		"DUP":                    fill("N", "2", "."),
		"small ints in a list":   fill("](", "K\x01", "e."),
		"ints in a list":         fill("](", "M\x01\x02", "e."),
		"appended one by one":    fill("]", "Na", "."),
		"ints of 100 bytes":      fill("](", "\x8a\x64"+strings.Repeat("\x7f", 100), "e."),
		"ints of 1000 digits":    fill("](", "L"+strings.Repeat("7", 1000)+"L\n", "e."),
		"ints of 10 digits":      fill("](", "L7777777777L\n", "e."),
		"floats":                 fill("](", "F1\n", "e."),
		"entries":                fill("}", "K\x01Ns", "."),
		"new entries":            entries(size),
		"memo written":           fill("N", "\x94", "."),
		"memo written and read":  memo(size),
		"one-byte strings":       fill("](", "U\x01a", "e."),
		"escaped strings":        fill("](", "S'\\x00'\n", "e."),
		"unicode escapes":        fill("](", "V\xff\xff\xff\n", "e."),
		"one-byte bytes":         fill("](", "C\x01a", "e."),
		"bytearrays":             fill("](", "\x96\x01\x00\x00\x00\x00\x00\x00\x00a", "e."),
		"classes":                fill("](", "cnumpy\ndtype\n", "e."),
		"classes by name":        fill("X\x05\x00\x00\x00numpyq\x00X\x05\x00\x00\x00dtypeq\x01](", "h\x00h\x01\x93", "e."),
		"OrderedDicts":           fill("ccollections\nOrderedDict\nq\x00](", "h\x00)R", "e."),
		"sets of one list":       fill("c__builtin__\nset\nq\x00](K\x01K\x02K\x03K\x04K\x05K\x06eq\x01](", "h\x00h\x01\x85R", "e."),
		"bytes of one str":       fill("c_codecs\nencode\nX\x00\x01\x00\x00"+strings.Repeat("x", 256)+"X\x06\x00\x00\x00latin1\x86q\x01](c_codecs\nencode\nq\x02", "h\x02h\x01R", "e."),
		"scalars":                fill("cnumpy.core.multiarray\nscalar\nq\x00cnumpy\ndtype\nX\x02\x00\x00\x00f8\x85RC\x08abcdefgh\x86q\x01](", "h\x00h\x01R", "e."),
		"tensors":                fill(storage("K\x02")+"q\x00K\x01K\x01K\x01\x87q\x01ctorch._utils\n_rebuild_tensor_v2\nq\x02](", "h\x02(h\x00K\x00h\x01h\x01tR", "e."),
		"arrays of one str":      fill("cnumpy.core.multiarray\n_reconstruct\nq\x00cnumpy\nndarray\nK\x00\x85U\x01b\x87q\x01(K\x01K\xc8\x85cnumpy\ndtype\nX\x02\x00\x00\x00u1\x85R\x89U\xc8"+strings.Repeat("x", 200)+"tq\x02](", "h\x00h\x01Rh\x02b", "e."),
		"storages by value":      fill("\x80\x03ctorch.storage\n_load_from_bytes\nq\x00C"+string(rune(byValue().Len()))+byValue().String()+"\x85q\x01](", "h\x00h\x01R", "e."),
		"instances":              fill("cm\nc\nq\x00](", "h\x00)\x81", "e."),
		"instances with names":   fill("\x80\x04cm\nc\nq\x00](", "h\x00)}\x92", "e."),
		"instances by OBJ":       fill("cm\nc\nq\x00](", "(h\x00o", "e."),
		"instances by INST":      fill("](", "(im\nc\n", "e."),
		"instances by a call":    fill("cm\nc\nq\x00](", "h\x00)R", "e."),
		"instances with state":   fill("cm\nc\nq\x00](", "h\x00)\x81Nb", "e."),
		"instances with entries": fill("cm\nc\nq\x00](", "h\x00)\x81NNs", "e."),
		"instances with an item": fill("cm\nc\nq\x00](", "h\x00)\x81Na", "e."),
		"new classes":            classes(size),
		"large string kept back": fill("T\x00\x10\x00\x00"+strings.Repeat("x", 4096)+"0](", "K\x00K\x03\x86Q", "e."),
	}
}

// entries is a dict of ever new keys.
func entries(size int) []byte {
	out := []byte("}(")
	for i := 0; len(out) < size; i++ {
		out = binary.LittleEndian.AppendUint32(append(out, 'J'), uint32(i)|1<<20)
		out = append(out, 'N')
	}
	return append(out, "u."...)
}

// memo writes and reads ever new memo entries.
func memo(size int) []byte {
	out := []byte("N")
	for i := 0; len(out) < size; i++ {
		out = binary.LittleEndian.AppendUint32(append(out, 0x94, 'j'), uint32(i))
		out = append(out, '0')
	}
	return append(out, '.')
}

// classes is a list of ever new classes.
func classes(size int) []byte {
	out := []byte("](")
	for i := 0; len(out) < size; i++ {
		out = fmt.Appendf(out, "c\n%x\n", i)
	}
	return append(out, "e."...)
}

// byValue is the smallest storage as pickled by value.
func byValue() *bytes.Buffer {
	var out bytes.Buffer
	out.WriteString(pickle.LegacyMagic)
	out.WriteString("N." + storage("K\x00N")[:len(storage("K\x00N"))] + ".](X\x01\x00\x00\x000e.")
	out.Write(make([]byte, 8))
	return &out
}

func TestAllocationsAreBounded(t *testing.T) {
	const multiple, constant = 128, 2 << 20
	for _, size := range []int{300, 100 << 10, 1 << 20} {
		for name, data := range hostile(size) {
			var err error
			got := allocated(func() { _, err = pickle.Load(data) })
			if limit := multiple*len(data) + constant; got > limit {
				t.Errorf("%s: %d bytes allocate %d, which is %d times as many and more than %d (error %v)",
					name, len(data), got, got/len(data), limit, err)
			}
			var format *pickle.FormatError
			if errors.As(err, &format) {
				t.Errorf("%s: the pickle should be valid: %v", name, err)
			}
			if testing.Verbose() && size > 1<<19 {
				t.Logf("%-24s %4d times its size, error %v", name, got/len(data), err)
			}
		}
	}
}

func TestBzip2(t *testing.T) {
	const plain = "\x80\x02]K\x01a."
	whole := pack(t, []byte(plain))
	if doc, err := pickle.DecodeBzip2(whole); err != nil || (*doc.Value.(*pickle.List))[0] != 1 {
		t.Errorf("got %v, %v", doc, err)
	}
	for n := range len(whole) {
		var format *pickle.FormatError
		if _, err := pickle.DecodeBzip2(whole[:n]); !errors.As(err, &format) {
			t.Errorf("cut to %d of %d bytes: error %v", n, len(whole), err)
		}
	}
	for i := range whole {
		damaged := bytes.Clone(whole)
		damaged[i] ^= 0x40
		if got, err := pickle.Bunzip2(damaged); err == nil && string(got) != plain { // some bits are padding
			t.Errorf("byte %d changed: got %q and no error", i, got)
		}
	}
	bomb := pack(t, append(make([]byte, 4<<20), '.'))
	var err error
	got := allocated(func() { _, err = pickle.Bunzip2(bomb) })
	var unsupported *pickle.UnsupportedError
	if limit := 2048*len(bomb) + 8<<20; !errors.As(err, &unsupported) || got > limit {
		t.Errorf("%d bytes that become 4 MiB: error %v, %d allocated, limit %d", len(bomb), err, got, limit)
	}
}

// pack makes bzip2 data.
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
