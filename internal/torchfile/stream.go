package torchfile

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"

	"cellnet/internal/bzip2blocks"
	"cellnet/internal/fileformat"
	"cellnet/internal/pickle/unpickle"
)

// Stream is a file that holds one pickle, of which parts can be read: one of
// torch.save, a pickle by itself, or one packed with bzip2.
type Stream struct {
	unpickle.Source
	Torch bool // a file of torch.save
	check func(length int64) error
}

// ErrForeign is returned for files that hold no pickle.
var ErrForeign = errors.New("it is neither a .pth file of PyTorch nor a pickle")

// OpenStream finds the pickle in a file of the given size.
func OpenStream(r io.ReaderAt, size int64) (*Stream, error) {
	format, err := fileformat.Of(r, size)
	if err != nil {
		return nil, err
	}
	switch format {
	case fileformat.TorchLegacy:
		return streamLegacy(r, size)
	case fileformat.TorchZip:
		return streamZip(r, size)
	case fileformat.Bzip2:
		return &Stream{Source: bzip2Source{bzip2blocks.Open(r, size)}}, nil
	case fileformat.Pickle:
		return &Stream{Source: section{r, 0, size}}, nil
	}
	if why := format.Explain(); why != "" {
		return nil, errors.New(why)
	}
	return nil, ErrForeign
}

// CheckEnd makes sure that what must follow the pickle of the given length is
// there.
func (s *Stream) CheckEnd(length int64) error {
	if s.check == nil {
		return nil
	}
	return s.check(length)
}

// section is a pickle that lies uncompressed in a file.
type section struct {
	r           io.ReaderAt
	start, size int64
}

func (s section) Open(offset int64) (io.ReadCloser, error) {
	return io.NopCloser(io.NewSectionReader(s.r, s.start+offset, s.size-offset)), nil
}

func (section) Summed() bool { return false }

// streamLegacy finds the object in a file of PyTorch's old format: the fourth of
// five pickles.
func streamLegacy(r io.ReaderAt, size int64) (*Stream, error) {
	var d unpickle.Decoder
	start := int64(0)
	for _, part := range []string{"the magic number", "the version", "the machine's description"} {
		_, n, err := d.Pickle(io.NewSectionReader(r, start, size-start))
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", part, err)
		}
		start += n
	}
	return &Stream{
		Source: section{r, start, size - start},
		Torch:  true,
		check: func(length int64) error {
			return checkLegacyEnd(io.NewSectionReader(r, start+length, size-start-length))
		},
	}, nil
}

// checkLegacyEnd makes sure that the list of storages and their data follow. The
// sizes of elements are not known here, so a count must fit the smallest.
func checkLegacyEnd(r *io.SectionReader) error {
	var d unpickle.Decoder
	keys, n, err := d.Pickle(r)
	if err != nil {
		return fmt.Errorf("reading the list of storages: %w", err)
	}
	if keys.Kind() != unpickle.List {
		return fmt.Errorf("the list of storages is %v, want a list", keys.Kind())
	}
	rest := r.Size() - n
	if keys.Len() == 0 && rest > 0 {
		return fmt.Errorf("%d bytes follow the end", rest)
	}
	if need := 8 * int64(keys.Len()); rest < need {
		return fmt.Errorf("the data of %d storages are cut off", keys.Len())
	}
	return nil
}

// streamZip finds the object in a file of PyTorch's zip format: its data.pkl.
func streamZip(r io.ReaderAt, size int64) (*Stream, error) {
	a, err := openArchive(r, size)
	if err != nil {
		return nil, err
	}
	f := a.object()
	if f.Method != zip.Store {
		if err := a.checkSize(f, maxPickle); err != nil {
			return nil, err
		}
		return &Stream{Source: zipSource{f}, Torch: true}, nil
	}
	start, err := f.DataOffset()
	if err != nil {
		return nil, err
	}
	length := int64(f.UncompressedSize64)
	if length > size-start || length < 0 {
		return nil, truncated("record %.60q is cut off", f.Name)
	}
	return &Stream{Source: checkedSection{section{r, start, length}, f}, Torch: true}, nil
}

// checkedSection checks the sum of an uncompressed zip entry when it is read
// from its start.
type checkedSection struct {
	section
	f *zip.File
}

func (s checkedSection) Open(offset int64) (io.ReadCloser, error) {
	if offset == 0 {
		return s.f.Open()
	}
	return s.section.Open(offset)
}

func (checkedSection) Summed() bool { return true }

// zipSource is a compressed entry of a zip file.
type zipSource struct{ f *zip.File }

func (s zipSource) Open(offset int64) (io.ReadCloser, error) {
	r, err := s.f.Open()
	if err != nil {
		return nil, err
	}
	if _, err := io.CopyN(io.Discard, r, offset); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

func (zipSource) Summed() bool { return true }

// bzip2Source is a file packed by bzip2.
type bzip2Source struct{ *bzip2blocks.File }

func (s bzip2Source) Open(offset int64) (io.ReadCloser, error) { return s.Reader(offset) }

func (bzip2Source) Summed() bool { return true }
