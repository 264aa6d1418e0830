package pickle

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"iter"
	"math/big"
)

// Dict is a dict or, where Ordered is set, a collections.OrderedDict. Entries
// stay in the order in which their keys were first set. Keys are nil, bools,
// ints, floats, strings, bytes, numpy scalars, tuples of these, or classes,
// instances, tensors and frozensets, each equal to itself only; unlike in
// Python, 1, 1.0 and True are three different keys. The zero value is empty
// and ready to use.
type Dict struct {
	Ordered    bool
	Attributes any // what an OrderedDict's instance holds besides, or nil

	entries []entry
	slots   []int32 // open addressing: entry number plus 1, or 0; nil while small
}

type entry struct{ key, value any }

// smallDict is the number of entries up to which keys are searched in a row.
const smallDict = 8

var seed = maphash.MakeSeed()

// Set is Put for the machine, which knows no failure: a key that Put refuses
// becomes a panic with its error, which Decode recovers.
func (d *Dict) Set(key, value any) {
	if err := d.Put(key, value); err != nil {
		panic(err)
	}
}

// Put sets the value of key.
func (d *Dict) Put(key, value any) error {
	if err := checkKey(key); err != nil {
		return err
	}
	if i := d.find(key); i >= 0 {
		d.entries[i].value = value
		return nil
	}
	if len(d.entries) == cap(d.entries) {
		grown := make([]entry, len(d.entries), max(4, 2*len(d.entries)))
		copy(grown, d.entries)
		d.entries = grown
	}
	d.entries = append(d.entries, entry{key, value})
	switch n := len(d.entries); {
	case n <= smallDict:
	case 2*n > len(d.slots):
		d.slots = make([]int32, 4*n)
		for i := range d.entries {
			d.occupy(i)
		}
	default:
		d.occupy(n - 1)
	}
	return nil
}

// Get gives the value of key: a string, an int, a *Tuple and so on.
func (d *Dict) Get(key any) (any, bool) {
	if checkKey(key) != nil {
		return nil, false
	}
	i := d.find(key)
	if i < 0 {
		return nil, false
	}
	return d.entries[i].value, true
}

// Len is the number of entries.
func (d *Dict) Len() int { return len(d.entries) }

// All walks over the entries in order.
func (d *Dict) All() iter.Seq2[any, any] {
	return func(yield func(any, any) bool) {
		for _, e := range d.entries {
			if !yield(e.key, e.value) {
				return
			}
		}
	}
}

// find gives the number of the entry of a checked key, or -1.
func (d *Dict) find(key any) int {
	if d.slots == nil {
		for i := range d.entries {
			if sameKey(d.entries[i].key, key) {
				return i
			}
		}
		return -1
	}
	for slot := d.slot(key); ; slot = (slot + 1) % len(d.slots) {
		i := int(d.slots[slot]) - 1
		if i < 0 || sameKey(d.entries[i].key, key) {
			return i
		}
	}
}

// occupy puts entry i, whose key is not there yet, into the slots.
func (d *Dict) occupy(i int) {
	slot := d.slot(d.entries[i].key)
	for d.slots[slot] != 0 {
		slot = (slot + 1) % len(d.slots)
	}
	d.slots[slot] = int32(i + 1)
}

func (d *Dict) slot(key any) int {
	var h maphash.Hash
	h.SetSeed(seed)
	hashKey(&h, key)
	return int(h.Sum64() % uint64(len(d.slots)))
}

// maxKey is the size of the largest key, so that hashing keys that a pickle
// holds once and uses often takes no time that matters.
const maxKey = 4 << 10

// checkKey makes sure that key can be one, and is not excessively large.
func checkKey(key any) error {
	_, err := keySize(key, 0)
	return err
}

// keySize gives the size of a key that is not excessively large.
func keySize(key any, depth int) (size int, err error) {
	const maxDepth = 8
	switch k := key.(type) {
	case *Tuple:
		if depth == maxDepth {
			return 0, unsupported("a dictionary key of tuples within more than %d tuples", maxDepth)
		}
		for _, v := range *k {
			n, err := keySize(v, depth+1)
			if err != nil {
				return 0, err
			}
			if size += 16 + n; size > maxKey {
				break
			}
		}
	case string:
		size = len(k)
	case []byte:
		size = len(k)
	case nil, bool, int, float64, *big.Int, Scalar, *Class, *Object, *Tensor:
		size = 8
	case *Set:
		if !k.Frozen {
			return 0, unsupported("a dictionary key of type set")
		}
		size = 8
	default:
		return 0, unsupported("a dictionary key of type %s", TypeName(key))
	}
	if size > maxKey {
		return 0, unsupported("a dictionary key of %d bytes", size)
	}
	return size, nil
}

func sameKey(a, b any) bool {
	switch a := a.(type) {
	case string:
		b, ok := b.(string)
		return ok && a == b
	case int:
		b, ok := b.(int)
		return ok && a == b
	case []byte:
		b, ok := b.([]byte)
		return ok && bytes.Equal(a, b)
	case *big.Int:
		b, ok := b.(*big.Int)
		return ok && a.Cmp(b) == 0
	case Scalar:
		b, ok := b.(Scalar)
		return ok && a.Type == b.Type && bytes.Equal(a.Data, b.Data)
	case *Tuple:
		b, ok := b.(*Tuple)
		if !ok || len(*a) != len(*b) {
			return false
		}
		for i := range *a {
			if !sameKey((*a)[i], (*b)[i]) {
				return false
			}
		}
		return true
	case nil, bool, float64, *Class, *Object, *Tensor, *Set:
		switch b.(type) {
		case nil, bool, float64, *Class, *Object, *Tensor, *Set:
			return a == b
		}
	}
	return false
}

func hashKey(h *maphash.Hash, key any) {
	switch k := key.(type) {
	case string:
		h.WriteString(k)
	case []byte:
		h.Write(k)
	case *big.Int:
		for _, word := range k.Bits() {
			maphash.WriteComparable(h, word)
		}
	case Scalar:
		h.Write(k.Data)
	case *Tuple:
		for _, v := range *k {
			hashKey(h, v)
		}
	default: // nil, bool, int, float64, and what is equal to itself only
		maphash.WriteComparable(h, key)
	}
}

// Set is a set or, where Frozen is set, a frozenset; its items stay in the
// order in which they were added. The zero value is empty and ready to use.
type Set struct {
	Frozen bool
	items  Dict
}

// Add adds an item. It panics with an error, which Decode recovers, if v can
// be no key of a Dict.
func (s *Set) Add(v any) { s.items.Set(v, nil) }

// Has reports whether v is in the set.
func (s *Set) Has(v any) bool {
	_, ok := s.items.Get(v)
	return ok
}

// Len is the number of items.
func (s *Set) Len() int { return s.items.Len() }

// All walks over the items in order.
func (s *Set) All() iter.Seq[any] {
	return func(yield func(any) bool) {
		for _, e := range s.items.entries {
			if !yield(e.key) {
				return
			}
		}
	}
}

// TypeName gives Python's word for the type of a value of a tree.
func TypeName(v any) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case bool:
		return "bool"
	case int, *big.Int:
		return "int"
	case float64:
		return "float"
	case string:
		return "str"
	case []byte:
		return "bytes"
	case *ByteArray:
		return "bytearray"
	case *Tuple:
		return "tuple"
	case *List:
		return "list"
	case *Dict:
		return "dict"
	case *Set:
		return "set"
	case Scalar:
		return "numpy scalar"
	case *Array:
		return "numpy array"
	case *DType:
		return "numpy dtype"
	case *Tensor:
		return "tensor"
	case *Storage:
		return "storage"
	case *Class:
		return "class " + v.Name
	case *Object:
		return v.Class
	}
	return fmt.Sprintf("%T", v)
}
