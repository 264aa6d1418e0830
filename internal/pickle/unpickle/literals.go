package unpickle

import (
	"encoding/binary"
	"math"
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
