package parquetmeta

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

// Footer returns the metadata at the end of a Parquet file, which it has walked over.
func Footer(r io.ReaderAt, size int64) ([]byte, error) {
	var end [8]byte
	if size < 12 {
		return nil, errors.New("the file is cut off")
	}
	if _, err := r.ReadAt(end[:], size-8); err != nil {
		return nil, err
	}
	length := int64(binary.LittleEndian.Uint32(end[:]))
	if string(end[4:]) != "PAR1" || length > size-12 {
		return nil, errors.New("the file is cut off: it has no end like a Parquet file's")
	}
	footer := make([]byte, length)
	if _, err := r.ReadAt(footer, size-8-length); err != nil {
		return nil, err
	}
	n, err := Length(footer)
	if err == nil && int64(n) != length {
		err = ErrBroken
	}
	return footer, err
}

// ErrPacked says that packed bytes are not what they should be.
var ErrPacked = errors.New("what is packed is broken")

// CheckZstandard makes sure that b is nothing or one frame of Zstandard, and that
// neither what it claims nor what its blocks can unpack to is more than most bytes.
func CheckZstandard(b []byte, most int) error {
	if len(b) == 0 {
		return nil
	}
	var h zstd.Header
	if err := h.Decode(b); err != nil {
		return err
	}
	if h.Skippable || h.FrameContentSize > uint64(most) {
		return fmt.Errorf("%w: it claims to unpack to %d bytes", ErrPacked, h.FrameContentSize)
	}
	const maxBlock = 128 << 10
	b = b[h.HeaderSize:]
	unpacked := 0
	for last := false; !last; {
		if len(b) < 3 {
			return ErrPacked
		}
		head := uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16
		last = head&1 != 0
		length := int(head >> 3)
		switch head >> 1 & 3 {
		case 0: // as it is
			unpacked += length
		case 1: // a byte again and again
			unpacked += length
			length = 1
		default:
			unpacked += maxBlock
		}
		if length > len(b)-3 || unpacked > most {
			return ErrPacked
		}
		b = b[3+length:]
	}
	if h.HasCheckSum {
		b = b[min(4, len(b)):]
	}
	if len(b) > 0 {
		return ErrPacked
	}
	return nil
}
