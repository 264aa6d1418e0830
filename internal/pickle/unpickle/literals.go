package unpickle

import (
	"bytes"
	"cellnet/internal/pickle/opcode"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

func (d *Decoder) string(n uint64) error {
	if n > math.MaxInt32 {
		return errCutOff
	}
	b, err := d.bytes(int(n))
	if err != nil {
		return err
	}
	d.pushObject(String).text = d.text(b)
	return nil
}

func (d *Decoder) bytesValue(n uint64) error {
	if n < longBytes {
		b, err := d.bytes(int(n))
		if err != nil {
			return err
		}
		d.pushObject(Bytes).text = d.text(b)
		return nil
	}
	d.push(Value{kind: Blob})
	return d.skip(int64(min(n, math.MaxInt64)))
}

// long reads an int of n bytes, little-endian, in two's complement.
func (d *Decoder) long(n uint64) error {
	if n > 8 {
		d.push(Value{kind: Blob})
		return d.skip(int64(n))
	}
	b, err := d.bytes(int(n))
	if err != nil {
		return err
	}
	var full [8]byte
	if n > 0 && b[n-1] >= 0x80 {
		full = [8]byte{255, 255, 255, 255, 255, 255, 255, 255}
	}
	copy(full[:], b)
	d.push(Value{kind: Int, bits: binary.LittleEndian.Uint64(full[:])})
	return nil
}

// decimal reads the number of a line, which ends with L if it is a long.
func decimal(text []byte) (int64, error) {
	return strconv.ParseInt(strings.TrimSuffix(string(text), "L"), 10, 64)
}

// memoID reads the number of a memo entry.
func memoID(text []byte) (uint32, error) {
	id, err := strconv.ParseUint(string(text), 10, 32)
	if err != nil {
		return 0, fmt.Errorf("a memo entry named %.20q", text)
	}
	return uint32(id), nil
}

// written takes the opcodes of protocol 0 whose argument is a line of text.
func (d *Decoder) written(op byte) error {
	text, err := d.longLine()
	if err != nil {
		return err
	}
	switch op {
	case opcode.Put, opcode.Get:
		id, err := memoID(text)
		if err != nil {
			return d.broken("%v", err)
		}
		if op == opcode.Put {
			return d.put(id)
		}
		return d.get(id)
	case opcode.Float:
		f, err := strconv.ParseFloat(string(text), 64)
		if err != nil && !errors.Is(err, strconv.ErrRange) {
			return d.broken("a float written %.20q", text)
		}
		d.push(Value{kind: Float, bits: math.Float64bits(f)})
	case opcode.String:
		b, err := opcode.Unquote(text)
		if err != nil {
			return d.broken("%v", err)
		}
		d.pushObject(String).text = d.text(b)
	case opcode.Unicode:
		d.pushObject(String).text = d.text(opcode.UnescapeUnicode(text))
	default:
		if op == opcode.Int && (string(text) == "00" || string(text) == "01") {
			d.push(boolValue(text[1] == '1'))
			return nil
		}
		n, err := decimal(text)
		switch {
		case errors.Is(err, strconv.ErrRange):
			d.push(Value{kind: Blob})
		case err != nil:
			return d.broken("an integer written %.20q", text)
		default:
			d.push(Value{kind: Int, bits: uint64(n)})
		}
	}
	return nil
}

// written passes over the opcodes of protocol 0 whose argument is a line of text.
func (s *scanner) written(op byte) error {
	text, err := s.longLine()
	if err != nil {
		return err
	}
	switch op {
	case opcode.Put, opcode.Get:
		id, err := memoID(text)
		if err != nil {
			return s.broken("%v", err)
		}
		if op == opcode.Put {
			return s.put(id)
		}
		return s.get(id)
	case opcode.String, opcode.Unicode:
		b := opcode.UnescapeUnicode(text)
		if op == opcode.String {
			if b, err = opcode.Unquote(text); err != nil {
				return s.broken("%v", err)
			}
		}
		return s.name(b)
	case opcode.Int, opcode.Long:
		if n, err := decimal(text); err == nil {
			return s.push(tagInt, n)
		}
	}
	return s.push(tagOther, 0)
}

// longLine reads up to a newline. It is good until the next call.
func (w *window) longLine() ([]byte, error) {
	const maxLine = 1 << 20
	for from := 0; ; {
		if n := bytes.IndexByte(w.buf[w.pos+from:w.end], '\n'); n >= 0 {
			line := w.buf[w.pos : w.pos+from+n]
			w.pos += from + n + 1
			return line, nil
		}
		if from = w.end - w.pos; w.ended || from > maxLine {
			return nil, errCutOff
		}
		if err := w.fill(2*from + slack); err != nil {
			return nil, err
		}
	}
}
