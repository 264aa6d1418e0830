package store

import (
	"encoding/binary"
	"errors"
)

// The parts of a Parquet file that describe others are structures of the compact
// Thrift protocol. Their decoder allocates what a list's length claims, so they
// are walked over first.

var errThrift = errors.New("a description within the file is broken")

// maxThrift bounds the elements of all lists of one structure. The metadata of a
// store of 100,000 architectures has 60,000.
const maxThrift = 1 << 18

// thriftLength gives the length of the structure that b begins with.
func thriftLength(b []byte) (int, error) {
	w := thriftWalker{b: b, budget: maxThrift}
	if !w.structure(0) {
		return 0, errThrift
	}
	return len(b) - len(w.b), nil
}

// thriftList is a list in a structure.
type thriftList struct{ field, elements int }

// thriftLists gives the lists that are fields of the structure that b is, which
// thriftLength has walked over.
func thriftLists(b []byte) []thriftList {
	var lists []thriftList
	w := thriftWalker{b: b, budget: maxThrift}
	w.fields(0, func(field int, kind byte) bool {
		before := w.b
		if !w.value(kind, 0) {
			return false
		}
		if kind == thriftListKind || kind == thriftSet {
			elements := int(before[0] >> 4)
			if elements == 15 {
				n, _ := binary.Uvarint(before[1:])
				elements = int(n)
			}
			lists = append(lists, thriftList{field, elements})
		}
		return true
	})
	return lists
}

type thriftWalker struct {
	b      []byte // what is left
	budget int
}

// The types of fields and elements.
const (
	thriftTrue = 1 + iota
	thriftFalse
	thriftInt8
	thriftInt16
	thriftInt32
	thriftInt64
	thriftDouble
	thriftBinary
	thriftListKind
	thriftSet
	thriftMap
	thriftStruct
)

func (w *thriftWalker) skip(n uint64) bool {
	if n > uint64(len(w.b)) {
		return false
	}
	w.b = w.b[n:]
	return true
}

func (w *thriftWalker) byte() (byte, bool) {
	if len(w.b) == 0 {
		return 0, false
	}
	b := w.b[0]
	w.b = w.b[1:]
	return b, true
}

func (w *thriftWalker) varint() (uint64, bool) {
	n, size := binary.Uvarint(w.b)
	if size <= 0 {
		return 0, false
	}
	w.b = w.b[size:]
	return n, true
}

// structure walks over fields up to the stop.
func (w *thriftWalker) structure(depth int) bool {
	return w.fields(depth, func(_ int, kind byte) bool { return w.value(kind, depth) })
}

// fields calls value for every field up to the stop, which walks over its value.
func (w *thriftWalker) fields(depth int, value func(field int, kind byte) bool) bool {
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
		if kind == thriftTrue || kind == thriftFalse {
			continue // the type is the value
		}
		if !value(field, kind) {
			return false
		}
	}
}

func (w *thriftWalker) value(kind byte, depth int) bool {
	switch kind {
	case thriftTrue, thriftFalse, thriftInt8:
		return w.skip(1)
	case thriftInt16, thriftInt32, thriftInt64:
		_, ok := w.varint()
		return ok
	case thriftDouble:
		return w.skip(8)
	case thriftBinary:
		n, ok := w.varint()
		return ok && w.skip(n)
	case thriftListKind, thriftSet:
		return w.list(depth)
	case thriftStruct:
		return w.structure(depth + 1)
	}
	return false // Parquet has no maps
}

func (w *thriftWalker) list(depth int) bool {
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
