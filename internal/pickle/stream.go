package pickle

import (
	"bytes"
	"cellnet/internal/pickle/opcode"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"slices"
	"strconv"
)

// pythonNaN has the bits of float("nan"), which are not those of math.NaN().
const pythonNaN = 0x7ff8 << 48

// largeArgument is the size from which on a string or bytes are handed over
// in one piece instead of being copied through the machine.
const largeArgument = 4 << 10

// stream is a surveyed pickle in the form in which the machine reads it. What
// is changed on the way, and why:
//
//   - frames and protocol numbers are left out, the machine needs neither;
//   - memo entries that are never read are not written: nearly all of them;
//   - protocol 0's floats become BINFLOATs, with Python's NaN;
//   - a LONG1 or LONG4 of no bytes, which is 0 and which the machine cannot
//     read, becomes a BININT1, and one of more bytes than it takes, which the
//     machine takes for a large number, is cut;
//   - the escape sequences of protocol 0's strings are resolved, which the
//     machine doesn't do;
//   - classes and containers are asked for by persistent ids. That is the
//     only hook that leads past the machine's own dictionaries and sets, which
//     fail on keys that Python accepts, and past its own classes. Files have
//     ids of five or more elements; these are shorter (see loader.persistent).
type stream struct {
	data    []byte
	survey  survey
	pos     int    // the next instruction
	current int    // the instruction that is being read
	memo    int    // ids that MEMOIZE has given
	written bitset // memo ids that were written
	pending []byte // not read yet
	scratch [16]byte
	large   [][]byte // arguments that were kept back
}

// Requests of the stream to the loader: the second element of a pair that is a
// persistent id; the first element is what to make it of.
const (
	callList = iota
	callDict
	callFrozenSet
	callString
	callBytes
	callByteArray
	callNew  // an instance of a tuple of a class and a tuple of arguments, and perhaps of named ones
	callObj  // an instance of a tuple of a class and arguments
	callInst // an instance of a tuple of a tuple of arguments and a class
)

func newStream(data []byte, s survey) *stream {
	return &stream{data: data[:s.end], survey: s}
}

// ReadByte and Read give the pickle in normal form.
func (s *stream) ReadByte() (byte, error) {
	if err := s.fill(); err != nil {
		return 0, err
	}
	b := s.pending[0]
	s.pending = s.pending[1:]
	return b, nil
}

func (s *stream) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if err := s.fill(); err != nil {
		return 0, err
	}
	n := copy(p, s.pending)
	s.pending = s.pending[n:]
	return n, nil
}

// fill makes sure that something is pending.
func (s *stream) fill() error {
	for len(s.pending) == 0 {
		if s.pos >= len(s.data) {
			return io.EOF
		}
		s.current = s.pos
		in, err := decode(s.data, s.pos)
		if err != nil {
			return err
		}
		if s.pending, err = s.translate(in); err != nil {
			return err
		}
		s.pos = in.end
	}
	return nil
}

// translate gives the normal form of one instruction.
func (s *stream) translate(in instruction) ([]byte, error) {
	out := s.scratch[:0]
	switch in.op {
	case opcode.Frame, opcode.Proto:
		return nil, nil
	case opcode.Memoize, opcode.Put, opcode.BinPut, opcode.LongBinPut:
		id := s.memo
		if in.op != opcode.Memoize {
			var err error
			if id, err = memoID(in); err != nil {
				return nil, broken(s.pos, "%v", err)
			}
		}
		if s.written.add(id) {
			s.memo++
		}
		if !s.survey.read.has(id) {
			return nil, nil
		}
		return binary.LittleEndian.AppendUint32(append(out, opcode.LongBinPut), uint32(id)), nil
	case opcode.Long1, opcode.Long4:
		short := minimalLong(in.arg)
		switch {
		case len(short) == 0:
			return append(out, opcode.BinInt1, 0), nil
		case len(short) < len(in.arg):
			out = binary.LittleEndian.AppendUint32(append(out, opcode.Long4), uint32(len(short)))
			return append(out, short...), nil
		}
	case opcode.EmptyDict:
		return append(out, opcode.None, opcode.BinPersID), nil
	case opcode.EmptyList:
		return append(out, opcode.NewTrue, opcode.BinPersID), nil
	case opcode.EmptySet:
		return append(out, opcode.NewFalse, opcode.BinPersID), nil
	case opcode.List:
		return append(out, opcode.Tuple, opcode.BinInt1, callList, opcode.Tuple2, opcode.BinPersID), nil
	case opcode.Dict:
		return append(out, opcode.Tuple, opcode.BinInt1, callDict, opcode.Tuple2, opcode.BinPersID), nil
	case opcode.FrozenSet:
		return append(out, opcode.Tuple, opcode.BinInt1, callFrozenSet, opcode.Tuple2, opcode.BinPersID), nil
	case opcode.StackGlobal:
		return append(out, opcode.Tuple2, opcode.BinPersID), nil
	case opcode.Global:
		return appendGlobal(nil, in.arg), nil
	case opcode.NewObj:
		return append(out, opcode.Tuple2, opcode.BinInt1, callNew, opcode.Tuple2, opcode.BinPersID), nil
	case opcode.NewObjEx:
		return append(out, opcode.Tuple3, opcode.BinInt1, callNew, opcode.Tuple2, opcode.BinPersID), nil
	case opcode.Obj:
		return append(out, opcode.Tuple, opcode.BinInt1, callObj, opcode.Tuple2, opcode.BinPersID), nil
	case opcode.Inst:
		long := appendGlobal([]byte{opcode.Tuple}, in.arg)
		return append(long, opcode.Tuple2, opcode.BinInt1, callInst, opcode.Tuple2, opcode.BinPersID), nil
	case opcode.Float:
		f, err := strconv.ParseFloat(string(in.arg), 64)
		if err != nil && !errors.Is(err, strconv.ErrRange) {
			return nil, broken(s.pos, "a float written %.20q", in.arg)
		}
		bits := math.Float64bits(f)
		if f != f {
			bits = pythonNaN
		}
		return binary.BigEndian.AppendUint64(append(out, opcode.BinFloat), bits), nil
	case opcode.String:
		text, err := opcode.Unquote(in.arg)
		if err != nil {
			return nil, broken(s.pos, "%v", err)
		}
		return appendUnicode(nil, text), nil
	case opcode.Unicode:
		return appendUnicode(nil, opcode.UnescapeUnicode(in.arg)), nil
	case opcode.BinString, opcode.BinUnicode, opcode.BinUnicode8:
		if len(in.arg) >= largeArgument {
			return s.keepBack(in.arg, callString), nil
		}
	case opcode.BinBytes, opcode.BinBytes8:
		if len(in.arg) >= largeArgument {
			return s.keepBack(in.arg, callBytes), nil
		}
	case opcode.ByteArray8:
		return s.keepBack(in.arg, callByteArray), nil
	}
	return s.data[s.pos:in.end], nil
}

// appendGlobal asks for the class of two lines.
func appendGlobal(out, lines []byte) []byte {
	module, name, _ := bytes.Cut(lines, []byte("\n"))
	out = appendUnicode(appendUnicode(slices.Grow(out, len(lines)+20), module), name)
	return append(out, opcode.Tuple2, opcode.BinPersID)
}

// keepBack sends a request for arg in its place.
func (s *stream) keepBack(arg []byte, call byte) []byte {
	s.large = append(s.large, arg)
	out := binary.LittleEndian.AppendUint32(append(s.scratch[:0], opcode.BinInt), uint32(len(s.large)-1))
	return append(out, opcode.BinInt1, call, opcode.Tuple2, opcode.BinPersID)
}

func appendUnicode(out, text []byte) []byte {
	out = binary.LittleEndian.AppendUint32(append(out, opcode.BinUnicode), uint32(len(text)))
	return append(out, text...)
}

// minimalLong leaves out the bytes of a little-endian two's complement that
// only repeat its sign.
func minimalLong(b []byte) []byte {
	for len(b) > 1 {
		last, negative := b[len(b)-1], b[len(b)-2]&0x80 != 0
		if (last != 0 || negative) && (last != 0xff || !negative) {
			break
		}
		b = b[:len(b)-1]
	}
	return b
}
