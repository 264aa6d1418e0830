package unpickle

import (
	"encoding/binary"
	"math"
)

// Kind is what a [Value] is.
type Kind uint8

const (
	Invalid Kind = iota
	None
	Bool
	Int
	Float
	String
	Bytes
	Tuple
	List
	Dict
	OrderedDict
	Set
	Scalar // a NumPy scalar
	DType  // a NumPy type
	Tensor // a PyTorch tensor or storage: only its place in the tree is known
	Blob   // a long byte string that was passed over, or a number beyond 64 bits
	class
)

var kindNames = [...]string{
	Invalid: "nothing", None: "None", Bool: "a bool", Int: "an int", Float: "a float", String: "a str",
	Bytes: "bytes", Tuple: "a tuple", List: "a list", Dict: "a dict", OrderedDict: "an OrderedDict",
	Set: "a set", Scalar: "a NumPy scalar", DType: "a NumPy dtype", Tensor: "a tensor",
	Blob: "binary data", class: "a class",
}

// String names the kind as a sentence does: "a dict".
func (k Kind) String() string { return kindNames[k] }

// Value is one Python value. What it refers to belongs to the [Decoder] that
// gave it, and is good until that decodes the next.
type Value struct {
	kind Kind
	bits uint64
	ref  *object
}

// object is the part of a value that does not fit into 64 bits.
type object struct {
	text  []byte  // String, Bytes, the letters of a DType, the bytes of a Scalar
	items []Value // Tuple, List, Set; Dict and OrderedDict: key, value, key, value ...
	attrs bool    // an OrderedDict with attributes
}

// Kind tells what v is.
func (v Value) Kind() Kind { return v.kind }

// IsDict reports whether v is a Dict or an OrderedDict.
func (v Value) IsDict() bool { return v.kind == Dict || v.kind == OrderedDict }

// Int is the number of an Int, 0 or 1 of a Bool.
func (v Value) Int() int64 { return int64(v.bits) }

// Float is the number of a Float, of an Int or of a Scalar of 64-bit floats.
func (v Value) Float() (float64, bool) {
	switch {
	case v.kind == Float || v.kind == Scalar && v.DTypeName() == "f8":
		return math.Float64frombits(v.bits), true
	case v.kind == Int:
		return float64(int64(v.bits)), true
	}
	return 0, false
}

// DTypeName is the type of a Scalar or the name of a DType, such as "f8".
func (v Value) DTypeName() string {
	switch v.kind {
	case DType:
		return string(v.ref.text)
	case Scalar:
		return v.ref.items[0].DTypeName()
	}
	return ""
}

// Text is the text of a String, the bytes of a Bytes, the little-endian bytes of
// a Scalar. It must not be changed.
func (v Value) Text() []byte {
	if v.ref == nil {
		return nil
	}
	return v.ref.text
}

// Is reports whether v is the string s.
func (v Value) Is(s string) bool { return v.kind == String && string(v.ref.text) == s }

// Items are the elements of a Tuple, List or Set, or the keys and values of a
// dictionary in turn, in the order of the file. They must not be changed.
func (v Value) Items() []Value {
	if v.ref == nil || v.kind == Scalar {
		return nil
	}
	return v.ref.items
}

// Len is the number of elements, of a dictionary its pairs.
func (v Value) Len() int {
	if v.IsDict() {
		return len(v.Items()) / 2
	}
	return len(v.Items())
}

// HasAttributes reports whether v is an OrderedDict with attributes of its own,
// as PyTorch's state dicts have.
func (v Value) HasAttributes() bool { return v.ref != nil && v.ref.attrs }

// Lookup gives the value of the string key of a dictionary. Of equal keys the
// last one counts, as in Python.
func (v Value) Lookup(key string) (Value, bool) {
	items := v.Items()
	for i := len(items) - 2; i >= 0 && v.IsDict(); i -= 2 {
		if items[i].Is(key) {
			return items[i+1], true
		}
	}
	return Value{}, false
}

func boolValue(b bool) Value {
	if b {
		return Value{kind: Bool, bits: 1}
	}
	return Value{kind: Bool}
}

func littleEndianFloat(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }
