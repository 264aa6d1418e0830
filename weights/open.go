package weights

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"

	"cellnet/internal/fileformat"
	"cellnet/internal/inputfile"
	"cellnet/internal/pickle"
	"cellnet/internal/torchfile"
)

// maxWhole is the size of the largest pickle that is no file of torch.save:
// those are read at once.
const maxWhole = 1 << 30

// File is an open weights file.
type File struct {
	Format Format

	name      string
	size      int64
	networks  []*Network
	others    []*Network  // that are taken only if their entry is named
	cleared   int         // trials without weights
	holds     string      // what is in the place of weights, if there are none
	otherFile string      // name of another file that is in it
	entries   []fileEntry // of the top level, but for networks
	closer    io.Closer
}

// Open looks into a file of the given size: what networks it holds, and the
// names, shapes and types of their tensors. The reader is used until the last
// Load. Errors are *FormatError, *UnsupportedError, or those of r.
func Open(r io.ReaderAt, size int64) (*File, error) {
	f := &File{size: size}
	if err := f.open(r); err != nil {
		return nil, translate(err)
	}
	return f, nil
}

// OpenFile opens the file of that name. Trial files tell their architecture
// and seed only by their names (arch-000157-seed-0777.pth). Errors name the
// file.
func OpenFile(name string) (*File, error) {
	if fileformat.Piece(name) {
		return nil, readingError(name, errors.New(fileformat.ExplainPiece))
	}
	file, size, err := inputfile.Open(name)
	if err != nil {
		var path *fs.PathError
		if errors.As(err, &path) {
			err = path.Err
		}
		return nil, readingError(name, err)
	}
	f, err := Open(file, size)
	if err != nil {
		file.Close()
		return nil, readingError(name, err)
	}
	f.name, f.closer = name, file
	f.describeByName(filepath.Base(name))
	return f, nil
}

// Close closes the file that OpenFile opened. Networks cannot be loaded after.
func (f *File) Close() error {
	if f.closer == nil {
		return nil
	}
	return f.closer.Close()
}

// Networks gives the networks whose weights the file holds, in its order.
func (f *File) Networks() []*Network { return append([]*Network{}, f.networks...) }

func readingError(name string, err error) error {
	return fmt.Errorf("reading weights %s: %w", name, err)
}

// wrap names the file in an error.
func (f *File) wrap(err error) error {
	if f.name == "" {
		return err
	}
	return readingError(f.name, err)
}

// open tells the format by the first bytes.
func (f *File) open(r io.ReaderAt) error {
	format, err := fileformat.Of(r, f.size)
	if err != nil {
		return err
	}
	switch format {
	case fileformat.TorchZip, fileformat.TorchLegacy:
		return f.openTorch(r)
	case fileformat.Bzip2:
		f.Format = Bzip2Pickle
		return f.openPickle(r, pickle.DecodeBzip2)
	case fileformat.Safetensors:
		f.Format = Safetensors
		return f.openSafetensors(r)
	case fileformat.Pickle:
		f.Format = Pickle
		return f.openPickle(r, pickle.Decode)
	}
	if why := format.Explain(); why != "" {
		return &FormatError{Reason: why}
	}
	return &FormatError{Reason: "it is neither a .pth file nor a pickle nor safetensors"}
}

func (f *File) openTorch(r io.ReaderAt) error {
	file, err := torchfile.Open(r, f.size)
	if err != nil {
		return err
	}
	f.Format = Legacy
	if file.Format == torchfile.Zip {
		f.Format = Zip
	}
	f.search(file.Value, file.Data)
	return nil
}

func (f *File) openPickle(r io.ReaderAt, decode func([]byte) (*pickle.Document, error)) error {
	if f.size > maxWhole {
		return &UnsupportedError{What: fmt.Sprintf("a pickle of %d MiB", f.size>>20)}
	}
	data := make([]byte, f.size)
	if n, err := r.ReadAt(data, 0); n < len(data) {
		return err
	}
	document, err := decode(data)
	if err != nil {
		return err
	}
	f.search(document.Value, func(s *pickle.Storage) ([]byte, error) {
		if s.Data == nil {
			return nil, &FormatError{Reason: "tensors without data: the file is a part of a .pth file"}
		}
		return s.Data, nil
	})
	return nil
}
