package bench

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"cellnet/internal/pickle"
	"cellnet/internal/pickle/unpickle"
	"cellnet/internal/torchfile"
	"cellnet/weights"
)

// The files of a folder with one file for each architecture.
const (
	natsSuffix    = ".pickle.pbz2"
	archiveSuffix = "-FULL.pth"
	natsMeta      = "meta" + natsSuffix
)

var errForeignFolder = fmt.Errorf("a folder without files like 000157%s, 000157%s or %s", natsSuffix, archiveSuffix, TrialFileName(157, 777))

// folder is a benchmark of one file for each architecture.
type folder struct {
	dir      string
	order    []int
	files    map[int]string // names within dir
	decoders sync.Pool
}

// openFolder lists a folder and tells its layout by the files' names.
func openFolder(dir string) (*folder, Layout, error) {
	f := &folder{dir: dir, files: map[int]string{}}
	f.decoders.New = func() any { return new(decoder) }
	l := NATSFolder
	if err := f.list(natsSuffix); err != nil {
		return nil, 0, err
	}
	if _, err := os.Stat(filepath.Join(dir, natsMeta)); len(f.files) == 0 && errors.Is(err, fs.ErrNotExist) {
		l = NASBench201Archive
		if err := f.list(archiveSuffix); err != nil {
			return nil, 0, err
		}
		if len(f.files) == 0 {
			return nil, 0, errForeignFolder
		}
	}
	return f, l, nil
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

func (f *folder) Close() error       { return nil }
func (f *folder) indexes() []int     { return f.order }
func (f *folder) has(index int) bool { _, ok := f.files[index]; return ok }

// evaluated is empty in what NATS-Bench's meta files say, and nothing says it in
// archives.
func (f *folder) evaluated() ([]int, error) { return f.order, nil }

func (f *folder) archs() ([]string, error) {
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

// root gives what NATS-Bench's meta file says.
func (f *folder) root() (*pickle.Dict, error) {
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
	root := new(pickle.Dict)
	items := v.Items()
	for i := 0; i < len(items); i += 2 {
		key := string(items[i].Text())
		var made any
		if key != keyRecords && key != keyArchs {
			if made, err = tree(items[i+1]); err != nil {
				return nil, fmt.Errorf("%s: %s: %w", natsMeta, key, err)
			}
		}
		if err := root.Put(key, made); err != nil {
			return nil, err
		}
	}
	return root, nil
}

// knownArchs gives the search space that the first architecture belongs to.
func (f *folder) knownArchs() ([]string, error) {
	if len(f.order) == 0 {
		return nil, errNoRecords
	}
	a, err := f.arch(f.order[0])
	if err != nil {
		return nil, err
	}
	return spaceOf(a.Name).archs(), nil
}

func (f *folder) arch(index int) (*Arch, error) {
	name, ok := f.files[index]
	if !ok {
		return nil, errNotStored
	}
	d := f.decoders.Get().(*decoder)
	defer f.decoders.Put(d)
	return d.archFile(filepath.Join(f.dir, name), index)
}

// archFile reads a file of one architecture.
func (d *decoder) archFile(path string, index int) (*Arch, error) {
	v, err := decodeFile(&d.Decoder, path)
	if err != nil {
		return nil, err
	}
	a, _, err := d.builder.arch(index, v)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	return a, nil
}

func (f *folder) weightsFile(index int, hp HP, t *Trial) (*weights.File, weights.Selector, error) {
	return openArchive(filepath.Join(f.dir, f.files[index]), hp, t)
}

// decodeFile decodes the pickle of a small file.
func decodeFile(d *unpickle.Decoder, path string) (unpickle.Value, error) {
	var none unpickle.Value
	file, size, err := openSized(path)
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
	if _, err := io.Copy(io.Discard, r); err != nil {
		return unpickle.Value{}, err
	}
	return v, c.CheckEnd(length)
}

func (f *folder) all() iter.Seq2[*Arch, error] {
	return inOrder(len(f.order), func(i int) (*Arch, error) { return f.arch(f.order[i]) })
}
