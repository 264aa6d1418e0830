package published

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"cellnet/bench/internal/source"
	"cellnet/bench/record"
	"cellnet/internal/inputfile"
	"cellnet/internal/pickle"
	"cellnet/internal/pickle/unpickle"
	"cellnet/internal/torchfile"
	"cellnet/weights"
)

// The files of a folder with one file for each architecture.
const (
	NATSSuffix    = ".pickle.pbz2"
	ArchiveSuffix = "-FULL.pth"
	natsMeta      = "meta" + NATSSuffix
)

// ErrForeignFolder is returned for a folder without any of those files.
var ErrForeignFolder = fmt.Errorf("a folder without files like 000157%s or 000157%s", NATSSuffix, ArchiveSuffix)

// folder is a benchmark of one file for each architecture.
type folder struct {
	source.NoFile
	dir      string
	order    []int
	files    map[int]string // names within dir
	decoders sync.Pool
}

// OpenFolder lists a folder and tells its layout by the files' names.
func OpenFolder(dir string) (source.Records, record.Layout, error) {
	for _, l := range folders {
		f := &folder{dir: dir, files: map[int]string{}}
		f.decoders.New = func() any { return new(decoder) }
		if err := f.list(l.suffix); err != nil {
			return nil, 0, err
		}
		if len(f.files) > 0 {
			return f, l.layout, nil
		}
		if l.meta == "" {
			continue
		}
		if _, err := os.Stat(filepath.Join(dir, l.meta)); err == nil {
			return f, l.layout, nil
		}
	}
	return nil, 0, ErrForeignFolder
}

// list finds the files whose names are a number and a suffix. A number with
// leading zeros goes before one without.
func (f *folder) list(suffix string) error {
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		digits, ok := strings.CutSuffix(e.Name(), suffix)
		index, err := strconv.ParseUint(digits, 10, 31)
		if !ok || err != nil {
			continue
		}
		if other, twice := f.files[int(index)]; twice && len(other) > len(e.Name()) {
			continue
		}
		f.files[int(index)] = e.Name()
	}
	for index := range f.files {
		f.order = append(f.order, index)
	}
	slices.Sort(f.order)
	return nil
}

func (f *folder) Indexes() []int     { return f.order }
func (f *folder) Has(index int) bool { _, ok := f.files[index]; return ok }

// Evaluated is empty in what NATS-Bench's meta files say, and nothing says it in
// archives.
func (f *folder) Evaluated() ([]int, error) { return f.order, nil }

func (f *folder) ArchStrings() ([]string, error) {
	d := f.decoders.Get().(*decoder)
	defer f.decoders.Put(d)
	v, err := decodeFile(&d.Decoder, filepath.Join(f.dir, natsMeta))
	if errors.Is(err, fs.ErrNotExist) {
		return f.knownArchs()
	}
	if err != nil {
		return nil, err
	}
	archs, ok := v.Lookup(keyArchs)
	if !ok {
		return nil, fmt.Errorf("%s: %s is missing", natsMeta, keyArchs)
	}
	return archStrings(archs)
}

// Root gives what NATS-Bench's meta file says.
func (f *folder) Root() (*pickle.Dict, error) {
	d := f.decoders.Get().(*decoder)
	defer f.decoders.Put(d)
	v, err := decodeFile(&d.Decoder, filepath.Join(f.dir, natsMeta))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if !v.IsDict() {
		return nil, want(natsMeta, v, "a dict")
	}
	items := v.Items()
	keys := make([]string, len(items)/2)
	for i := range keys {
		keys[i] = string(items[2*i].Text())
	}
	root, err := rootTree(keys, func(i int) (unpickle.Value, error) { return items[2*i+1], nil })
	if err != nil {
		return nil, fmt.Errorf("%s: %w", natsMeta, err)
	}
	return root, nil
}

// knownArchs gives the search space that the first architecture belongs to.
func (f *folder) knownArchs() ([]string, error) {
	if len(f.order) == 0 {
		return nil, errNoRecords
	}
	a, err := f.Architecture(f.order[0])
	if err != nil {
		return nil, err
	}
	return record.ArchStrings(record.SpaceOf(a.ArchString)), nil
}

func (f *folder) Architecture(index int) (*record.Architecture, error) {
	name, ok := f.files[index]
	if !ok {
		return nil, source.ErrNotStored
	}
	d := f.decoders.Get().(*decoder)
	defer f.decoders.Put(d)
	return d.archFile(filepath.Join(f.dir, name), index)
}

// archFile reads a file of one architecture.
func (d *decoder) archFile(path string, index int) (*record.Architecture, error) {
	v, err := decodeFile(&d.Decoder, path)
	if err != nil {
		return nil, err
	}
	a, _, err := d.architecture(index, v)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	return a, nil
}

func (f *folder) Weights(index int, hp record.HP, t *record.Trial) (*weights.File, weights.Selector, error) {
	opened, err := weights.OpenFile(filepath.Join(f.dir, f.files[index]))
	return opened, inArchive(hp, t), err
}

func inArchive(hp record.HP, t *record.Trial) weights.Selector {
	return weights.Selector{HP: int(hp), Dataset: t.Dataset.String(), Seed: &t.Seed}
}

// decodeFile decodes the pickle of a small file.
func decodeFile(d *unpickle.Decoder, path string) (unpickle.Value, error) {
	var none unpickle.Value
	file, size, err := inputfile.Open(path)
	if err != nil {
		return none, err
	}
	defer file.Close()
	v, err := decodeContainer(d, file, size)
	if err != nil {
		return none, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	return v, nil
}

// decodeContainer decodes the whole pickle of a small file and reads what
// follows it, where sums are.
func decodeContainer(d *unpickle.Decoder, file io.ReaderAt, size int64) (unpickle.Value, error) {
	c, err := torchfile.OpenStream(file, size)
	if err != nil {
		return unpickle.Value{}, err
	}
	r, err := c.Open(0)
	if err != nil {
		return unpickle.Value{}, err
	}
	defer r.Close()
	v, length, err := d.Pickle(r)
	if err != nil {
		return unpickle.Value{}, err
	}
	if c.Summed() {
		if _, err := io.Copy(io.Discard, r); err != nil {
			return unpickle.Value{}, err
		}
	}
	return v, c.CheckEnd(length)
}
