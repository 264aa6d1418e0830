package pickle

import (
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
		case opStop:
			return s, nil
		case opProto:
			if in.arg[0] > highestProtocol {
				return s, unsupported("protocol %d", in.arg[0])
			}
		case opFrame:
			if n := binary.LittleEndian.Uint64(in.arg); n > uint64(len(data)-in.end) {
				return s, truncated(start, "a frame of %d bytes is announced, %d are there", n, len(data)-in.end)
			}
		case opInt, opLong, opLong1, opLong4:
			if len(in.arg) > maxInteger {
				return s, unsupported("an integer of %d bytes", len(in.arg))
			}
			s.cost += costPush + costObject + 48*len(in.arg)
		case opPut, opBinPut, opLongBinPut, opMemoize:
			id := memoized
			if in.op != opMemoize {
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
		case opGet, opBinGet, opLongBinGet:
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
			if arguments[in.op] >= line && arguments[in.op] <= twoLine {
				s.cost += 8 * len(in.arg) // rewritten by stream
			}
		}
	}
}

// costs has an upper estimate of what the machine and this package allocate
// for an opcode without counting its argument. The tests measure it.
var costs = [256]int{
	opMark: costMark, '2': costPush,
	opNone: costPush, opTrue: costPush, opFalse: costPush,
	opBinInt: costPush + 16, opBinInt1: costPush, 'M': costPush + 16,
	opBinFloat: costPush + 16, opFloat: costPush + costObject,
	opString: costPush + costObject, opUnicode: costPush + costObject,
	opBinString: costPush + costObject, 'U': costPush + 48,
	opBinUnicode: costPush + costObject, 0x8c: costPush + 48, opBinUnicode8: costPush + costObject,
	opBinBytes: costPush + costObject, 'C': costPush + 48, opBinBytes8: costPush + costObject, opByteArray8: costPush + costObject,
	opGlobal: costPush + 2*costObject, opStackGlobal: costPush + costObject,
	opEmptyDict: costPush + costObject, opEmptyList: costPush + costObject, opEmptySet: costPush + costObject, opEmptyTuple: costPush + 24,
	opTuple: costPush + 24, opTuple1: costPush + 40, opTuple2: costPush + 56, opTuple3: costPush + 72,
	opList: costPush + costObject, opDict: costPush + costObject, opFrozenSet: costPush + costObject,
	opReduce: costMessage, opBuild: costMessage, opBinPersID: costObject,
}

// memoID is the memo entry that a PUT or GET is about.
func memoID(in instruction) (int, error) {
	switch len(in.arg) {
	case 1:
		if in.op == opBinPut || in.op == opBinGet {
			return int(in.arg[0]), nil
		}
	case 4:
		if in.op == opLongBinPut || in.op == opLongBinGet {
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
