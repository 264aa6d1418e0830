package parquetmeta_test

import (
	"errors"
	"testing"

	"cellnet/internal/parquetmeta"
)

func TestZstandard(t *testing.T) {
	// A frame of one block: the byte 7 again and again.
	frame := func(claimed byte, length int) []byte {
		head := uint32(length)<<3 | 1<<1 | 1
		return []byte{0x28, 0xb5, 0x2f, 0xfd, 0x20, claimed, byte(head), byte(head >> 8), byte(head >> 16), 7}
	}
	for _, c := range []struct {
		name string
		b    []byte
		ok   bool
	}{
		{"nothing", nil, true},
		{"a frame", frame(200, 200), true},
		{"a claim of too much", frame(201, 200), false},
		{"blocks of too much", frame(200, 201), false},
		{"cut off", frame(200, 200)[:8], false},
		{"more behind", append(frame(200, 200), 0), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := parquetmeta.CheckZstandard(c.b, 200)
			if (err == nil) != c.ok || err != nil && !errors.Is(err, parquetmeta.ErrPacked) {
				t.Error(err)
			}
		})
	}
}
