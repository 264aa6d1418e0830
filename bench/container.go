package bench

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path"

	"cellnet/internal/bzip2blocks"
	"cellnet/internal/pickle/unpickle"
)

// container is a file that holds one pickle.
type container struct {
	unpickle.Source
	torch bool                       // a file of PyTorch
	check func(*unpickle.File) error // of what follows the pickle; may be nil
}

// errForeign is returned for files of another kind.
var errForeign = errors.New("not a benchmark file: want a .pth of PyTorch, a .pickle.pbz2 or a store")

// legacyMagic starts the files of PyTorch's old format: a pickled number.
var legacyMagic = []byte("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.")

// openSized opens a file and tells its size in bytes.
func openSized(path string) (*os.File, int64, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return nil, 0, err
	}
	return file, info.Size(), nil
}

// openContainer tells by its first bytes what kind of file r is.
func openContainer(r io.ReaderAt, size int64) (*container, error) {
	head := make([]byte, len(legacyMagic))
	n, err := r.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return nil, err
	}
	switch head = head[:n]; {
	case bytes.Equal(head, legacyMagic):
		return openLegacy(r, size)
	case bytes.HasPrefix(head, []byte("PK")):
		return openZip(r, size)
	case bytes.HasPrefix(head, []byte("BZh")):
		return &container{Source: bzip2Source{bzip2blocks.Open(r, size)}}, nil
	case bytes.HasPrefix(head, []byte{0x80}):
		return &container{Source: section{r, 0, size}}, nil
	case n == 0:
		return nil, errors.New("the file is empty")
	}
	return nil, errForeign
}

// section is a pickle that lies uncompressed in a file.
type section struct {
	r           io.ReaderAt
	start, size int64
}

func (s section) Open(offset int64) (io.ReadCloser, error) {
	return io.NopCloser(io.NewSectionReader(s.r, s.start+offset, s.size-offset)), nil
}

// openLegacy finds the object in a file of PyTorch's old format: the fourth of
// five pickles.
func openLegacy(r io.ReaderAt, size int64) (*container, error) {
	var d unpickle.Decoder
	start := int64(0)
	for _, part := range []string{"the magic number", "the version", "the machine's description"} {
		_, n, err := d.Pickle(io.NewSectionReader(r, start, size-start))
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", part, err)
		}
		start += n
	}
	return &container{
		Source: section{r, start, size - start},
		torch:  true,
		check: func(f *unpickle.File) error {
			return checkLegacyEnd(io.NewSectionReader(r, start+f.Length, size-start-f.Length))
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
		return want("the list of storages", keys, "a list")
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

// openZip finds the object in a file of PyTorch's zip format: its data.pkl.
func openZip(r io.ReaderAt, size int64) (*container, error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, fmt.Errorf("the zip archive's directory is missing or broken: the file is cut off or damaged, fetch it again (%w)", err)
	}
	for _, f := range z.File {
		if path.Base(f.Name) != "data.pkl" {
			continue
		}
		if f.Method != zip.Store {
			return &container{Source: zipSource{f}, torch: true}, nil
		}
		start, err := f.DataOffset()
		if err != nil {
			return nil, err
		}
		if length := int64(f.UncompressedSize64); length > size-start || length < 0 {
			return nil, fmt.Errorf("%s is cut off", f.Name)
		}
		return &container{
			Source: checkedSection{section{r, start, int64(f.UncompressedSize64)}, f},
			torch:  true,
		}, nil
	}
	return nil, errors.New("a zip file without a data.pkl: not one of PyTorch's")
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

// bzip2Source is a file packed by bzip2.
type bzip2Source struct{ *bzip2blocks.File }

func (s bzip2Source) Open(offset int64) (io.ReadCloser, error) { return s.Reader(offset) }
