package unpickle

import (
	"bytes"
	"cellnet/internal/pickle/opcode"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"
)

// Source gives readers of one pickle.
type Source interface {
	// Open gives a reader of the pickle from the given offset on.
	Open(offset int64) (io.ReadCloser, error)
	// Summed tells whether a reader checks a sum at the end of what follows the
	// pickle.
	Summed() bool
}

// Span is where a key and its value lie in a pickle.
type Span struct {
	Offset, End int64  // bytes from the start of the pickle
	memo        uint32 // number of the first memo entry made within
}

// Entry is a key and the place of its value.
type Entry struct {
	Key string
	Span
}

// Item is a numbered value.
type Item struct {
	Key int64
	Span
}

// maxStack bounds the values that lie on the stack while a pickle is scanned.
// The longest list of a published file has 1000 at a time.
const maxStack = 1 << 20

// maxMemoGap bounds the numbers that a pickle leaves out when it numbers its
// memo entries. Python leaves out none.
const maxMemoGap = 1 << 10

// slot is what the scan knows of a value on the stack.
type slot struct {
	offset int64  // of the first opcode of the value
	num    int64  // of an int: the number; of a name: its place in names
	memo   uint32 // memo entries made before it
	tag    tag
}

type tag uint8

const (
	tagOther tag = iota
	tagInt
	tagName // a string near the root
	tagDict
)

// scanner follows the opcodes of a pickle, counting what is on the stack
// without building it.
type scanner struct {
	window
	stack   []slot
	marks   []int
	names   []string
	memo    uint32 // memo entries so far
	item    uint32 // memo entries before the item under way
	far     map[uint32]struct{}
	items   string // key of the root whose dictionary is listed item by item
	root    []Entry
	listed  []Item
	started int64 // offset of the opcode under way
}

// Scan passes over a pickle from its start to its STOP opcode. If its root is a
// dictionary, its entries are noted, and of the entry named items, if it is a
// dictionary with ints as keys, every item.
func Scan(src Source, items string) (*File, error) {
	r, err := src.Open(0)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	s := scanner{items: items, far: map[uint32]struct{}{}}
	s.window.reset(r, 0)
	if err := s.run(); err != nil {
		return nil, err
	}
	f := &File{src: src, Root: s.root, Items: s.listed, Length: s.offset(), copies: map[uint32]Value{}}
	for id := range s.far {
		f.far = append(f.far, id)
	}
	slices.Sort(f.far)
	if src.Summed() {
		if _, err := io.Copy(io.Discard, r); err != nil {
			return nil, err
		}
	}
	return f, nil
}

func (s *scanner) broken(format string, args ...any) error {
	return &FormatError{Offset: s.started, Reason: fmt.Sprintf(format, args...)}
}

func (s *scanner) run() error {
	for {
		if s.end-s.pos < slack {
			if err := s.fill(slack); err != nil {
				return err
			}
		}
		s.started = s.offset()
		if s.pos >= s.end {
			return s.broken("%v", errCutOff)
		}
		op := s.buf[s.pos]
		s.pos++
		done, err := s.step(op)
		if err != nil {
			if _, ok := err.(*FormatError); !ok && err == errCutOff {
				err = s.broken("%v", err)
			}
			return err
		}
		if s.pos > s.end {
			return s.broken("%v", errCutOff)
		}
		if done {
			return nil
		}
	}
}

// step takes one opcode and tells whether it was the last.
func (s *scanner) step(op byte) (done bool, err error) {
	arg := s.buf[s.pos : s.pos+9]
	switch op {
	case opcode.BinFloat:
		s.pos += 8
		return false, s.push(tagOther, 0)
	case opcode.BinInt1:
		s.pos++
		return false, s.push(tagInt, int64(arg[0]))
	case opcode.BinInt2:
		s.pos += 2
		return false, s.push(tagInt, int64(binary.LittleEndian.Uint16(arg)))
	case opcode.BinInt:
		s.pos += 4
		return false, s.push(tagInt, int64(int32(binary.LittleEndian.Uint32(arg))))
	case opcode.Memoize:
		return false, s.put(s.memo)
	case opcode.BinPut:
		s.pos++
		return false, s.put(uint32(arg[0]))
	case opcode.LongBinPut:
		s.pos += 4
		return false, s.put(binary.LittleEndian.Uint32(arg))
	case opcode.BinGet:
		s.pos++
		return false, s.get(uint32(arg[0]))
	case opcode.LongBinGet:
		s.pos += 4
		return false, s.get(binary.LittleEndian.Uint32(arg))
	case opcode.ShortBinUnicode, opcode.ShortBinString:
		s.pos++
		return false, s.text(int64(arg[0]))
	case opcode.BinUnicode, opcode.BinString:
		s.pos += 4
		return false, s.text(int64(binary.LittleEndian.Uint32(arg)))
	case opcode.BinUnicode8:
		s.pos += 8
		return false, s.text(int64(min(binary.LittleEndian.Uint64(arg), math.MaxInt64)))
	case opcode.Mark:
		if len(s.marks) >= maxStack {
			return false, s.tooDeep()
		}
		s.marks = append(s.marks, len(s.stack))
		return false, nil
	case opcode.None, opcode.NewTrue, opcode.NewFalse, opcode.EmptyList, opcode.EmptyTuple, opcode.EmptySet:
		return false, s.push(tagOther, 0)
	case opcode.EmptyDict:
		return false, s.push(tagDict, 0)
	case opcode.SetItems:
		return false, s.setItems()
	case opcode.SetItem:
		return false, s.setItem()
	case opcode.Appends, opcode.AddItems:
		_, err := s.popMark(1)
		return false, err
	case opcode.Append, opcode.Build:
		return false, s.pop(1, 1)
	case opcode.Reduce, opcode.NewObj, opcode.StackGlobal, opcode.Tuple2:
		return false, s.replace(2)
	case opcode.Int, opcode.Long, opcode.Float, opcode.String, opcode.Unicode, opcode.Put, opcode.Get:
		return false, s.written(op)
	case opcode.Tuple1, opcode.BinPersID:
		return false, s.replace(1)
	case opcode.Tuple3, opcode.NewObjEx:
		return false, s.replace(3)
	case opcode.Tuple, opcode.List, opcode.FrozenSet, opcode.Obj:
		return false, s.collect()
	case opcode.Dict:
		n := len(s.marks)
		empty := n > 0 && s.marks[n-1] == len(s.stack) // as protocol 0 begins dictionaries
		err := s.collect()
		if err == nil && empty {
			s.stack[len(s.stack)-1].tag = tagDict
		}
		return false, err
	case opcode.Pop:
		if n := len(s.marks); n > 0 && s.marks[n-1] == len(s.stack) {
			s.marks = s.marks[:n-1]
			return false, nil
		}
		return false, s.pop(1, 0)
	case opcode.PopMark:
		_, err := s.popMark(0)
		return false, err
	case opcode.Stop:
		if len(s.stack) != 1 || len(s.marks) != 0 {
			return false, s.broken("it ends with %d values on the stack", len(s.stack))
		}
		return true, nil
	}
	return false, s.rare(op, arg)
}

// rare takes the opcodes that come a few times a file.
func (s *scanner) rare(op byte, arg []byte) error {
	switch op {
	case opcode.Proto:
		s.pos++
		if arg[0] > opcode.HighestProtocol {
			return &UnsupportedError{s.started, fmt.Sprintf("protocol %d", arg[0])}
		}
		return nil
	case opcode.Frame:
		s.pos += 8
		return nil
	case opcode.ShortBinBytes, opcode.Long1:
		s.pos++
		return s.blob(int64(arg[0]))
	case opcode.BinBytes, opcode.Long4:
		s.pos += 4
		return s.blob(int64(binary.LittleEndian.Uint32(arg)))
	case opcode.BinBytes8, opcode.ByteArray8:
		s.pos += 8
		return s.blob(int64(min(binary.LittleEndian.Uint64(arg), math.MaxInt64)))
	case opcode.Global, opcode.Inst:
		if _, err := s.line(); err != nil {
			return err
		}
		if _, err := s.line(); err != nil {
			return err
		}
		if op == opcode.Inst {
			return s.collect()
		}
		return s.push(tagOther, 0)
	case opcode.Dup:
		if len(s.stack) <= s.floor() {
			return s.broken("the stack runs empty")
		}
		return s.push(tagOther, 0)
	}
	return unknownOpcode(s.started, op)
}

func unknownOpcode(offset int64, op byte) error {
	if opcode.ArgumentOf(op) == opcode.Unread {
		return &UnsupportedError{offset, fmt.Sprintf("opcode %#02x", op)}
	}
	return &FormatError{Offset: offset, Reason: fmt.Sprintf("%#02x is no opcode", op)}
}

func (s *scanner) tooDeep() error {
	return &UnsupportedError{s.started, fmt.Sprintf("more than %d values on the stack", maxStack)}
}

func (s *scanner) push(t tag, num int64) error {
	if len(s.stack) >= maxStack {
		return s.tooDeep()
	}
	if len(s.marks) == 2 {
		s.item = s.memo
	}
	s.stack = append(s.stack, slot{s.started, num, s.memo, t})
	return nil
}

// text passes over a string of n bytes, which is kept if it can be a key of the
// root.
func (s *scanner) text(n int64) error {
	if len(s.marks) > 1 || n > maxName {
		return s.blob(n)
	}
	b, err := s.bytes(int(n))
	if err != nil {
		return err
	}
	return s.name(b)
}

// Keys are as long as an arch string, and there may be one for each architecture.
const maxName, maxNames = 128, 1 << 15

// name keeps a string if it can be a key of the root.
func (s *scanner) name(b []byte) error {
	if len(s.marks) > 1 || len(b) > maxName || len(s.names) >= maxNames {
		return s.push(tagOther, 0)
	}
	s.names = append(s.names, string(b))
	return s.push(tagName, int64(len(s.names)-1))
}

func (s *scanner) blob(n int64) error {
	if int64(s.end-s.pos) >= n {
		s.pos += int(n)
	} else if err := s.skip(n); err != nil {
		return err
	}
	return s.push(tagOther, 0)
}

// line reads up to a newline, a part of a class's name. It is good until the next
// call.
func (w *window) line() ([]byte, error) {
	const maxLine = 256
	if w.end-w.pos < maxLine {
		if err := w.fill(maxLine); err != nil {
			return nil, err
		}
	}
	n := bytes.IndexByte(w.buf[w.pos:min(w.end, w.pos+maxLine)], '\n')
	if n < 0 {
		return nil, &FormatError{Offset: w.offset(), Reason: "a class's name has no end"}
	}
	w.pos += n + 1
	return w.buf[w.pos-n-1 : w.pos-1], nil
}

func (s *scanner) put(id uint32) error {
	if len(s.stack) == s.floor() {
		return s.broken("nothing to memoize")
	}
	if id < s.memo || id-s.memo > maxMemoGap || id == math.MaxUint32 {
		return &UnsupportedError{s.started, fmt.Sprintf("memo entry %d after %d: numbers out of order", id, s.memo)}
	}
	s.memo = id + 1
	return nil
}

func (s *scanner) get(id uint32) error {
	if id >= s.memo {
		return s.broken("memo entry %d is used before it is made", id)
	}
	if id < s.item && len(s.marks) >= 2 {
		s.far[id] = struct{}{}
	}
	return s.push(tagOther, 0)
}

// isItems reports whether the value at height h of the stack is the dictionary
// whose items are listed.
func (s *scanner) isItems(h int) bool {
	if h < 2 || h%2 != 0 || s.stack[h].tag != tagDict || s.stack[0].tag != tagDict {
		return false
	}
	key := s.stack[h-1]
	return len(s.marks) > 0 && s.marks[0] == 1 && key.tag == tagName && s.names[key.num] == s.items
}

func (s *scanner) setItems() error {
	n := len(s.marks)
	if n == 0 {
		return s.broken("no mark on the stack")
	}
	if s.marks[n-1] == 0 {
		return s.broken("the stack runs empty")
	}
	m := s.marks[n-1]
	pairs := s.stack[m:]
	if len(pairs)%2 != 0 {
		return s.broken("a key without a value")
	}
	if n <= 2 {
		for i := 0; i < len(pairs); i += 2 {
			end := s.started
			if i+2 < len(pairs) {
				end = pairs[i+2].offset
			}
			if err := s.note(n-1, m-1, pairs[i], end); err != nil {
				return err
			}
		}
	}
	_, err := s.popMark(1)
	return err
}

func (s *scanner) setItem() error {
	h := len(s.stack)
	if h-3 < s.floor() {
		return s.broken("the stack runs empty")
	}
	if n := len(s.marks); n <= 1 {
		if err := s.note(n, h-3, s.stack[h-2], s.started); err != nil {
			return err
		}
	}
	s.stack = s.stack[:h-2]
	return nil
}

// note keeps the place of a pair that enters the dictionary at height h of the
// stack, below which there are the given number of marks.
func (s *scanner) note(marks, h int, key slot, end int64) error {
	span := Span{key.offset, end, key.memo}
	switch {
	case marks == 0 && h == 0 && s.stack[0].tag == tagDict:
		if key.tag == tagName {
			s.root = append(s.root, Entry{s.names[key.num], span})
		}
	case marks == 1 && s.isItems(h):
		if key.tag != tagInt {
			return &UnsupportedError{key.offset, fmt.Sprintf("%s with a key that is no int", s.items)}
		}
		s.listed = append(s.listed, Item{key.num, span})
	}
	return nil
}
