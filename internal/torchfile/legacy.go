package torchfile

import (
	"encoding/binary"
	"errors"
	"io"

	"cellnet/internal/pickle"
)

// firstRead is enough for the objects of most files.
const firstRead = 128 << 10

func openLegacy(r io.ReaderAt, size int64) (*File, error) {
	header, err := legacyHeader(r, size)
	if err != nil {
		return nil, err
	}
	starts := make(map[*pickle.Storage]int64, len(header.Order))
	at := int64(header.Len)
	for i, s := range header.Order {
		var count [8]byte
		if size-at < 8 {
			return nil, truncated("the file is cut off before tensor data %d of %d", i+1, len(header.Order))
		}
		if err := readFull(r, count[:], at); err != nil {
			return nil, err
		}
		at += 8
		if n := binary.LittleEndian.Uint64(count[:]); n != uint64(s.Len) {
			return nil, broken("tensor data %d of %d have %d elements where %d were announced", i+1, len(header.Order), n, s.Len)
		}
		bytes := int64(s.Len) * int64(s.Type.Size())
		if bytes > size-at {
			return nil, truncated("the file is cut off: tensor data %d of %d need %d bytes, %d are there", i+1, len(header.Order), bytes, size-at)
		}
		starts[s] = at
		at += bytes
	}
	read := func(s *pickle.Storage) ([]byte, error) {
		start, ok := starts[s]
		if !ok {
			return nil, broken("a storage of another file")
		}
		data := make([]byte, s.Len*s.Type.Size())
		return data, readFull(r, data, start)
	}
	return &File{Format: Legacy, Value: header.Value, read: read}, nil
}

// legacyHeader reads as much of the file as its objects take.
func legacyHeader(r io.ReaderAt, size int64) (*pickle.LegacyHeader, error) {
	for n := int64(firstRead); ; n *= 4 {
		n = min(n, size, maxPickle)
		data := make([]byte, n)
		if err := readFull(r, data, 0); err != nil {
			return nil, err
		}
		header, err := pickle.DecodeLegacy(data)
		if err == nil || n == size || !errors.Is(err, io.ErrUnexpectedEOF) {
			return header, err
		}
		if n == maxPickle {
			return nil, unsupported("a file whose objects, tensors not counted, take more than %d MiB", maxPickle>>20)
		}
	}
}

func truncated(format string, args ...any) error {
	err := broken(format+": fetch it again", args...).(*pickle.FormatError)
	err.Truncated = true
	return err
}

// readFull is ReadAt without io.EOF for a read that ends with the file.
func readFull(r io.ReaderAt, b []byte, at int64) error {
	n, err := r.ReadAt(b, at)
	if n == len(b) {
		return nil
	}
	if errors.Is(err, io.EOF) {
		return truncated("the file ends at byte %d, before its size", at+int64(n))
	}
	return err
}
