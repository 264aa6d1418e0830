package unpickle

import (
	"cellnet/internal/pickle/opcode"
	"encoding/binary"
	"fmt"
	"io"
	"math"
)

// maxValues bounds the values of one part of a pickle. The largest part of a
// published file, an architecture with all its trials, has about 30,000.
const maxValues = 1 << 22

// longBytes is the length from which byte strings are passed over: they are
// weights.
const longBytes = 1 << 12

// Decoder decodes parts of pickles. The zero value is ready to use.
type Decoder struct {
	window
	arena
	stack  []Value
	marks  []int
	memo   []Value // entries from number first on
	first  uint32
	start  int64 // offset of the opcode under way
	lookup func(id uint32) (Value, error)
}

// Entry decodes a key of a scanned pickle and its value.
func (d *Decoder) Entry(f *File, span Span) (key, value Value, err error) {
	d.lookup = f.memoized
	key, value, err = d.pair(f.src, span)
	if err != nil {
		return Value{}, Value{}, err
	}
	if len(f.far) > 0 {
		f.mu.Lock()
		defer f.mu.Unlock()
		err = f.keep(d.first, d.memo)
	}
	return key, value, err
}

// pair decodes the two values of a span.
func (d *Decoder) pair(src Source, span Span) (key, value Value, err error) {
	r, err := src.Open(span.Offset)
	if err != nil {
		return Value{}, Value{}, err
	}
	defer r.Close()
	d.restart(io.LimitReader(r, span.End-span.Offset), span.Offset, span.memo)
	if err := d.run(span.End); err != nil {
		return Value{}, Value{}, err
	}
	if len(d.stack) != 2 || len(d.marks) != 0 {
		return Value{}, Value{}, d.broken("want a key and a value, have %d values", len(d.stack))
	}
	return d.stack[0], d.stack[1], nil
}

// Pickle decodes a whole pickle, up to its STOP opcode, and gives its length in
// bytes.
func (d *Decoder) Pickle(r io.Reader) (v Value, length int64, err error) {
	d.restart(r, 0, 0)
	d.lookup = func(id uint32) (Value, error) {
		return Value{}, fmt.Errorf("memo entry %d is used before it is made", id)
	}
	if err := d.run(math.MaxInt64); err != nil {
		return Value{}, 0, err
	}
	return d.stack[0], d.offset(), nil
}

func (d *Decoder) restart(r io.Reader, offset int64, memo uint32) {
	d.arena.reset()
	d.window.reset(r, offset)
	d.stack, d.marks, d.memo, d.first = d.stack[:0], d.marks[:0], d.memo[:0], memo
}

func (d *Decoder) broken(format string, args ...any) error {
	return &FormatError{Offset: d.start, Reason: fmt.Sprintf(format, args...)}
}

func (d *Decoder) unsupported(format string, args ...any) error {
	return &UnsupportedError{d.start, fmt.Sprintf(format, args...)}
}

// run takes opcodes up to an offset, or up to STOP if that comes first.
func (d *Decoder) run(end int64) error {
	for {
		d.start = d.offset()
		if d.start >= end {
			if d.start > end {
				return d.broken("the last opcode goes past the end of the part")
			}
			return nil
		}
		if d.end-d.pos < slack {
			if err := d.fill(slack); err != nil {
				return err
			}
		}
		if d.pos >= d.end {
			return d.broken("%v", errCutOff)
		}
		op := d.buf[d.pos]
		d.pos++
		if op == opcode.Stop {
			if len(d.stack) != 1 || len(d.marks) != 0 {
				return d.broken("it ends with %d values on the stack", len(d.stack))
			}
			return nil
		}
		err := d.step(op)
		if err == nil && d.pos > d.end {
			err = errCutOff
		}
		if err == errCutOff {
			err = d.broken("%v", err)
		}
		if err != nil {
			return err
		}
		if len(d.stack)+d.values.total+d.objects.total > maxValues {
			return d.unsupported("a part of more than %d values", maxValues)
		}
	}
}

func (d *Decoder) push(v Value) { d.stack = append(d.stack, v) }

func (d *Decoder) pushObject(k Kind) *object {
	o := d.object()
	d.push(Value{kind: k, ref: o})
	return o
}

func (d *Decoder) step(op byte) error {
	arg := d.buf[d.pos : d.pos+9]
	switch op {
	case opcode.BinFloat:
		d.pos += 8
		d.push(Value{kind: Float, bits: binary.BigEndian.Uint64(arg)})
	case opcode.BinInt1:
		d.pos++
		d.push(Value{kind: Int, bits: uint64(arg[0])})
	case opcode.BinInt2:
		d.pos += 2
		d.push(Value{kind: Int, bits: uint64(binary.LittleEndian.Uint16(arg))})
	case opcode.BinInt:
		d.pos += 4
		d.push(Value{kind: Int, bits: uint64(int64(int32(binary.LittleEndian.Uint32(arg))))})
	case opcode.Memoize:
		return d.put(d.first + uint32(len(d.memo)))
	case opcode.BinPut:
		d.pos++
		return d.put(uint32(arg[0]))
	case opcode.LongBinPut:
		d.pos += 4
		return d.put(binary.LittleEndian.Uint32(arg))
	case opcode.BinGet:
		d.pos++
		return d.get(uint32(arg[0]))
	case opcode.LongBinGet:
		d.pos += 4
		return d.get(binary.LittleEndian.Uint32(arg))
	case opcode.ShortBinUnicode, opcode.ShortBinString:
		d.pos++
		return d.string(uint64(arg[0]))
	case opcode.BinUnicode, opcode.BinString:
		d.pos += 4
		return d.string(uint64(binary.LittleEndian.Uint32(arg)))
	case opcode.BinUnicode8:
		d.pos += 8
		return d.string(binary.LittleEndian.Uint64(arg))
	case opcode.Mark:
		d.marks = append(d.marks, len(d.stack))
		if len(d.marks) > maxValues {
			return d.unsupported("more than %d marks", maxValues)
		}
	case opcode.None:
		d.push(Value{kind: None})
	case opcode.NewTrue:
		d.push(boolValue(true))
	case opcode.NewFalse:
		d.push(boolValue(false))
	case opcode.EmptyList:
		d.pushObject(List)
	case opcode.EmptyTuple:
		d.pushObject(Tuple)
	case opcode.EmptySet:
		d.pushObject(Set)
	case opcode.EmptyDict:
		d.pushObject(Dict)
	case opcode.SetItems:
		return d.extendTop(func(v Value) bool { return v.IsDict() }, 2)
	case opcode.SetItem:
		return d.setItem()
	case opcode.Appends:
		return d.extendTop(func(v Value) bool { return v.kind == List }, 1)
	case opcode.AddItems:
		return d.extendTop(func(v Value) bool { return v.kind == Set }, 1)
	case opcode.Append:
		return d.append()
	case opcode.Tuple1:
		return d.collect(Tuple, len(d.stack)-1)
	case opcode.Tuple2:
		return d.collect(Tuple, len(d.stack)-2)
	case opcode.Tuple3:
		return d.collect(Tuple, len(d.stack)-3)
	case opcode.Tuple, opcode.List, opcode.Dict, opcode.FrozenSet:
		return d.collectMarked(op)
	case opcode.Reduce, opcode.NewObj:
		return d.reduce()
	case opcode.Int, opcode.Long, opcode.Float, opcode.String, opcode.Unicode, opcode.Put, opcode.Get:
		return d.written(op)
	case opcode.Build:
		return d.build()
	default:
		return d.rare(op, arg)
	}
	return nil
}

// rare takes the opcodes that come a few times a part.
func (d *Decoder) rare(op byte, arg []byte) error {
	switch op {
	case opcode.Proto:
		d.pos++
		if arg[0] > opcode.HighestProtocol {
			return d.unsupported("protocol %d", arg[0])
		}
	case opcode.Frame:
		d.pos += 8
	case opcode.Pop:
		if n := len(d.marks); n > 0 && d.marks[n-1] == len(d.stack) {
			d.marks = d.marks[:n-1]
			return nil
		}
		_, err := d.pop(1)
		return err
	case opcode.PopMark:
		_, err := d.popMark()
		return err
	case opcode.ShortBinBytes:
		d.pos++
		return d.bytesValue(uint64(arg[0]))
	case opcode.BinBytes:
		d.pos += 4
		return d.bytesValue(uint64(binary.LittleEndian.Uint32(arg)))
	case opcode.BinBytes8, opcode.ByteArray8:
		d.pos += 8
		return d.bytesValue(binary.LittleEndian.Uint64(arg))
	case opcode.Long1:
		d.pos++
		return d.long(uint64(arg[0]))
	case opcode.Long4:
		d.pos += 4
		return d.long(uint64(binary.LittleEndian.Uint32(arg)))
	case opcode.Global:
		return d.global()
	case opcode.StackGlobal:
		names, err := d.pop(2)
		if err != nil {
			return err
		}
		if names[0].kind != String || names[1].kind != String {
			return d.broken("a class whose name is no string")
		}
		return d.class(string(names[0].Text()), string(names[1].Text()))
	case opcode.NewObjEx:
		named, err := d.pop(1)
		if err != nil {
			return err
		}
		if named[0].Len() != 0 {
			return d.unsupported("named arguments of a class")
		}
		return d.reduce()
	case opcode.Obj:
		parts, err := d.popMark()
		if err != nil {
			return err
		}
		if len(parts) == 0 {
			return d.broken("an instance of nothing")
		}
		return d.instance(parts[0], d.extend(nil, parts[1:]))
	case opcode.Inst:
		if err := d.global(); err != nil {
			return err
		}
		c := d.stack[len(d.stack)-1]
		d.stack = d.stack[:len(d.stack)-1]
		args, err := d.popMark()
		if err != nil {
			return err
		}
		return d.instance(c, d.extend(nil, args))
	case opcode.Dup:
		if len(d.stack) <= d.floor() {
			return d.broken("the stack runs empty")
		}
		d.push(d.stack[len(d.stack)-1])
	case opcode.BinPersID:
		if _, err := d.pop(1); err != nil {
			return err
		}
		d.push(Value{kind: Tensor})
	default:
		return unknownOpcode(d.start, op)
	}
	return nil
}

func (d *Decoder) floor() int {
	if n := len(d.marks); n > 0 {
		return d.marks[n-1]
	}
	return 0
}

// pop takes the last n values, good until the next push.
func (d *Decoder) pop(n int) ([]Value, error) {
	h := len(d.stack) - n
	if h < d.floor() {
		return nil, d.broken("the stack runs empty")
	}
	top := d.stack[h:]
	d.stack = d.stack[:h]
	return top, nil
}

// popMark takes the values above the last mark, good until the next push.
func (d *Decoder) popMark() ([]Value, error) {
	n := len(d.marks)
	if n == 0 {
		return nil, d.broken("no mark on the stack")
	}
	m := d.marks[n-1]
	d.marks = d.marks[:n-1]
	top := d.stack[m:]
	d.stack = d.stack[:m]
	return top, nil
}

// top gives the container that the next values enter.
func (d *Decoder) top(fits func(Value) bool) (*object, error) {
	if len(d.stack) <= d.floor() {
		return nil, d.broken("the stack runs empty")
	}
	v := d.stack[len(d.stack)-1]
	if !fits(v) {
		return nil, d.broken("%v cannot take items", v.kind)
	}
	return v.ref, nil
}

func (d *Decoder) extendTop(fits func(Value) bool, each int) error {
	items, err := d.popMark()
	if err != nil {
		return err
	}
	if len(items)%each != 0 {
		return d.broken("a key without a value")
	}
	o, err := d.top(fits)
	if err != nil {
		return err
	}
	o.items = d.extend(o.items, items)
	return nil
}

func (d *Decoder) setItem() error {
	pair, err := d.pop(2)
	if err != nil {
		return err
	}
	o, err := d.top(Value.IsDict)
	if err != nil {
		return err
	}
	o.items = d.extend(o.items, pair)
	return nil
}

func (d *Decoder) append() error {
	item, err := d.pop(1)
	if err != nil {
		return err
	}
	o, err := d.top(func(v Value) bool { return v.kind == List })
	if err != nil {
		return err
	}
	o.items = d.extend(o.items, item)
	return nil
}

// collect makes one value of those from height h on.
func (d *Decoder) collect(k Kind, h int) error {
	items, err := d.pop(len(d.stack) - h)
	if err != nil {
		return err
	}
	o := d.object()
	o.items = d.extend(nil, items)
	d.push(Value{kind: k, ref: o})
	return nil
}

func (d *Decoder) collectMarked(op byte) error {
	items, err := d.popMark()
	if err != nil {
		return err
	}
	k := Tuple
	switch op {
	case opcode.List:
		k = List
	case opcode.FrozenSet:
		k = Set
	case opcode.Dict:
		k = Dict
		if len(items)%2 != 0 {
			return d.broken("a key without a value")
		}
	}
	o := d.object()
	o.items = d.extend(nil, items)
	d.push(Value{kind: k, ref: o})
	return nil
}

func (d *Decoder) put(id uint32) error {
	if len(d.stack) <= d.floor() {
		return d.broken("nothing to memoize")
	}
	next := d.first + uint32(len(d.memo))
	if id < next || id-next > maxMemoGap {
		return d.unsupported("memo entry %d after %d: numbers out of order", id, next)
	}
	for ; next < id; next++ {
		d.memo = append(d.memo, Value{})
	}
	d.memo = append(d.memo, d.stack[len(d.stack)-1])
	return nil
}

func (d *Decoder) get(id uint32) error {
	if id < d.first {
		v, err := d.lookup(id)
		if err != nil {
			return &FormatError{Offset: d.start, Reason: err.Error(), cause: err}
		}
		d.push(v)
		return nil
	}
	i := id - d.first
	if i >= uint32(len(d.memo)) || d.memo[i].kind == Invalid {
		return d.broken("memo entry %d is used before it is made", id)
	}
	d.push(d.memo[i])
	return nil
}
