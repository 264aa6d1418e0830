package published

import (
	"errors"
	"io"

	"cellnet/bench/internal/source"
	"cellnet/bench/record"
	"cellnet/internal/atomicfile"
	"cellnet/internal/fileformat"
	"cellnet/internal/pickle/unpickle"
	"cellnet/internal/torchfile"
)

// layouts are those that a benchmark can be written in.
var layouts = [...]struct {
	layout record.Layout
	stage  func(e *exporter, path string) (atomicfile.Staged, error)
}{
	{record.NASBench201, func(e *exporter, path string) (atomicfile.Staged, error) { return e.file(path, e.writeTorch) }},
	{record.NATSFile, func(e *exporter, path string) (atomicfile.Staged, error) { return e.file(path, writeNATS) }},
	{record.NASBench201Archive, func(e *exporter, path string) (atomicfile.Staged, error) {
		return e.folder(path, ArchiveSuffix, e.writeTorch)
	}},
	{record.NATSFolder, func(e *exporter, path string) (atomicfile.Staged, error) {
		return e.folder(path, NATSSuffix, writeNATS)
	}},
	{record.NASLib, (*exporter).naslib},
}

// folders are the layouts of one file for each architecture.
var folders = [...]struct {
	layout       record.Layout
	suffix, meta string // of the architectures' files; the file of the root, if there is one
}{
	{record.NATSFolder, NATSSuffix, natsMeta},
	{record.NASBench201Archive, ArchiveSuffix, ""},
}

// files are the kinds of single files. The first one that a file's root fits opens it.
var files = [...]struct {
	fits func(root *unpickle.File) bool
	open func(opened) (source.Records, record.Layout, error)
}{
	{hasEntry(keyRecords), openFile},
	{hasEntry(fileformat.TrialFileKey), func(opened) (source.Records, record.Layout, error) { return nil, 0, ErrTrialFile }},
	{isNASLib, openNASLib},
	{func(*unpickle.File) bool { return true }, openSingle},
}

func hasEntry(key string) func(*unpickle.File) bool {
	return func(root *unpickle.File) bool {
		_, ok := root.Lookup(key)
		return ok
	}
}

var (
	// errForeign is returned for files of another kind.
	errForeign = errors.New("not a benchmark file: want a .pth of PyTorch, a .pickle.pbz2 or a store")
	// ErrTrialFile is returned for a file of trials, which tells nothing of which
	// architecture they are.
	ErrTrialFile = errors.New("a trial file")
)

// opened is a single file whose pickle was passed over once.
type opened struct {
	r         io.ReaderAt
	size      int64 // in bytes
	closer    io.Closer
	container *torchfile.Stream
	pickle    *unpickle.File
}

// Open makes a source of a file of the given size in bytes that r reads: of a whole
// benchmark or of one architecture. closer is what closing the source closes.
func Open(r io.ReaderAt, size int64, closer io.Closer) (source.Records, record.Layout, error) {
	c, err := torchfile.OpenStream(r, size)
	if errors.Is(err, torchfile.ErrForeign) {
		err = errForeign
	}
	if err != nil {
		return nil, 0, err
	}
	f, err := unpickle.Scan(c, keyRecords)
	if err != nil {
		return nil, 0, err
	}
	if err := c.CheckEnd(f.Length); err != nil {
		return nil, 0, err
	}
	for _, kind := range files {
		if kind.fits(f) {
			return kind.open(opened{r, size, closer, c, f})
		}
	}
	return nil, 0, errForeign
}
