package torchfile

import (
	"fmt"
	"io"

	"cellnet/internal/fileformat"
	"cellnet/internal/pickle"
	"cellnet/internal/procmem"
)

// Format is one of the two formats of torch.save.
type Format uint8

// The formats: the legacy one, and the zip archive of PyTorch 1.6 and later.
const (
	Legacy Format = iota
	Zip
)

// String names the format.
func (f Format) String() string {
	if f == Zip {
		return "zip"
	}
	return "legacy"
}

const (
	// maxPickle is the size of the largest object that is read, tensors' data
	// not counted.
	maxPickle = 256 << 20
	// expansion is the largest size of all tensors' data together, as a
	// multiple of the file's size, and besides expansionAllowance. Only
	// compressed archives, which PyTorch does not write, go beyond 1.
	expansion          = 64
	expansionAllowance = 1 << 20
)

// File is a file of torch.save whose objects were read, but not its tensors'
// data.
type File struct {
	Format Format
	Value  any // a tree as package pickle gives it

	read func(*pickle.Storage) ([]byte, error)
}

// Open reads the objects of a file of the given size, and makes sure that the
// data of all its tensors are there. Errors are *pickle.FormatError,
// *pickle.UnsupportedError, or those of r.
func Open(r io.ReaderAt, size int64) (*File, error) {
	format, err := fileformat.Of(r, size)
	if err != nil {
		return nil, err
	}
	if format == fileformat.TorchZip {
		return openZip(r, size)
	}
	return openLegacy(r, size)
}

// Data reads the data of a storage of the file: Len elements, little-endian.
// The caller must not change them.
func (f *File) Data(s *pickle.Storage) ([]byte, error) {
	if s.Data != nil {
		return s.Data, nil
	}
	// Looking what memory there is takes longer than reading a small storage.
	const small = 64 << 20
	if need := float64(s.Len) * float64(s.Type.Size()); need > small {
		if err := procmem.Require(fmt.Sprintf("a tensor's storage of %d numbers", s.Len), need); err != nil {
			return nil, err
		}
	}
	return f.read(s)
}

func broken(format string, args ...any) error {
	return &pickle.FormatError{Reason: fmt.Sprintf(format, args...)}
}

func unsupported(format string, args ...any) error {
	return &pickle.UnsupportedError{What: fmt.Sprintf(format, args...)}
}
