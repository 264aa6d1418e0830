package bzip2blocks

import (
	"bytes"
	"compress/bzip2"
	"encoding/binary"
	"fmt"
	"io"
)

// bitsAt reads n bits of a file from a bit on, in bytes that begin with the
// first of them.
func bitsAt(r io.ReaderAt, bit, n int64) ([]byte, error) {
	first, last := bit/8, (bit+n+7)/8
	raw := make([]byte, last-first)
	if _, err := r.ReadAt(raw, first); err != nil {
		return nil, err
	}
	shift := uint(bit % 8)
	out := make([]byte, (n+7)/8)
	for i := range out {
		out[i] = raw[i] << shift
		if shift > 0 && i+1 < len(raw) {
			out[i] |= raw[i+1] >> (8 - shift)
		}
	}
	if rest := uint(n % 8); rest > 0 {
		out[len(out)-1] &= 0xff << (8 - rest)
	}
	return out, nil
}

// appendBits appends the low n bits of v to a sequence of the given number of
// bits.
func appendBits(b []byte, bits int64, v uint64, n int) ([]byte, int64) {
	for i := n - 1; i >= 0; i-- {
		if bits%8 == 0 {
			b = append(b, 0)
		}
		b[len(b)-1] |= byte(v>>i&1) << (7 - bits%8)
		bits++
	}
	return b, bits
}

// decodeBlock decodes the block between two bits of a file: it puts it into a
// stream of its own. One that unpacks to more than limit bytes is ErrExpands.
func decodeBlock(r io.ReaderAt, level byte, from, to, limit int64) ([]byte, uint32, error) {
	n := to - from
	if n < magicBits+crcBits {
		return nil, 0, fmt.Errorf("a block of %d bits", n)
	}
	bits, err := bitsAt(r, from, n)
	if err != nil {
		return nil, 0, err
	}
	sum := binary.BigEndian.Uint32(bits[magicBits/8:])
	stream := append([]byte{'B', 'Z', 'h', level}, bits...)
	stream, length := appendBits(stream, 32+n, endMagic, magicBits)
	stream, _ = appendBits(stream, length, uint64(sum), crcBits)
	var out bytes.Buffer
	if _, err := io.Copy(&out, io.LimitReader(bzip2.NewReader(bytes.NewReader(stream)), limit+1)); err != nil {
		return nil, 0, err
	}
	if int64(out.Len()) > limit {
		return nil, 0, ErrExpands
	}
	return out.Bytes(), sum, nil
}
