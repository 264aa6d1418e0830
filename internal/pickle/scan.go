package pickle

import (
	"cellnet/internal/pickle/opcode"
	"encoding/binary"
	"fmt"
	"strconv"
)

const (
	multiple    = 128     // bytes that may be allocated per byte of pickle
	allowance   = 1 << 20 // bytes that may be allocated whatever the size
	maxInteger  = 1024    // digits or bytes
	costPush    = 128     // a place on the machine's stack and later in a container, which grow by copying
	costMark    = 400     // a new stack
	costEntry   = 160     // an entry of a container that is made of another one
	costObject  = 120     // a container or a boxed value
	costMemo    = 120     // an entry of the machine's memo
	costMessage = 64      // what a class makes of its arguments
)

// survey is what a first pass over a pickle finds.
type survey struct {
	end  int    // length of the pickle
	read bitset // memo ids that are read
	cost int    // upper estimate of what building the objects allocates, in bytes
}

// scan checks every instruction of the pickle at the start of data: that the
// opcode is known, its argument there, and the memo entry it reads written.
func scan(data []byte) (survey, error) {
	var s survey
	var written bitset
	memoized := 0
	for {
		start := s.end
		in, err := decode(data, start)
		if err != nil {
			return s, err
		}
		s.end = in.end
		switch in.op {
		case opcode.Stop:
			return s, nil
		case opcode.Proto:
			if in.arg[0] > opcode.HighestProtocol {
				return s, unsupported("protocol %d", in.arg[0])
			}
		case opcode.Frame:
			if n := binary.LittleEndian.Uint64(in.arg); n > uint64(len(data)-in.end) {
				return s, truncated(start, "a frame of %d bytes is announced, %d are there", n, len(data)-in.end)
			}
		case opcode.Int, opcode.Long, opcode.Long1, opcode.Long4:
			if len(in.arg) > maxInteger {
				return s, unsupported("an integer of %d bytes", len(in.arg))
			}
			s.cost += costPush + costObject + 48*len(in.arg)
		case opcode.Put, opcode.BinPut, opcode.LongBinPut, opcode.Memoize:
			id := memoized
			if in.op != opcode.Memoize {
				if id, err = memoID(in); err != nil {
					return s, broken(start, "%v", err)
				}
			}
			if id >= len(data) {
				return s, unsupported("memo entry %d in a pickle of %d bytes", id, len(data))
			}
			if written.add(id) {
				memoized++
			}
		case opcode.Get, opcode.BinGet, opcode.LongBinGet:
			id, err := memoID(in)
			if err != nil {
				return s, broken(start, "%v", err)
			}
			if !written.has(id) {
				return s, broken(start, "memo entry %d is read before it is written", id)
			}
			if s.read.add(id) {
				s.cost += costMemo
			}
			s.cost += costPush
		default:
			s.cost += costs[in.op] + 2*len(in.arg)
			if form := opcode.ArgumentOf(in.op); form == opcode.Line || form == opcode.TwoLines {
				s.cost += 8 * len(in.arg) // rewritten by stream
			}
		}
	}
}

// costs has an upper estimate of what the machine and this package allocate
// for an opcode without counting its argument. The tests measure it.
var costs = [256]int{
	opcode.Mark: costMark, opcode.Dup: costPush,
	opcode.None: costPush, opcode.NewTrue: costPush, opcode.NewFalse: costPush,
	opcode.BinInt: costPush + 16, opcode.BinInt1: costPush, opcode.BinInt2: costPush + 16,
	opcode.BinFloat: costPush + 16, opcode.Float: costPush + costObject,
	opcode.String: costPush + costObject, opcode.Unicode: costPush + costObject,
	opcode.BinString: costPush + costObject, opcode.ShortBinString: costPush + 48,
	opcode.BinUnicode: costPush + costObject, opcode.ShortBinUnicode: costPush + 48, opcode.BinUnicode8: costPush + costObject,
	opcode.BinBytes: costPush + costObject, opcode.ShortBinBytes: costPush + 48, opcode.BinBytes8: costPush + costObject, opcode.ByteArray8: costPush + costObject,
	opcode.Global: costPush + 2*costObject, opcode.StackGlobal: costPush + costObject,
	opcode.EmptyDict: costPush + costObject, opcode.EmptyList: costPush + costObject, opcode.EmptySet: costPush + costObject, opcode.EmptyTuple: costPush + 24,
	opcode.Tuple: costPush + 24, opcode.Tuple1: costPush + 40, opcode.Tuple2: costPush + 56, opcode.Tuple3: costPush + 72,
	opcode.List: costPush + costObject, opcode.Dict: costPush + costObject, opcode.FrozenSet: costPush + costObject,
	opcode.NewObj: costPush + 3*costObject, opcode.NewObjEx: costPush + 3*costObject, opcode.Obj: costPush + 3*costObject, opcode.Inst: costPush + 5*costObject,
	opcode.Reduce: costMessage, opcode.Build: costMessage, opcode.BinPersID: costObject,
}

// memoID is the memo entry that a PUT or GET is about.
func memoID(in instruction) (int, error) {
	switch len(in.arg) {
	case 1:
		if in.op == opcode.BinPut || in.op == opcode.BinGet {
			return int(in.arg[0]), nil
		}
	case 4:
		if in.op == opcode.LongBinPut || in.op == opcode.LongBinGet {
			return int(binary.LittleEndian.Uint32(in.arg)), nil
		}
	}
	id, err := strconv.ParseUint(string(in.arg[:min(len(in.arg), 20)]), 10, 31)
	if err != nil {
		return 0, fmt.Errorf("a memo entry named %.20q", in.arg)
	}
	return int(id), nil
}

// bitset holds numbers from 0 on.
type bitset []uint64

func (b bitset) has(i int) bool { return i/64 < len(b) && b[i/64]>>(i%64)&1 != 0 }

// add reports whether i is new.
func (b *bitset) add(i int) bool {
	for len(*b) <= i/64 {
		*b = append(*b, 0)
	}
	word := &(*b)[i/64]
	old := *word
	*word |= 1 << (i % 64)
	return old != *word
}
