package pickle

import (
	"bytes"
	"encoding/binary"
)

// The opcodes that the code speaks of, named as in Python's pickletools.
const (
	opMark          = '('
	opStop          = '.'
	opInt           = 'I'
	opLong          = 'L'
	opLong1         = 0x8a
	opLong4         = 0x8b
	opBinInt        = 'J'
	opBinInt1       = 'K'
	opString        = 'S'
	opBinString     = 'T'
	opUnicode       = 'V'
	opBinUnicode    = 'X'
	opBinUnicode8   = 0x8d
	opBinBytes      = 'B'
	opBinBytes8     = 0x8e
	opByteArray8    = 0x96
	opNone          = 'N'
	opTrue          = 0x88
	opFalse         = 0x89
	opGlobal        = 'c'
	opStackGlobal   = 0x93
	opEmptyDict     = '}'
	opEmptyList     = ']'
	opEmptySet      = 0x8f
	opEmptyTuple    = ')'
	opTuple         = 't'
	opTuple1        = 0x85
	opTuple2        = 0x86
	opTuple3        = 0x87
	opList          = 'l'
	opDict          = 'd'
	opFrozenSet     = 0x91
	opPut           = 'p'
	opBinPut        = 'q'
	opLongBinPut    = 'r'
	opMemoize       = 0x94
	opGet           = 'g'
	opBinGet        = 'h'
	opLongBinGet    = 'j'
	opBinPersID     = 'Q'
	opReduce        = 'R'
	opBuild         = 'b'
	opAppend        = 'a'
	opAppends       = 'e'
	opSetItem       = 's'
	opSetItems      = 'u'
	opAddItems      = 0x90
	opFloat         = 'F'
	opBinFloat      = 'G'
	opProto         = 0x80
	opFrame         = 0x95
	highestProtocol = 5
)

// argument is the way in which an opcode's argument is written.
type argument uint8

const (
	unknown argument = iota // no opcode that is read
	nothing
	fixed1
	fixed2
	fixed4
	fixed8
	line    // up to a line feed
	twoLine // two of them
	sized1  // a length of one byte, then so many bytes
	sized4
	sized8
)

// arguments has the opcodes that are read. INST, OBJ, NEWOBJ and NEWOBJ_EX
// are not: no class of the list is built that way. Neither are PERSID,
// extension codes and out-of-band buffers.
var arguments = [256]argument{
	opMark: nothing, opStop: nothing, '0': nothing, '1': nothing, '2': nothing,
	opNone: nothing, opTrue: nothing, opFalse: nothing,
	opInt: line, opLong: line, opFloat: line, opString: line, opUnicode: line,
	opBinInt: fixed4, opBinInt1: fixed1, 'M': fixed2, opLong1: sized1, opLong4: sized4, opBinFloat: fixed8,
	opBinString: sized4, 'U': sized1,
	opBinUnicode: sized4, 0x8c: sized1, opBinUnicode8: sized8,
	opBinBytes: sized4, 'C': sized1, opBinBytes8: sized8, opByteArray8: sized8,
	opGlobal: twoLine, opStackGlobal: nothing,
	opEmptyDict: nothing, opEmptyList: nothing, opEmptySet: nothing, opEmptyTuple: nothing,
	opTuple: nothing, opTuple1: nothing, opTuple2: nothing, opTuple3: nothing,
	opList: nothing, opDict: nothing, opFrozenSet: nothing,
	opPut: line, opBinPut: fixed1, opLongBinPut: fixed4, opMemoize: nothing,
	opGet: line, opBinGet: fixed1, opLongBinGet: fixed4,
	opBinPersID: nothing, opReduce: nothing, opBuild: nothing,
	opAppend: nothing, opAppends: nothing, opSetItem: nothing, opSetItems: nothing, opAddItems: nothing,
	opProto: fixed1, opFrame: fixed8,
}

// instruction is one opcode with its argument.
type instruction struct {
	op  byte
	arg []byte // without length and line feed; of two lines, both with what is between
	end int    // where the next instruction starts
}

// decode reads the instruction at pos.
func decode(data []byte, pos int) (instruction, error) {
	if pos >= len(data) {
		return instruction{}, truncated(pos, "no more opcodes")
	}
	op, rest := data[pos], data[pos+1:]
	start, size := pos+1, 0
	switch arguments[op] {
	case unknown:
		switch op {
		case 'i', 'o', 0x81, 0x92, 'P', 0x82, 0x83, 0x84, 0x97, 0x98:
			return instruction{}, unsupported("opcode 0x%02x at byte %d", op, pos)
		}
		return instruction{}, broken(pos, "unknown opcode 0x%02x", op)
	case nothing:
	case fixed1:
		size = 1
	case fixed2:
		size = 2
	case fixed4:
		size = 4
	case fixed8:
		size = 8
	case line, twoLine:
		size = bytes.IndexByte(rest, '\n')
		if size >= 0 && arguments[op] == twoLine {
			second := bytes.IndexByte(rest[size+1:], '\n')
			if second < 0 {
				size = second
			} else {
				size += 1 + second
			}
		}
		if size < 0 {
			return instruction{}, truncated(pos, "it ends within a line")
		}
		return instruction{op, rest[:size], start + size + 1}, nil
	case sized1, sized4, sized8:
		prefix := 1
		switch arguments[op] {
		case sized4:
			prefix = 4
		case sized8:
			prefix = 8
		}
		if len(rest) < prefix {
			return instruction{}, truncated(pos, "it ends within a length")
		}
		var claimed [8]byte
		copy(claimed[:], rest[:prefix])
		n := binary.LittleEndian.Uint64(claimed[:])
		if n > uint64(len(rest)-prefix) {
			return instruction{}, truncated(pos, "%d bytes are announced, %d are there", n, len(rest)-prefix)
		}
		start, size = start+prefix, int(n)
	}
	if size > len(data)-start {
		return instruction{}, truncated(pos, "it ends within an argument")
	}
	return instruction{op, data[start : start+size], start + size}, nil
}
