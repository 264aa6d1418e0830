package torchfile

import (
	"archive/zip"
	"errors"
	"io"
	"path"
	"strings"

	"cellnet/internal/pickle"
)

// zipArchive is a zip file of torch.save.
type zipArchive struct {
	size    int64
	records map[string]*zip.File // by their names
	root    string               // what the names begin with
}

// openArchive reads the directory of a zip file.
func openArchive(r io.ReaderAt, size int64) (*zipArchive, error) {
	directory, err := zip.NewReader(r, size)
	if err != nil {
		if errors.Is(err, zip.ErrFormat) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, truncated("the zip archive's directory is missing or broken: the file is cut off or damaged")
		}
		return nil, err
	}
	a, found := &zipArchive{size: size, records: make(map[string]*zip.File, len(directory.File))}, false
	for _, f := range directory.File {
		if _, twice := a.records[f.Name]; twice {
			return nil, broken("the zip archive has two records %.60q", f.Name)
		}
		a.records[f.Name] = f
		if path.Base(f.Name) == objectRecord && !found {
			a.root, found = strings.TrimSuffix(f.Name, objectRecord), true
		}
	}
	switch {
	case !found:
		return nil, explainForeign(directory.File)
	case a.record("constants.pkl") != nil:
		return nil, unsupported("a TorchScript archive")
	}
	if f := a.record("byteorder"); f != nil {
		order, err := a.read(f, 16)
		if err != nil {
			return nil, err
		}
		if string(order) != "little" {
			return nil, unsupported("byte order %q", order)
		}
	}
	return a, nil
}

const objectRecord = "data.pkl"

// explainForeign says what a zip archive is that is not from torch.save.
func explainForeign(files []*zip.File) error {
	for _, f := range files {
		switch path.Ext(f.Name) {
		case ".npy":
			return unsupported("a zip archive of numpy arrays (.npz)")
		case ".pth", ".pt", ".pkl", ".pbz2", ".safetensors":
			return broken("it is a zip archive of other files, such as %.100q: unpack it first", f.Name)
		}
	}
	return broken("the zip archive has no record data.pkl: it is not from torch.save")
}

// record gives the record of a name, or nil.
func (a *zipArchive) record(name string) *zip.File { return a.records[a.root+name] }

// object is the record of the objects.
func (a *zipArchive) object() *zip.File { return a.record(objectRecord) }

func openZip(r io.ReaderAt, size int64) (*File, error) {
	a, err := openArchive(r, size)
	if err != nil {
		return nil, err
	}
	// PyTorch does not compress, so the record is smaller than the file.
	objects, err := a.read(a.object(), min(size, maxPickle))
	if err != nil {
		return nil, err
	}
	document, err := pickle.Decode(objects)
	if err != nil {
		return nil, err
	}
	left := expansion*size + expansionAllowance
	of := make(map[*pickle.Storage]*zip.File, len(document.Storages))
	for _, s := range document.Storages {
		f := a.record("data/" + s.Key)
		if f == nil {
			return nil, broken("the zip archive has no record %.60q", "data/"+s.Key)
		}
		bytes := int64(s.Len) * int64(s.Type.Size())
		if f.UncompressedSize64 != uint64(bytes) {
			return nil, broken("record %.60q has %d bytes where %d were announced", "data/"+s.Key, f.UncompressedSize64, bytes)
		}
		if left -= bytes; left < 0 {
			return nil, unsupported("an archive that expands to more than %d times its size", expansion)
		}
		of[s] = f
	}
	read := func(s *pickle.Storage) ([]byte, error) {
		f, ok := of[s]
		if !ok {
			return nil, broken("a storage of another file")
		}
		return a.read(f, int64(f.UncompressedSize64))
	}
	return &File{Format: Zip, Value: document.Value, read: read}, nil
}

// checkSize makes sure that a record is not larger than it may be.
func (a *zipArchive) checkSize(f *zip.File, limit int64) error {
	switch n := f.UncompressedSize64; {
	case n > uint64(limit), n > uint64(expansion*a.size+expansionAllowance):
		return unsupported("record %.60q of %d bytes", f.Name, n)
	case f.Method == zip.Store && n > uint64(a.size):
		return broken("record %.60q of %d bytes in an archive of %d", f.Name, n, a.size)
	}
	return nil
}

// read reads a record and checks its sum.
func (a *zipArchive) read(f *zip.File, limit int64) ([]byte, error) {
	if err := a.checkSize(f, limit); err != nil {
		return nil, err
	}
	record, err := f.Open()
	if err != nil {
		return nil, recordError(f, err)
	}
	defer record.Close()
	data := make([]byte, f.UncompressedSize64)
	if _, err := io.ReadFull(record, data); err != nil {
		return nil, recordError(f, err)
	}
	// The sum is checked when the end is read.
	if _, err := io.ReadFull(record, make([]byte, 1)); !errors.Is(err, io.EOF) {
		if err == nil {
			return nil, broken("record %.60q is longer than announced", f.Name)
		}
		return nil, recordError(f, err)
	}
	return data, nil
}

// recordError tells damage from other failures.
func recordError(f *zip.File, err error) error {
	switch {
	case errors.Is(err, zip.ErrChecksum):
		return broken("record %.60q is damaged: its checksum differs", f.Name)
	case errors.Is(err, zip.ErrAlgorithm):
		return unsupported("the compression of record %.60q", f.Name)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, zip.ErrFormat):
		return truncated("record %.60q is cut off", f.Name)
	}
	return broken("record %.60q is damaged: %v", f.Name, err)
}
