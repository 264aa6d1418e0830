package unpickle

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"

	"cellnet/internal/fixture"
	"cellnet/internal/pickle"
)

// memory is a pickle in memory.
type memory []byte

func (memory) Summed() bool { return true }

func (m memory) Open(offset int64) (io.ReadCloser, error) {
	if offset > int64(len(m)) {
		return nil, io.ErrUnexpectedEOF
	}
	return io.NopCloser(bytes.NewReader(m[offset:])), nil
}

// mini gives the pickle of the small benchmark file.
func mini(t testing.TB) memory {
	t.Helper()
	z, err := zip.OpenReader(fixture.Shared(t, "fixtures/bench/mini/NAS-Bench-201-v1_1-mini-zip.pth"))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	for _, f := range z.File {
		if !strings.HasSuffix(f.Name, "data.pkl") {
			continue
		}
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
	t.Fatal("no data.pkl")
	return nil
}

// difference compares a value with a tree of the reference reader.
func difference(v Value, want any) string {
	bad := fmt.Sprintf(": %v %d %q, want %T %.60v", v.Kind(), v.Int(), v.Text(), want, want)
	kind := func(k Kind, ok bool) string {
		if v.Kind() != k || !ok {
			return bad
		}
		return ""
	}
	items := func(k Kind, want []any) string {
		if v.Kind() != k || v.Len() != len(want) {
			return bad
		}
		for i, item := range v.Items() {
			if d := difference(item, want[i]); d != "" {
				return fmt.Sprintf("[%d]%s", i, d)
			}
		}
		return ""
	}
	switch want := want.(type) {
	case nil:
		return kind(None, true)
	case bool:
		return kind(Bool, (v.Int() != 0) == want)
	case int:
		return kind(Int, v.Int() == int64(want))
	case float64:
		f, _ := v.Float()
		return kind(Float, math.Float64bits(f) == math.Float64bits(want))
	case string:
		return kind(String, v.Is(want))
	case []byte:
		return kind(Bytes, bytes.Equal(v.Text(), want))
	case pickle.Scalar:
		f, _ := v.Float()
		g, _ := want.Float()
		return kind(Scalar, math.Float64bits(f) == math.Float64bits(g))
	case *pickle.Tuple:
		return items(Tuple, *want)
	case *pickle.List:
		return items(List, *want)
	case *pickle.Set:
		return kind(Set, v.Len() == want.Len())
	case *pickle.Dict:
		k := Dict
		if want.Ordered {
			k = OrderedDict
		}
		var flat []any
		for key, value := range want.All() {
			flat = append(flat, key, value)
		}
		if v.Kind() != k || v.Len() != want.Len() {
			return bad
		}
		for i, item := range v.Items() {
			if d := difference(item, flat[i]); d != "" {
				return fmt.Sprintf("[%v]%s", flat[i&^1], d)
			}
		}
		return ""
	}
	return bad
}

func TestEntriesEqualTheReference(t *testing.T) {
	m := mini(t)
	whole, err := pickle.Load(m)
	if err != nil {
		t.Fatal(err)
	}
	root := whole.(*pickle.Dict)
	f, err := Scan(m, "arch2infos")
	if err != nil {
		t.Fatal(err)
	}
	if f.Length != int64(len(m)) || len(f.Root) != root.Len() {
		t.Fatalf("%d bytes, %d entries; want %d, %d", f.Length, len(f.Root), len(m), root.Len())
	}
	var d Decoder
	for _, e := range f.Root {
		want, _ := root.Get(e.Key)
		key, v, err := d.Entry(f, e.Span)
		if err != nil {
			t.Fatal(err)
		}
		if diff := difference(v, want); diff != "" || !key.Is(e.Key) {
			t.Errorf("%s%s", e.Key, diff)
		}
	}
	records, _ := root.Get("arch2infos")
	if len(f.Items) != records.(*pickle.Dict).Len() {
		t.Fatalf("%d items, want %d", len(f.Items), records.(*pickle.Dict).Len())
	}
	// Backwards, so that what later items refer to in earlier ones is not yet
	// known.
	for i := len(f.Items) - 1; i >= 0; i-- {
		want, _ := records.(*pickle.Dict).Get(int(f.Items[i].Key))
		_, v, err := d.Entry(f, f.Items[i].Span)
		if err != nil {
			t.Fatal(err)
		}
		if diff := difference(v, want); diff != "" {
			t.Errorf("item %d%s", f.Items[i].Key, diff)
		}
	}
}

// write gives the pickle of a tree.
func write(t testing.TB, protocol int, v any) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := pickle.NewWriter(&b, protocol).Write(v); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestWholePickles(t *testing.T) {
	ordered := &pickle.Dict{Ordered: true}
	ordered.Set(1, pickle.NewTuple(1, 2, 3, 4, "x"))
	set := new(pickle.Set)
	set.Add(5)
	long := new(pickle.List)
	for i := range 2500 {
		long.Append(i - 1250)
	}
	for _, v := range []any{
		nil, true, 0, -1, 255, 256, 65535, 65536, 1 << 31, -1 << 62, 1.5, math.Inf(-1), "", "é", strings.Repeat("long ", 60000),
		[]byte{0, 128, 255}, pickle.Float64Scalar(math.Pi), pickle.NewTuple(), pickle.NewTuple(1), new(pickle.Dict),
		pickle.NewList(1, pickle.NewList(2)), ordered, set, long,
	} {
		for _, protocol := range []int{pickle.Protocol2, pickle.Protocol4} {
			b := write(t, protocol, v)
			for _, r := range []io.Reader{bytes.NewReader(b), oneByOne{bytes.NewReader(b)}} {
				var d Decoder
				got, n, err := d.Pickle(r)
				if err != nil {
					t.Errorf("%.40v: %v", v, err)
				} else if diff := difference(got, v); diff != "" || n != int64(len(b)) {
					t.Errorf("%.40v: %d of %d bytes%s", v, n, len(b), diff)
				}
			}
		}
	}
}

// TestBothMachinesAgree reads what Python wrote, protocol 0 and Python 2's
// spellings included, with this package and with package pickle.
func TestBothMachinesAgree(t *testing.T) {
	for _, text := range []string{
		"I01\n.", "I-12\n.", "L12L\n.", "F1.5\n.", "F1e999\n.", "S'a\\n\\xff'\n.", "S\"it's\"\n.", "V\\u00e9x\n.",
		"(lp0\nI1\naI2\nag0\n0.", "(dp0\nS'k'\np1\nI7\nsg1\n0.", "I1\n2\x86.", "(I1\nI2\nt.", "(I1\nI2\nd.",
		"V" + strings.Repeat("long ", 60000) + "\n.",
		"(icollections\nOrderedDict\n.", "(ccollections\nOrderedDict\no.", "ccollections\nOrderedDict\n)}\x92.",
		"c__builtin__\nfrozenset\n(lI5\na\x85R.", "c__builtin__\nbytes\n)R.", "ctorch\nSize\nK\x01K\x02\x86\x85R.",
	} {
		want, err := pickle.Load([]byte(text))
		if err != nil {
			t.Errorf("%.60q: package pickle: %v", text, err)
			continue
		}
		for _, r := range []io.Reader{strings.NewReader(text), oneByOne{strings.NewReader(text)}} {
			var d Decoder
			got, n, err := d.Pickle(r)
			if err != nil || n != int64(len(text)) {
				t.Errorf("%.60q: %d bytes, %v", text, n, err)
			} else if diff := difference(got, want); diff != "" {
				t.Errorf("%.60q: %s", text, diff)
			}
		}
		if f, err := Scan(memory(text), "k"); err != nil || f.Length != int64(len(text)) {
			t.Errorf("%.60q: scanned to %v, %v", text, f, err)
		}
	}
}

// oneByOne reads a byte at a time.
type oneByOne struct{ r io.Reader }

func (o oneByOne) Read(p []byte) (int, error) { return o.r.Read(p[:min(1, len(p))]) }

func TestBrokenPickles(t *testing.T) {
	format, unsupported := new(*FormatError), new(*UnsupportedError)
	for _, c := range []struct {
		name, text string
		as         any
		says       string
	}{
		{"nothing", "", format, "too early"},
		{"only a start", "\x80\x02", format, "too early"},
		{"nothing on the stack", "\x80\x02.", format, "0 values"},
		{"two values", "NN.", format, "2 values"},
		{"a mark is left", "(N.", format, "values on the stack"},
		{"cut in a float", "G\x00\x00", format, "too early"},
		{"cut in a string", "X\xff\x00\x00\x00abc", format, "too early"},
		{"a string of four gigabytes", "X\xff\xff\xff\xffabc", format, "too early"},
		{"a string of 2^63 bytes", "\x8d\xff\xff\xff\xff\xff\xff\xff\xffabc", format, "too early"},
		{"bytes of 2^63", "\x8e\xff\xff\xff\xff\xff\xff\xff\x7fabc", format, "too early"},
		{"no opcode", "\xff.", format, "no opcode"},
		{"zero", "\x00", format, "no opcode"},
		{"protocol 9", "\x80\x09N.", unsupported, "protocol 9"},
		{"an id that is text", "Px\n.", unsupported, "opcode"},
		{"key without value", "}(Nu.", format, "without a value"},
		{"append to nothing", "Na.", format, "runs empty"},
		{"items without a mark", "}Nu.", format, "no mark"},
		{"items beyond a mark", "}(NNNs.", nil, ""},
		{"tuple of too few", "N\x86.", format, "runs empty"},
		{"tuple over a mark", "N(N\x86.", format, "runs empty"},
		{"unknown memo entry", "h\x05.", format, "before it is made"},
		{"memo numbers backwards", "Nq\x05Nq\x040.", unsupported, "out of order"},
		{"memo number far ahead", "Nr\xff\xff\xff\x7f.", unsupported, "out of order"},
		{"nothing to memoize", "q\x00N.", format, "nothing to memoize"},
		{"memoize a mark", "N(q\x00.", format, "nothing to memoize"},
		{"a class without end", "c" + strings.Repeat("x", 300), format, "no end"},
	} {
		var d Decoder
		_, _, err := d.Pickle(strings.NewReader(c.text))
		_, scanErr := Scan(memory(c.text), "x")
		for what, err := range map[string]error{"decoding": err, "scanning": scanErr} {
			switch {
			case c.as == nil:
				if err == nil {
					t.Errorf("%s, %s: no error", c.name, what)
				}
			case err == nil || !errors.As(err, c.as) || !strings.Contains(err.Error(), c.says):
				t.Errorf("%s, %s: error %v, want %T that says %q", c.name, what, err, c.as, c.says)
			case strings.Contains(err.Error(), "\n"):
				t.Errorf("%s, %s: error of several lines: %v", c.name, what, err)
			}
		}
	}
}

func TestUnknownClasses(t *testing.T) {
	for _, text := range []string{
		"cposix\nsystem\n(X\x02\x00\x00\x00lstR.",
		"\x8c\x05posix\x8c\x06system\x93\x8c\x02ls\x85R.",
		"c__builtin__\neval\n.",
	} {
		var d Decoder
		_, _, err := d.Pickle(strings.NewReader(text))
		var u *UnsupportedError
		if !errors.As(err, &u) || !strings.Contains(u.What, "class") {
			t.Errorf("%q: error %v, want one that names the class", text, err)
		}
	}
}

// TestManyValues makes sure that memory is bounded whatever a pickle holds.
func TestManyValues(t *testing.T) {
	for name, text := range map[string]string{
		"values": strings.Repeat("N", maxStack+1),
		"marks":  strings.Repeat("(", maxStack+1),
	} {
		var u *UnsupportedError
		if _, err := Scan(memory(text), "x"); !errors.As(err, &u) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	var d Decoder
	_, _, err := d.Pickle(strings.NewReader(strings.Repeat("N", maxValues+1)))
	var u *UnsupportedError
	if !errors.As(err, &u) {
		t.Errorf("error %v", err)
	}
}

// TestFarReferences has items that refer to what others made: strings, and a
// list that is too large to keep.
func TestFarReferences(t *testing.T) {
	shared := pickle.NewList("s", 1.5)
	items := new(pickle.Dict)
	for i := range 2500 { // three batches
		items.Set(i, pickle.NewList("name", i, fmt.Sprint("own ", i), shared))
	}
	root := new(pickle.Dict)
	root.Set("first", "name")
	root.Set("items", items)
	root.Set("last", pickle.NewList("own 7", shared))
	for _, protocol := range []int{pickle.Protocol2, pickle.Protocol4} {
		m := memory(write(t, protocol, root))
		f, err := Scan(m, "items")
		if err != nil {
			t.Fatal(err)
		}
		var d Decoder
		for _, i := range []int{2499, 0, 1000, 999, 1} {
			_, v, err := d.Entry(f, f.Items[i].Span)
			if err != nil {
				t.Fatalf("item %d: %v", i, err)
			}
			want, _ := items.Get(i)
			if diff := difference(v, want); diff != "" {
				t.Errorf("item %d%s", i, diff)
			}
		}
		last, _ := f.Lookup("last")
		_, v, err := d.Entry(f, last)
		if err != nil {
			t.Fatal(err)
		}
		want, _ := root.Get("last")
		if diff := difference(v, want); diff != "" {
			t.Error(diff)
		}
	}
}

func FuzzScanAndDecode(f *testing.F) {
	root, items := new(pickle.Dict), new(pickle.Dict)
	items.Set(3, pickle.NewTuple("a", 1.5, pickle.Float64Scalar(2)))
	items.Set(70000, pickle.NewList("a", nil, true))
	root.Set("arch2infos", items)
	root.Set("evaluated_indexes", pickle.NewList(3, 70000))
	f.Add(write(f, pickle.Protocol2, root))
	f.Add(write(f, pickle.Protocol4, root))
	f.Add([]byte("\x80\x02}q\x00X\x0a\x00\x00\x00arch2infosq\x01}q\x02K\x05h\x01ss."))
	f.Fuzz(func(t *testing.T, data []byte) {
		var d Decoder
		v, n, decodeErr := d.Pickle(bytes.NewReader(data))
		if decodeErr == nil {
			walk(v, 0)
		}
		file, err := Scan(memory(data), "arch2infos")
		if err != nil {
			return
		}
		if decodeErr == nil && n != file.Length {
			t.Errorf("decoding takes %d bytes, scanning %d", n, file.Length)
		}
		for _, e := range file.Root {
			if _, v, err := d.Entry(file, e.Span); err == nil {
				walk(v, 0)
			}
		}
		for _, i := range file.Items {
			if _, v, err := d.Entry(file, i.Span); err == nil {
				walk(v, 0)
			}
		}
	})
}

// walk uses a value.
func walk(v Value, depth int) {
	v.Float()
	v.Is("x")
	v.Lookup("x")
	for _, item := range v.Items() {
		if depth < 4 {
			walk(item, depth+1)
		}
	}
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
	b.SetBytes(f.Items[len(f.Items)-1].End - f.Items[0].Offset)
	for b.Loop() {
		for _, item := range f.Items {
			if _, _, err := d.Entry(f, item.Span); err != nil {
				b.Fatal(err)
			}
		}
	}
}
