package unpickle

import (
	"fmt"
	"slices"
	"sort"
	"sync"
)

// File is a scanned pickle. Its methods may be called by several goroutines.
type File struct {
	Root   []Entry // the root's entries with short strings as keys, in the order of the file
	Items  []Item  // the items of the listed entry, in the order of the file
	Length int64   // bytes up to and with the STOP opcode

	src Source
	far []uint32 // sorted numbers of the memo entries that are read outside of the item that made them

	mu     sync.Mutex
	copies map[uint32]Value // values of memo entries in far, and others that were asked for
}

// Lookup gives the place of an entry of the root.
func (f *File) Lookup(key string) (Span, bool) {
	for i := len(f.Root) - 1; i >= 0; i-- {
		if f.Root[i].Key == key {
			return f.Root[i].Span, true
		}
	}
	return Span{}, false
}

// keep copies the memo entries made in a span that are read outside of it.
func (f *File) keep(first uint32, memo []Value) error {
	i, _ := slices.BinarySearch(f.far, first)
	for ; i < len(f.far) && f.far[i]-first < uint32(len(memo)); i++ {
		if err := f.keepOne(f.far[i], memo[f.far[i]-first]); err != nil {
			return err
		}
	}
	return nil
}

func (f *File) keepOne(id uint32, v Value) error {
	if _, ok := f.copies[id]; ok {
		return nil
	}
	c := copier{budget: maxCopy}
	v, ok := c.copy(v, 0)
	if !ok {
		return fmt.Errorf("memo entry %d, which is used far from its place, is too large to keep", id)
	}
	f.copies[id] = v
	return nil
}

// memoized gives the value of a memo entry made outside of the span under way.
func (f *File) memoized(id uint32) (Value, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.memoizedLocked(id)
}

func (f *File) memoizedLocked(id uint32) (Value, error) {
	if v, ok := f.copies[id]; ok {
		return v, nil
	}
	span, ok := f.spanOf(id)
	if !ok {
		return Value{}, fmt.Errorf("memo entry %d lies outside of all entries", id)
	}
	d := Decoder{lookup: func(earlier uint32) (Value, error) {
		if earlier >= span.memo {
			return Value{}, fmt.Errorf("memo entry %d is used before it is made", earlier)
		}
		return f.memoizedLocked(earlier)
	}}
	if _, _, err := d.pair(f.src, span); err != nil {
		return Value{}, err
	}
	if err := f.keep(span.memo, d.memo); err != nil {
		return Value{}, err
	}
	if v, ok := f.copies[id]; ok {
		return v, nil
	}
	if i := id - span.memo; i < uint32(len(d.memo)) {
		if err := f.keepOne(id, d.memo[i]); err != nil {
			return Value{}, err
		}
		return f.copies[id], nil
	}
	return Value{}, fmt.Errorf("memo entry %d lies outside of all entries", id)
}

// spanOf finds the span in which a memo entry is made.
func (f *File) spanOf(id uint32) (Span, bool) {
	i := sort.Search(len(f.Items), func(i int) bool { return f.Items[i].memo > id })
	j := sort.Search(len(f.Root), func(j int) bool { return f.Root[j].memo > id })
	switch {
	case i > 0 && (j == 0 || f.Items[i-1].memo >= f.Root[j-1].memo):
		return f.Items[i-1].Span, true
	case j > 0:
		return f.Root[j-1].Span, true
	}
	return Span{}, false
}

// maxCopy bounds the values of one memo entry that is kept.
const maxCopy = 1 << 16

// copier copies values out of a decoder's memory.
type copier struct{ budget int }

func (c *copier) copy(v Value, depth int) (Value, bool) {
	const maxDepth = 32
	if c.budget--; c.budget < 0 || depth > maxDepth {
		return Value{}, false
	}
	if v.ref == nil {
		return v, true
	}
	o := &object{text: slices.Clone(v.ref.text), attrs: v.ref.attrs}
	if n := len(v.ref.items); n > c.budget {
		return Value{}, false
	} else if n > 0 {
		o.items = make([]Value, n)
	}
	for i, item := range v.ref.items {
		var ok bool
		if o.items[i], ok = c.copy(item, depth+1); !ok {
			return Value{}, false
		}
	}
	v.ref = o
	return v, true
}
