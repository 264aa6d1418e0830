// Package parquetmeta checks what a Parquet file claims before a library acts on it:
// libraries allocate by claimed lengths. The file's descriptions of its parts are
// structures of the compact Thrift protocol.
package parquetmeta

import (
	"encoding/binary"
	"errors"
)

// ErrBroken says that there is no structure, or one with too many elements.
var ErrBroken = errors.New("a description within the file is broken")

// maxElements bounds the elements of all lists of one structure. The metadata of a
// store of 100,000 architectures has 60,000.
const maxElements = 1 << 18

// Length gives the length of the structure that b begins with.
func Length(b []byte) (int, error) {
	w := walker{b: b, budget: maxElements}
	if !w.structure(0) {
		return 0, ErrBroken
	}
	return len(b) - len(w.b), nil
}

// List is a list in a structure: the number of its field, and how many elements it
// claims.
type List struct{ Field, Elements int }

// Lists gives the lists that are fields of the structure that b is, which
// Length has walked over.
func Lists(b []byte) []List {
	var lists []List
	w := walker{b: b, budget: maxElements}
	w.fields(0, func(field int, kind byte) bool {
		before := w.b
		if !w.value(kind, 0) {
			return false
		}
		if kind == kindList || kind == kindSet {
			elements := int(before[0] >> 4)
			if elements == 15 {
				n, _ := binary.Uvarint(before[1:])
				elements = int(n)
			}
			lists = append(lists, List{field, elements})
		}
		return true
	})
	return lists
}

type walker struct {
	b      []byte // what is left
	budget int
}

// The types of fields and elements.
const (
	kindTrue = 1 + iota
	kindFalse
	kindInt8
	kindInt16
	kindInt32
	kindInt64
	kindDouble
	kindBinary
	kindList
	kindSet
	kindMap
	kindStruct
)

func (w *walker) skip(n uint64) bool {
	if n > uint64(len(w.b)) {
		return false
	}
	w.b = w.b[n:]
	return true
}

func (w *walker) byte() (byte, bool) {
	if len(w.b) == 0 {
		return 0, false
	}
	b := w.b[0]
	w.b = w.b[1:]
	return b, true
}

func (w *walker) varint() (uint64, bool) {
	n, size := binary.Uvarint(w.b)
	if size <= 0 {
		return 0, false
	}
	w.b = w.b[size:]
	return n, true
}

// structure walks over fields up to the stop.
func (w *walker) structure(depth int) bool {
	return w.fields(depth, func(_ int, kind byte) bool { return w.value(kind, depth) })
}

// fields calls value for every field up to the stop, which walks over its value.
func (w *walker) fields(depth int, value func(field int, kind byte) bool) bool {
	const maxDepth = 16
	if depth > maxDepth {
		return false
	}
	field := 0
	for {
		head, ok := w.byte()
		if !ok {
			return false
		}
		if head == 0 {
			return true
		}
		field += int(head >> 4)
		if head>>4 == 0 { // the field's number follows
			n, ok := w.varint()
			if !ok {
				return false
			}
			field = int(int16(n>>1) ^ -int16(n&1))
		}
		kind := head & 15
		if kind == kindTrue || kind == kindFalse {
			continue // the type is the value
		}
		if !value(field, kind) {
			return false
		}
	}
}

func (w *walker) value(kind byte, depth int) bool {
	switch kind {
	case kindTrue, kindFalse, kindInt8:
		return w.skip(1)
	case kindInt16, kindInt32, kindInt64:
		_, ok := w.varint()
		return ok
	case kindDouble:
		return w.skip(8)
	case kindBinary:
		n, ok := w.varint()
		return ok && w.skip(n)
	case kindList, kindSet:
		return w.list(depth)
	case kindStruct:
		return w.structure(depth + 1)
	}
	return false // Parquet has no maps
}

func (w *walker) list(depth int) bool {
	head, ok := w.byte()
	if !ok {
		return false
	}
	n := uint64(head >> 4)
	if n == 15 {
		if n, ok = w.varint(); !ok {
			return false
		}
	}
	if n > uint64(w.budget) {
		return false
	}
	w.budget -= int(n)
	for range n {
		if !w.value(head&15, depth+1) {
			return false
		}
	}
	return true
}
