package pickle

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"unicode/utf8"
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
	case opFrame, opProto:
		return nil, nil
	case opMemoize, opPut, opBinPut, opLongBinPut:
		id := s.memo
		if in.op != opMemoize {
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
		return binary.LittleEndian.AppendUint32(append(out, opLongBinPut), uint32(id)), nil
	case opLong1, opLong4:
		short := minimalLong(in.arg)
		switch {
		case len(short) == 0:
			return append(out, opBinInt1, 0), nil
		case len(short) < len(in.arg):
			out = binary.LittleEndian.AppendUint32(append(out, opLong4), uint32(len(short)))
			return append(out, short...), nil
		}
	case opEmptyDict:
		return append(out, opNone, opBinPersID), nil
	case opEmptyList:
		return append(out, opTrue, opBinPersID), nil
	case opEmptySet:
		return append(out, opFalse, opBinPersID), nil
	case opList:
		return append(out, opTuple, opBinInt1, callList, opTuple2, opBinPersID), nil
	case opDict:
		return append(out, opTuple, opBinInt1, callDict, opTuple2, opBinPersID), nil
	case opFrozenSet:
		return append(out, opTuple, opBinInt1, callFrozenSet, opTuple2, opBinPersID), nil
	case opStackGlobal:
		return append(out, opTuple2, opBinPersID), nil
	case opGlobal:
		module, name, _ := bytes.Cut(in.arg, []byte("\n"))
		long := make([]byte, 0, len(in.arg)+11)
		long = appendUnicode(appendUnicode(long, module), name)
		return append(long, opTuple2, opBinPersID), nil
	case opFloat:
		f, err := strconv.ParseFloat(string(in.arg), 64)
		if err != nil && !errors.Is(err, strconv.ErrRange) {
			return nil, broken(s.pos, "a float written %.20q", in.arg)
		}
		bits := math.Float64bits(f)
		if f != f {
			bits = pythonNaN
		}
		return binary.BigEndian.AppendUint64(append(out, opBinFloat), bits), nil
	case opString:
		text, err := unquote(in.arg)
		if err != nil {
			return nil, broken(s.pos, "%v", err)
		}
		return appendUnicode(nil, text), nil
	case opUnicode:
		return appendUnicode(nil, unescapeUnicode(in.arg)), nil
	case opBinString, opBinUnicode, opBinUnicode8:
		if len(in.arg) >= largeArgument {
			return s.keepBack(in.arg, callString), nil
		}
	case opBinBytes, opBinBytes8:
		if len(in.arg) >= largeArgument {
			return s.keepBack(in.arg, callBytes), nil
		}
	case opByteArray8:
		return s.keepBack(in.arg, callByteArray), nil
	}
	return s.data[s.pos:in.end], nil
}

// keepBack sends a request for arg in its place.
func (s *stream) keepBack(arg []byte, call byte) []byte {
	s.large = append(s.large, arg)
	out := binary.LittleEndian.AppendUint32(append(s.scratch[:0], opBinInt), uint32(len(s.large)-1))
	return append(out, opBinInt1, call, opTuple2, opBinPersID)
}

func appendUnicode(out, text []byte) []byte {
	out = binary.LittleEndian.AppendUint32(append(out, opBinUnicode), uint32(len(text)))
	return append(out, text...)
}

// unquote reads a Python 2 string literal as repr writes it.
func unquote(literal []byte) ([]byte, error) {
	n := len(literal)
	if n < 2 || literal[0] != literal[n-1] || literal[0] != '\'' && literal[0] != '"' {
		return nil, fmt.Errorf("a string without quotes")
	}
	in, out := literal[1:n-1], make([]byte, 0, n)
	for i := 0; i < len(in); i++ {
		if in[i] != '\\' {
			out = append(out, in[i])
			continue
		}
		i++
		if i == len(in) {
			return nil, fmt.Errorf("a string that ends within an escape sequence")
		}
		if in[i] == 'x' && i+2 < len(in) {
			b, err := strconv.ParseUint(string(in[i+1:i+3]), 16, 8)
			if err != nil {
				return nil, fmt.Errorf("a string with the escape sequence %q", in[i-1:i+3])
			}
			out = append(out, byte(b))
			i += 2
			continue
		}
		at := bytes.IndexByte([]byte(`\'"ntr`), in[i])
		if at < 0 {
			return nil, fmt.Errorf("a string with the escape sequence %q", in[i-1:i+1])
		}
		out = append(out, "\\'\"\n\t\r"[at])
	}
	return out, nil
}

// unescapeUnicode reads Python's raw-unicode-escape encoding: Latin-1 with
// \uXXXX and \UXXXXXXXX. Other backslashes stand for themselves.
func unescapeUnicode(in []byte) []byte {
	out := make([]byte, 0, len(in))
	for i := 0; i < len(in); i++ {
		digits := 0
		if in[i] == '\\' && i+1 < len(in) {
			switch in[i+1] {
			case 'u':
				digits = 4
			case 'U':
				digits = 8
			}
		}
		if digits > 0 && i+2+digits <= len(in) {
			if r, err := strconv.ParseUint(string(in[i+2:i+2+digits]), 16, 32); err == nil {
				out = utf8.AppendRune(out, rune(r))
				i += 1 + digits
				continue
			}
		}
		out = utf8.AppendRune(out, rune(in[i]))
	}
	return out
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
