package pickle_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"cellnet/internal/pickle"
	"cellnet/internal/pickle/pickletest"
)

// sample is an entry of testdata/pickles.json.
type sample struct {
	Name     string
	Protocol int
	Pickle   []byte
	Want     string
}

func samples(t testing.TB) []sample {
	t.Helper()
	text, err := os.ReadFile("testdata/pickles.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []sample
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	if len(all) < 90 {
		t.Fatalf("only %d samples", len(all))
	}
	return all
}

// text is Dump in the form of pickles.json.
func text(v any) string {
	s := pickletest.Dump(v)
	if len(s) > 500 {
		sum := sha256.Sum256([]byte(s))
		return hex.EncodeToString(sum[:])
	}
	return s
}

func TestLoadEqualsPython(t *testing.T) {
	for _, s := range samples(t) {
		v, err := pickle.Load(s.Pickle)
		if err != nil {
			t.Errorf("%s, protocol %d: %v", s.Name, s.Protocol, err)
		} else if got := text(v); got != s.Want {
			t.Errorf("%s, protocol %d:\n got %s\nwant %s", s.Name, s.Protocol, got, s.Want)
		}
	}
}

func TestEveryCutIsAnError(t *testing.T) {
	for _, s := range samples(t) {
		step := 1 + len(s.Pickle)/200
		for n := 0; n < len(s.Pickle); n += step {
			if _, err := pickle.Load(s.Pickle[:n]); !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Fatalf("%s, protocol %d, cut to %d of %d bytes: error %v", s.Name, s.Protocol, n, len(s.Pickle), err)
			}
		}
	}
}

func TestDecodeLeavesWhatFollows(t *testing.T) {
	for _, s := range samples(t) {
		doc, err := pickle.Decode(append(bytes.Clone(s.Pickle), "more"...))
		if err != nil || doc.Len != len(s.Pickle) {
			t.Errorf("%s, protocol %d: length %d, %v; want %d", s.Name, s.Protocol, doc.Len, err, len(s.Pickle))
		}
	}
}

// Tensors that would need more memory than their file has, or are of types that are
// not read, are opaque.
func TestOpaqueTensors(t *testing.T) {
	plain := tensor("K\x00", "K\x01\x85", "K\x01\x85")
	for name, text := range map[string]string{
		"expanded": tensor("K\x00", "J\x00\x00\x00\x40\x85", "K\x00\x85"),
		"complex":  strings.Replace(plain, "FloatStorage", "ComplexFloatStorage", 1),
		"int8":     strings.Replace(plain, "FloatStorage", "QInt8Storage", 1),
	} {
		v, err := pickle.Load([]byte(text))
		if o, ok := v.(*pickle.Object); err != nil || !ok || o.Class != "torch._utils._rebuild_tensor_v2" {
			t.Errorf("%s: got %v, %v", name, v, err)
		}
	}
}

func TestSharedObjectsStayShared(t *testing.T) {
	v, err := pickle.Load([]byte("\x80\x02]q\x00(]q\x01K\x01ah\x01e."))
	if err != nil {
		t.Fatal(err)
	}
	list := *v.(*pickle.List)
	if list[0] != list[1] {
		t.Error("one list became two")
	}
}

func TestObjectThatContainsItself(t *testing.T) {
	v, err := pickle.Load([]byte("]q\x00h\x00a."))
	if err != nil {
		t.Fatal(err)
	}
	list := v.(*pickle.List)
	if list.Len() != 1 || (*list)[0] != any(list) {
		t.Errorf("got %v", list)
	}
}

// Python 2 wrote strings that may be text or bytes, and longs for any int.
func TestPython2(t *testing.T) {
	for _, c := range []struct{ name, pickle, want string }{
		{"string, protocol 0", "S'a\\n\\x00\\xff\\\\\\''\np0\n.", "s610a00ff5c27"},
		{"string with double quotes", "S\"it's\"\n.", "s69742773"},
		{"short string", "\x80\x02U\x02\x00\xffq\x00.", "s00ff"},
		{"long string", "\x80\x02T\x03\x00\x00\x00abc.", "s616263"},
		{"zero as a long", "\x80\x02\x8a\x00.", "i0"},
		{"zero as a very long", "\x80\x02\x8b\x00\x00\x00\x00.", "i0"},
		{"long, protocol 0", "L12L\n.", "i12"},
		{"list made after its items", "(I1\nI2\nl.", "[i1,i2,]"},
		{"dict made after its items", "(I1\nI2\nd.", "{i1:i2,}"},
		{"big-endian numbers", "cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R(K\x01K\x02\x85cnumpy\ndtype\nU\x02i2K\x00K\x01\x87R" +
			"(K\x03U\x01>NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89U\x04\x01\x02\x03\x04tb.", "A<i2[2]02010403"},
		{"unicode with a lone backslash", "V\\x\\u12\n.", "s" + hex.EncodeToString([]byte(`\x\u12`))},
	} {
		v, err := pickle.Load([]byte(c.pickle))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		} else if got := pickletest.Dump(v); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

func TestLoadErrors(t *testing.T) {
	const (
		broken      = "broken"
		unsupported = "unsupported"
	)
	for _, c := range []struct{ name, pickle, kind, word string }{
		{"nothing", "", broken, "cut off at byte 0"},
		{"no STOP", "N", broken, "cut off at byte 1"},
		{"random bytes", "\x13\x37\xff\xff", broken, "opcode 0x13"},
		{"opcode 0xff", "N\xff.", broken, "opcode 0xff"},
		{"nothing to stop with", ".", broken, "stack"},
		{"extension", "\x80\x02\x82\x01.", unsupported, "opcode 0x82"},
		{"protocol 6", "\x80\x06N.", unsupported, "protocol 6"},
		{"missing memo entry", "h\x05.", broken, "memo entry 5"},
		{"memo entry far away", "Nr\xff\xff\xff\xff.", unsupported, "memo entry 4294967295"},
		{"memo entry with a name", "Npx\n.", broken, `"x"`},
		{"memo entry below zero", "Np-1\n.", broken, `"-1"`},
		{"odd SETITEMS", "}(NNNu.", broken, "does not fit"},
		{"odd DICT", "(NNNd.", broken, "does not fit"},
		{"SETITEM on None", "NNNs.", broken, "DictSetter"},
		{"APPEND on a dict", "}Na.", broken, "ListAppender"},
		{"BUILD on a dict", "}}b.", broken, "attributes"},
		{"list as a key", "}]Ns.", unsupported, "of type list"},
		{"list in a set", "\x80\x04\x8f(]\x90.", unsupported, "of type list"},
		{"tuples too deep as a key", "}N" + strings.Repeat("\x85", 10) + "Ns.", unsupported, "tuples within"},
		{"set as a key", "\x80\x04}\x8fNs.", unsupported, "of type set"},
		{"PERSID", "Px\n.", unsupported, "opcode 0x50"},
		{"instance of nothing", "\x80\x02(o.", broken, ""},
		{"NEWOBJ of no class", "\x80\x02N)\x81.", broken, "an instance of a None"},
		{"NEWOBJ of no tuple", "\x80\x02cos\nsystem\nN\x81.", broken, "made of a None"},
		{"large key", "}T\x00\x20\x00\x00" + strings.Repeat("k", 8192) + "Ns.", unsupported, "key of 8192 bytes"},
		{"string announced, not there", "X\xff\xff\xff\x7fabc.", broken, "2147483647 bytes are announced, 4 are there"},
		{"string of 2^64-1 bytes", "\x8d\xff\xff\xff\xff\xff\xff\xff\xffabc.", broken, "announced"},
		{"frame of 2^63 bytes", "\x80\x04\x95\x00\x00\x00\x00\x00\x00\x00\x80N.", broken, "frame"},
		{"negative BINSTRING", "T\xff\xff\xff\xffabc.", broken, "announced"},
		{"integer too long", "\x8b\x00\x10\x00\x00" + strings.Repeat("\x01", 4096) + ".", unsupported, "integer of 4096 bytes"},
		{"integer of letters", "Iabc\n.", broken, "abc"},
		{"string without quotes", "Sabc\n.", broken, "without quotes"},
		{"string with a bad escape", "S'\\q'\n.", broken, `\\q`},
		{"string that ends in an escape", "S'a\\'\n.", broken, "escape"},
		{"call of a value", "N)R.", broken, "Callable"},
		{"call without a tuple", "ccollections\nOrderedDict\nNR.", broken, "Tuple"},
		{"text beyond Latin-1", "c_codecs\nencode\nX\x03\x00\x00\x00\xe2\x82\xacX\x06\x00\x00\x00latin1\x86R.", broken, "Latin-1"},
		{"scalar without its bytes", "cnumpy.core.multiarray\nscalar\ncnumpy\ndtype\nX\x02\x00\x00\x00f8\x85RU\x01a\x86R.", broken, "size"},
		{"array larger than its data", array("K\x02K\x03", 5), broken, "shape [2 3]"},
		{"array with an overflowing shape", array("\x8a\x08\x00\x00\x00\x00\x00\x00\x00\x40\x8a\x08\x00\x00\x00\x00\x00\x00\x00\x40", 6), broken, "shape"},
		{"array with two states", strings.Replace(array("K\x01K\x01", 1), "b.", "b)b.", 1), broken, "five"},
		{"array with a negative size", array("J\xff\xff\xff\xffJ\xff\xff\xff\xff", 1), broken, "negative"},
		{"persistent id of another kind", "X\x06\x00\x00\x00moduleNNNN\x85Q.", unsupported, "persistent id"},
		{"storage of negative size", "(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuJ\xff\xff\xff\xfftQ.", broken, "-1 elements"},
		{"storage with two sizes", "(" + storage("K\x02") + storage("K\x03") + "t.", broken, "2 elements"},
		{"view of a storage", "(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x01(X\x01\x00\x00\x001K\x00K\x01ttQ.", unsupported, "view of a storage"},
		{"tensor beyond its storage", tensor("K\x00", "K\x03\x85", "K\x01\x85"), broken, "more elements"},
		{"tensor at an offset beyond", tensor("K\x02", "K\x01\x85", "K\x01\x85"), broken, "leaves its storage"},
		{"tensor with a large stride", tensor("K\x00", "K\x02\x85", "\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f\x85"), broken, "leaves its storage"},
		{"tensor of unlike sizes and strides", tensor("K\x00", "K\x02\x85", ")"), broken, "1 sizes and 0 strides"},
		{"tensor of no storage", "ctorch._utils\n_rebuild_tensor_v2\n(NK\x00))\x89NtR.", broken, "None"},
		{"parameter of no tensor", "ctorch._utils\n_rebuild_parameter\nN\x88N\x87R.", broken, "None"},
		{"storage from bytes that are none", "ctorch.storage\n_load_from_bytes\nN\x85R.", broken, "None"},
		{"storage from other bytes", "\x80\x03ctorch.storage\n_load_from_bytes\nC\x02ab\x85R.", broken, "magic number"},
	} {
		v, err := pickle.Load([]byte(c.pickle))
		if err == nil {
			t.Errorf("%s: got %v and no error", c.name, v)
			continue
		}
		var format *pickle.FormatError
		var other *pickle.UnsupportedError
		if errors.As(err, &format) != (c.kind == broken) || errors.As(err, &other) != (c.kind == unsupported) {
			t.Errorf("%s: %v is not of kind %s", c.name, err, c.kind)
		}
		if !strings.Contains(err.Error(), c.word) || strings.Contains(err.Error(), "\n") || len(err.Error()) > 300 {
			t.Errorf("%s: error %q; want one line with %q", c.name, err, c.word)
		}
	}
}

// Whatever a pickle names is shown by its name and never called.
func TestUnknownClasses(t *testing.T) {
	const system = "cos\nsystem\n"
	for _, c := range []struct{ name, pickle, want string }{
		{"call", system + "X\x02\x00\x00\x00id\x85R.", "<os.system(s6964,]>"},
		{"call by STACK_GLOBAL", "\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x02id\x85R.", "<posix.system(s6964,]>"},
		{"instance of protocol 0", "ccopy_reg\n_reconstructor\n(cm\nc\nc__builtin__\nobject\nNtR(dS'a'\nI1\nsb.", "<m.c(<__builtin__.object>,None,]|{s61:i1,}>"},
		{"dict of protocol 0", "ccopy_reg\n_reconstructor\n(cm\nc\nc__builtin__\ndict\n(dI1\nI2\nstR.", "<m.c(<__builtin__.dict>,{i1:i2,},]|{i1:i2,}>"},
		{"class by itself", "c__builtin__\neval\n.", "<__builtin__.eval>"},
		{"very long class", "c" + strings.Repeat("m", 5000) + "\nx\n.", "<" + strings.Repeat("m", 5000) + ".x>"},
		{"INST", "(I1\nios\nsystem\n.", "<os.system(i1,]>"},
		{"OBJ", "(" + system + "I1\no.", "<os.system(i1,]>"},
		{"NEWOBJ", "\x80\x02" + system + "K\x01\x85\x81.", "<os.system(i1,]>"},
		{"NEWOBJ_EX", "\x80\x04" + system + "K\x01\x85}\x92.", "<os.system(i1,]>"},
		{"NEWOBJ_EX with names", "\x80\x04" + system + "K\x01\x85}K\x02K\x03s\x92.", "<os.system(i1,{i2:i3,},]>"},
		{"state", "\x80\x02" + system + ")\x81K\x07b.", "<os.system(]|i7>"},
		{"entries", "\x80\x02" + system + ")\x81K\x01K\x02s.", "<os.system(]|{i1:i2,}>"},
		{"items", "\x80\x02" + system + ")\x81(K\x01K\x02e.", "<os.system(]|[i1,i2,]>"},
		{"items of a set", "\x80\x04" + system + ")\x81(K\x01K\x02\x90.", "<os.system(]|[i1,i2,]>"},
		{"result that is called", "\x80\x02" + system + ")RK\x01\x85R.", "<os.system(i1,]>"},
		{"as a key", "\x80\x02}" + system + "q\x00K\x01sh\x00K\x02s.", "{<os.system>:i2,}"},
		{"tuple of tuples as a key", "})\x85Ns.", "{((],]:None,}"},
		{"OrderedDict of pairs", "ccollections\nOrderedDict\n(((I1\nI2\nll" + "tR.", "O{i1:i2,}"},
		{"ndarray that is called", "cnumpy\nndarray\n)R.", "<numpy.ndarray(]>"},
		{"text in another encoding", "c_codecs\nencode\nX\x01\x00\x00\x00aX\x04\x00\x00\x00utf8\x86R.", "<_codecs.encode(s61,s75746638,]>"},
		{"numpy text", "cnumpy.core.multiarray\nscalar\ncnumpy\ndtype\nU\x02U3\x89\x88\x87R(K\x03U\x01<NNNK\x0cK\x04K\x08tbC\x0ca\x00\x00\x00\xe9\x00\x00\x00\x00\x00\x00\x00\x86R.", "s61c3a9"},
		{"numpy text, big-endian", "cnumpy.core.multiarray\nscalar\ncnumpy\ndtype\nU\x02U1\x89\x88\x87R(K\x03U\x01>NNNK\x04K\x04K\x08tbC\x04\x00\x00\x00|\x86R.", "s7c"},
		{"numpy text of another length", "cnumpy.core.multiarray\nscalar\ncnumpy\ndtype\nU\x02U2\x85RC\x04a\x00\x00\x00\x86R.", "<numpy.core.multiarray.scalar(<numpy.dtype(s5532,]>,b61000000,]>"},
		{"numpy type of objects", "cnumpy\ndtype\nX\x02\x00\x00\x00O8\x85R.", "<numpy.dtype(s4f38,]>"},
		{"array of another class", "cnumpy.core.multiarray\n_reconstruct\ncnumpy\nmatrix\nK\x00\x85U\x01b\x87R.", "<numpy.core.multiarray._reconstruct(<numpy.matrix>,(i0,],s62,]>"},
		{"storage of another type", "(X\x07\x00\x00\x00storagectorch\nComplexFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x01tQ.",
			"GComplexFloatStorage(s30,i1)"},
		{"class with its source", "(X\x06\x00\x00\x00modulecm\nc\nX\x01\x00\x00\x00fX\x01\x00\x00\x00stQ.", "<m.c>"},
	} {
		v, err := pickle.Load([]byte(c.pickle))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		} else if got := pickletest.Dump(v); got != c.want {
			t.Errorf("%s: got %.300s, want %.300s", c.name, got, c.want)
		}
	}
}

// array is a pickled uint8 array of a shape of two sizes with so many bytes.
func array(shape string, bytes byte) string {
	return "cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R" +
		"(K\x01" + shape + "\x86cnumpy\ndtype\nX\x02\x00\x00\x00u1\x85R\x89U" + string(rune(bytes)) + strings.Repeat("x", int(bytes)) + "tb."
}

// storage is a persistent id of a storage "0".
func storage(size string) string {
	return "(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpu" + size + "tQ"
}

// tensor is a pickled tensor in a storage of two elements.
func tensor(offset, size, stride string) string {
	return "ctorch._utils\n_rebuild_tensor_v2\n(" + storage("K\x02") + offset + size + stride + "\x89NtR."
}
