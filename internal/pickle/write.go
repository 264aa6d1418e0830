package pickle

import (
	"bufio"
	"cellnet/internal/pickle/opcode"
	"encoding/binary"
	"fmt"
	"io"
	"iter"
	"math"
	"math/big"
	"reflect"
	"slices"
	"unicode/utf8"
)

// The protocols that are written: PyTorch's files have 2, NATS-Bench's 4.
const (
	Protocol2 = 2
	Protocol4 = 4
)

// LazyDict is a dict or OrderedDict to be written whose entries are made while
// it is written, so that a dict larger than memory can be.
type LazyDict struct {
	Ordered bool
	Entries iter.Seq2[any, any]
}

// Writer writes trees as pickles. The same tree gives the same bytes.
//
// Equal strings of up to 256 bytes are written once and then referred to, so
// are objects (by pointer) that occur more than once within a value or an
// entry of a LazyDict.
type Writer struct {
	// StorageKey gives the name of a storage, in files that keep the data of
	// storages apart. Without it storages are written by value.
	StorageKey func(*Storage) (string, error)
	// LegacyIDs has storages named as in PyTorch's legacy format.
	LegacyIDs bool

	out      *bufio.Writer
	protocol int
	memo     uint32            // entries written so far
	strings  map[string]uint32 // memo ids
	shared   map[any]uint32    // of pointers that occur again, 0 if not written yet, else memo id plus 1
	depth    int
	err      error
}

const (
	maxDepth   = 200 // levels of nesting; only trees that contain themselves reach it
	maxShared  = 256 // bytes of strings that are kept for reference
	batchItems = 1000
)

// NewWriter starts a pickle of one of the protocols.
func NewWriter(w io.Writer, protocol int) *Writer {
	p := &Writer{out: bufio.NewWriterSize(w, 1<<16), protocol: protocol, strings: map[string]uint32{}}
	if protocol != Protocol2 && protocol != Protocol4 {
		p.fail("pickle: protocol %d is not written", protocol)
	}
	return p
}

// Write writes one whole pickle with the value v; see the package comment for
// the types of trees. An int64 is also taken.
func (w *Writer) Write(v any) error {
	w.op(opcode.Proto, byte(w.protocol))
	w.unit(v)
	w.op(opcode.Stop)
	if err := w.out.Flush(); w.err == nil {
		w.err = err
	}
	return w.err
}

func (w *Writer) fail(format string, args ...any) {
	if w.err == nil {
		w.err = fmt.Errorf(format, args...)
	}
}

func (w *Writer) op(b ...byte) {
	if _, err := w.out.Write(b); err != nil && w.err == nil {
		w.err = err
	}
}

// unit writes v with references among its parts.
func (w *Writer) unit(v any) {
	outer := w.shared
	w.shared = map[any]uint32{}
	seen := map[any]bool{}
	w.findShared(v, seen, 0)
	w.value(v)
	w.shared = outer
}

// findShared notes the pointers that occur more than once.
func (w *Writer) findShared(v any, seen map[any]bool, depth int) {
	switch v.(type) {
	case *Tuple, *List, *Dict, *Set, *Array, *Tensor, *Storage:
	default:
		return
	}
	if reflect.ValueOf(v).IsNil() {
		w.fail("pickle: a nil %T cannot be written", v)
		return
	}
	if seen[v] {
		w.shared[v] = 0
		return
	}
	seen[v] = true
	if depth > maxDepth {
		w.fail("pickle: a tree of more than %d levels cannot be written", maxDepth)
		return
	}
	switch v := v.(type) {
	case *Tuple:
		for _, item := range *v {
			w.findShared(item, seen, depth+1)
		}
	case *List:
		for _, item := range *v {
			w.findShared(item, seen, depth+1)
		}
	case *Dict:
		for _, item := range v.All() {
			w.findShared(item, seen, depth+1)
		}
		w.findShared(v.Attributes, seen, depth+1)
	case *Tensor:
		w.findShared(v.Storage, seen, depth+1)
	}
}

// value writes v, or a reference to it.
func (w *Writer) value(v any) {
	if w.err != nil {
		return
	}
	if w.depth++; w.depth > maxDepth {
		w.fail("pickle: a tree of more than %d levels cannot be written", maxDepth)
	}
	defer func() { w.depth-- }()
	switch v := v.(type) {
	case nil:
		w.op(opcode.None)
	case bool:
		if v {
			w.op(opcode.NewTrue)
		} else {
			w.op(opcode.NewFalse)
		}
	case int:
		w.integer(int64(v))
	case int64:
		w.integer(v)
	case *big.Int:
		w.long(v)
	case float64:
		w.out.WriteByte(opcode.BinFloat)
		w.op(binary.BigEndian.AppendUint64(nil, math.Float64bits(v))...)
	case string:
		w.text(v)
	case []byte:
		w.bytes(v)
	case *ByteArray:
		w.global("builtins", "bytearray")
		w.bytes(*v)
		w.op(opcode.Tuple1, opcode.Reduce)
	case Scalar:
		w.scalar(v)
	case LazyDict:
		w.dict(v.Ordered, func(yield func(any, any) bool) {
			for key, value := range v.Entries {
				if !yield(lazy{key}, lazy{value}) || w.err != nil {
					return
				}
			}
		})
	case lazy:
		w.unit(v.value)
	case *Tuple, *List, *Dict, *Set, *Array, *Tensor, *Storage:
		w.object(v)
	default:
		w.fail("pickle: a %T cannot be written", v)
	}
}

// lazy marks what a LazyDict gives: a unit of its own.
type lazy struct{ value any }

// object writes what has an identity.
func (w *Writer) object(v any) {
	id, again := w.shared[v]
	if again && id > 0 {
		w.get(id - 1)
		return
	}
	// A container enters the memo before its contents, which may refer to it.
	remember := func() {
		if again {
			w.shared[v] = w.put() + 1
		}
	}
	switch v := v.(type) {
	case *Tuple:
		w.tuple(*v)
		remember()
	case *List:
		w.op(opcode.EmptyList)
		remember()
		w.items(slices.Values(*v), opcode.Appends)
	case *Dict:
		w.emptyDict(v.Ordered)
		remember()
		w.entries(v.All())
		if v.Attributes != nil {
			w.value(v.Attributes)
			w.op(opcode.Build)
		}
	case *Set:
		w.set(v)
		remember()
	case *Array:
		w.array(v)
		remember()
	case *Tensor:
		w.tensor(v)
		remember()
	case *Storage:
		w.storage(v)
		remember()
	}
}

func (w *Writer) put() uint32 {
	id := w.memo
	w.memo++
	if id < 256 {
		w.op(opcode.BinPut, byte(id))
	} else {
		w.op(binary.LittleEndian.AppendUint32([]byte{opcode.LongBinPut}, id)...)
	}
	return id
}

func (w *Writer) get(id uint32) {
	if id < 256 {
		w.op(opcode.BinGet, byte(id))
	} else {
		w.op(binary.LittleEndian.AppendUint32([]byte{opcode.LongBinGet}, id)...)
	}
}

func (w *Writer) integer(v int64) {
	switch {
	case v >= 0 && v < 1<<8:
		w.op(opcode.BinInt1, byte(v))
	case v >= 0 && v < 1<<16:
		w.op('M', byte(v), byte(v>>8))
	case v >= math.MinInt32 && v <= math.MaxInt32:
		w.op(binary.LittleEndian.AppendUint32([]byte{opcode.BinInt}, uint32(v))...)
	default:
		w.long(big.NewInt(v))
	}
}

// long writes an integer as two's complement, little-endian.
func (w *Writer) long(v *big.Int) {
	bits := v.BitLen()
	if v.Sign() < 0 {
		bits = new(big.Int).Not(v).BitLen()
	}
	n := bits/8 + 1
	if n > 255 {
		w.fail("pickle: an integer of %d bytes cannot be written", n)
		return
	}
	b := make([]byte, n)
	if v.Sign() >= 0 {
		v.FillBytes(b)
	} else {
		new(big.Int).Add(v, new(big.Int).Lsh(big.NewInt(1), uint(8*n))).FillBytes(b)
	}
	slices.Reverse(b)
	w.op(opcode.Long1, byte(n))
	w.op(b...)
}

// text writes a str, or a reference to an equal one.
func (w *Writer) text(s string) {
	id, known := w.strings[s]
	if known {
		w.get(id)
		return
	}
	if !utf8.ValidString(s) {
		w.fail("pickle: string %.40q is not UTF-8", s)
		return
	}
	w.sized(opcode.BinUnicode, opcode.BinUnicode8, len(s))
	w.out.WriteString(s)
	if len(s) <= maxShared {
		w.strings[s] = w.put()
	}
}

// sized writes an opcode with the length of what follows. Only protocol 4 has
// the long one.
func (w *Writer) sized(short, long byte, n int) {
	switch {
	case n <= math.MaxUint32:
		w.op(binary.LittleEndian.AppendUint32([]byte{short}, uint32(n))...)
	case w.protocol >= Protocol4:
		w.op(binary.LittleEndian.AppendUint64([]byte{long}, uint64(n))...)
	default:
		w.fail("pickle: protocol %d cannot hold %d bytes in one", w.protocol, n)
	}
}

func (w *Writer) bytes(b []byte) {
	if w.protocol >= Protocol4 {
		w.sized(opcode.BinBytes, opcode.BinBytes8, len(b))
		w.op(b...)
		return
	}
	latin1 := make([]byte, 0, len(b)+len(b)/2)
	for _, c := range b {
		latin1 = utf8.AppendRune(latin1, rune(c))
	}
	w.global("_codecs", "encode")
	w.sized(opcode.BinUnicode, opcode.BinUnicode8, len(latin1))
	w.op(latin1...)
	w.text("latin1")
	w.op(opcode.Tuple2, opcode.Reduce)
}

// global names a class or function. The strings map keeps it under a name that
// no string has.
func (w *Writer) global(module, name string) {
	if module == "builtins" && w.protocol < 3 {
		module = "__builtin__"
	}
	text := module + "\n" + name + "\n"
	key := "\xff" + text
	if id, known := w.strings[key]; known {
		w.get(id)
		return
	}
	w.op(opcode.Global)
	w.out.WriteString(text)
	w.strings[key] = w.put()
}
