package pickle

import (
	"bytes"
	"encoding/binary"

	"cellnet/internal/pickle/opcode"
)

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
	switch opcode.ArgumentOf(op) {
	case opcode.Unknown:
		return instruction{}, broken(pos, "unknown opcode 0x%02x", op)
	case opcode.Unread:
		return instruction{}, unsupported("opcode 0x%02x at byte %d", op, pos)
	case opcode.Nothing:
	case opcode.Fixed1:
		size = 1
	case opcode.Fixed2:
		size = 2
	case opcode.Fixed4:
		size = 4
	case opcode.Fixed8:
		size = 8
	case opcode.Line, opcode.TwoLines:
		size = bytes.IndexByte(rest, '\n')
		if size >= 0 && opcode.ArgumentOf(op) == opcode.TwoLines {
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
	case opcode.Sized1, opcode.Sized4, opcode.Sized8:
		prefix := 1
		switch opcode.ArgumentOf(op) {
		case opcode.Sized4:
			prefix = 4
		case opcode.Sized8:
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
