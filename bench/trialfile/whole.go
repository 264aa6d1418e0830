package trialfile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"cellnet/internal/fileformat"
	"cellnet/internal/inputfile"
	"cellnet/internal/torchfile"
)

// ErrDamaged says that a trial file is not whole.
var ErrDamaged = errors.New("the trial file is damaged")

// zipEndSize is the size of what ends a zip archive.
const zipEndSize = 22

// CheckWhole looks at the beginning and the end of a trial file, and at what its
// parts say of its size: enough to tell one that was cut off, or whose bytes never
// reached the disk. The error wraps ErrDamaged, or os.ErrNotExist.
func CheckWhole(path string) error {
	f, size, err := inputfile.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := checkWhole(f, size); err != nil {
		var failed *os.PathError
		if errors.As(err, &failed) { // of the disk
			return err
		}
		return fmt.Errorf("%w: %s: %w", ErrDamaged, path, err)
	}
	return nil
}

var errEnd = errors.New("its end is not that of a whole file")

func checkWhole(r io.ReaderAt, size int64) error {
	format, err := fileformat.Of(r, size)
	if err != nil {
		return err
	}
	switch format {
	case fileformat.TorchZip:
	case fileformat.TorchLegacy: // whose end only its beginning tells
		_, err := torchfile.Open(r, size)
		return err
	case fileformat.Empty:
		return errors.New(format.Explain())
	default:
		return errors.New("it is not one of PyTorch's files")
	}
	var end [zipEndSize]byte
	if size < zipEndSize {
		return errEnd
	}
	if _, err := r.ReadAt(end[:], size-zipEndSize); err != nil {
		return err
	}
	directory, offset := binary.LittleEndian.Uint32(end[12:]), binary.LittleEndian.Uint32(end[16:])
	if string(end[:6]) != "PK\x05\x06\x00\x00" || offset != 1<<32-1 && int64(directory)+int64(offset) > size-zipEndSize {
		return errEnd
	}
	var first [4]byte
	if offset == 1<<32-1 {
		return nil
	}
	if _, err := r.ReadAt(first[:], int64(offset)); err != nil {
		return err
	}
	if string(first[:]) != "PK\x01\x02" {
		return errEnd
	}
	return nil
}
