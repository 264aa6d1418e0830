package data

import (
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"

	"cellnet/internal/inputfile"
)

// Options says where a dataset's files are. The zero value is the default place,
// with verification.
type Options struct {
	// Dir is the folder that holds cifar-10-batches-py, cifar-10-batches-bin,
	// cifar-100-python, cifar-100-binary or ImageNet16, or is itself one of
	// them; DefaultDir if it is empty. The synthetic dataset needs none. For a
	// [Folder] it is that folder.
	Dir string
	// SplitFile is the JSON file that divides the test images of CIFAR-100 or
	// ImageNet16-120 into x-valid and x-test. If it is empty the file is looked
	// for by its published name in Dir and in the folder with the images.
	SplitFile string
	// NoVerify accepts files whose MD5 sums are not the published ones. Sets of
	// any size are accepted then, and what a split names beyond the images that
	// there are is left out.
	NoVerify bool
	// Synthetic is the size of the synthetic dataset; zeros mean the default.
	Synthetic SyntheticSize
	// Folder is what is settled for the pictures of a [Folder], such as their side,
	// or all that an earlier training was told of them. What is zero is taken of
	// the pictures: names of the classes, mean and standard deviation; or is the
	// default: side and share held out.
	Folder Info
}

// DefaultDir returns the folder in which the published code keeps its data:
// cifar.python in $TORCH_HOME, or in ~/.torch if that is not set.
func DefaultDir() (string, error) {
	torch := os.Getenv("TORCH_HOME")
	if torch == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", fmt.Errorf("data: no default folder: %w", err)
		}
		torch = filepath.Join(home, ".torch")
	}
	return filepath.Join(torch, "cifar.python"), nil
}

// Source is a dataset whose files were found. Images are read when a set is
// loaded. A Source may be used by several goroutines.
type Source struct {
	dataset   Dataset
	options   Options
	folder    string // with the images
	layout    layout
	splitFile string // empty if there is none

	train, test func() (*Images, error) // read the files once

	sets    map[Set]func() (*Images, error)
	refused map[Set]error // why others can't be loaded
	info    func() (Info, error)
	count   func(Set) int
	notes   func() []string
}

// Open looks for the files of a dataset, and reads none of them.
func Open(d Dataset, options Options) (*Source, error) {
	if d.description().key == "" {
		return nil, fmt.Errorf("data: opening %v: no such dataset", d)
	}
	s := &Source{dataset: d, options: options, count: d.Count, notes: func() []string { return nil }}
	s.info = func() (Info, error) {
		info, _ := d.Info()
		return info, nil
	}
	var err error
	switch d {
	case Synthetic:
		err = s.openSynthetic()
	case Folder:
		err = s.openFolder()
	default:
		err = s.openPublished()
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

func (s *Source) openSynthetic() error {
	size, err := s.options.Synthetic.withDefaults()
	s.sets = map[Set]func() (*Images, error){
		Train:   sync.OnceValues(func() (*Images, error) { return synthesize(Train, size.Train), nil }),
		OriTest: sync.OnceValues(func() (*Images, error) { return synthesize(OriTest, size.Test), nil }),
	}
	return err
}

func (s *Source) openFolder() error {
	f, err := openFolder(s.options.Dir, s.options.Folder)
	if err != nil {
		return err
	}
	s.folder = s.options.Dir
	s.sets = map[Set]func() (*Images, error){}
	for set := range f.sets {
		s.sets[set] = sync.OnceValues(func() (*Images, error) { return f.read(set) })
	}
	s.info = sync.OnceValues(func() (Info, error) {
		info := f.info
		if info.Normalization == (Normalization{}) {
			images, err := s.Load(Train)
			if err != nil {
				return Info{}, fmt.Errorf("measuring mean and standard deviation: %w", err)
			}
			info.Normalization = measureNormalization(images)
		}
		return info, nil
	})
	s.count = func(set Set) int { return len(f.sets[set]) }
	s.notes = func() []string {
		f.mu.Lock()
		defer f.mu.Unlock()
		return slices.Clone(f.notes)
	}
	return nil
}

func (s *Source) openPublished() error {
	if s.options.Dir == "" {
		dir, err := DefaultDir()
		if err != nil {
			return err
		}
		s.options.Dir = dir
	}
	if err := s.findFolder(); err != nil {
		return err
	}
	if err := s.findSplit(); err != nil {
		return err
	}
	s.train = sync.OnceValues(func() (*Images, error) { return s.read(s.layout.train) })
	s.test = sync.OnceValues(func() (*Images, error) { return s.read(s.layout.test) })
	s.sets = map[Set]func() (*Images, error){Train: s.train, OriTest: s.test}
	if s.dataset == CIFAR10Valid {
		s.sets[Train] = func() (*Images, error) { return s.loadCIFAR10Half(Train) }
		s.sets[XValid] = func() (*Images, error) { return s.loadCIFAR10Half(XValid) }
	}
	name, parted := splitFileNames[s.dataset]
	if !parted {
		return nil
	}
	s.refused = map[Set]error{}
	for _, set := range []Set{XValid, XTest} {
		if s.splitFile == "" {
			s.refused[set] = &NoSplitError{s.dataset, set, name, s.splitDirs()}
		} else {
			s.sets[set] = func() (*Images, error) { return s.loadTestPart(set) }
		}
	}
	return nil
}

// findFolder sets the folder with the images and its layout.
func (s *Source) findFolder() error {
	dir := s.options.Dir
	missing := &MissingError{Dataset: s.dataset, Dir: dir}
	for _, l := range s.dataset.layouts() {
		missing.Wanted = append(missing.Wanted, l.folder)
		folder := filepath.Join(dir, l.folder)
		if info, err := os.Stat(folder); err == nil && info.IsDir() {
			s.folder, s.layout = folder, l
			return nil
		}
	}
	for _, l := range s.dataset.layouts() {
		for _, file := range slices.Concat(l.test, l.train) {
			if info, err := os.Stat(filepath.Join(dir, file.name)); err == nil && info.Mode().IsRegular() {
				s.folder, s.layout = dir, l
				return nil
			}
		}
	}
	return missing
}

// findSplit sets the split file, if the dataset has one and it is there.
func (s *Source) findSplit() error {
	name, ok := splitFileNames[s.dataset]
	if path := s.options.SplitFile; path != "" {
		if !ok {
			return fmt.Errorf("opening %s: a split file, %s, is given, but the dataset has no use for it", s.dataset, path)
		}
		if _, err := os.Stat(path); err != nil {
			return fmt.Errorf("opening %s: split file: %w", s.dataset, err)
		}
		s.splitFile = path
		return nil
	}
	if !ok {
		return nil
	}
	for _, dir := range s.splitDirs() {
		path := filepath.Join(dir, name)
		if _, err := os.Stat(path); err == nil {
			s.splitFile = path
			return nil
		}
	}
	return nil
}

func (s *Source) splitDirs() []string {
	if s.folder == s.options.Dir {
		return []string{s.folder}
	}
	return []string{s.options.Dir, s.folder}
}

// Dataset returns the dataset that was opened.
func (s *Source) Dataset() Dataset { return s.dataset }

// Folder returns the folder that the images are read from, empty for the
// synthetic dataset.
func (s *Source) Folder() string { return s.folder }

// Info returns what has to be known of the images. For a [Folder] whose mean and
// standard deviation are not given in Options.Folder it reads the training
// pictures and measures them.
func (s *Source) Info() (Info, error) { return s.info() }

// Count returns the number of images of a set without reading them: the published
// one, or that of the pictures in a folder, damaged ones included.
func (s *Source) Count(set Set) int { return s.count(set) }

// Notes tells of files that were left out, a line each, as far as sets were loaded
// by now.
func (s *Source) Notes() []string { return s.notes() }

// EvaluationSets returns the dataset's evaluation sets that can be loaded, and
// for each that the benchmark has and that can't be the reason: a *NoSplitError.
func (s *Source) EvaluationSets() (sets []Set, missing []error) {
	for _, set := range s.dataset.EvaluationSets() {
		if s.sets[set] != nil {
			sets = append(sets, set)
		} else if err := s.refused[set]; err != nil {
			missing = append(missing, err)
		}
	}
	return sets, missing
}

// Load returns the images of a set. Only the files that the set needs are read,
// each once in the life of the Source; sets of the same files share memory.
func (s *Source) Load(set Set) (*Images, error) {
	if load := s.sets[set]; load != nil {
		return load()
	}
	if err := s.refused[set]; err != nil {
		return nil, err
	}
	return nil, fmt.Errorf("data: %s has no set %s", s.dataset, set)
}

func (s *Source) loadCIFAR10Half(set Set) (*Images, error) {
	all, err := s.train()
	if err != nil {
		return nil, err
	}
	indexes, valid := cifar10Split()
	if set == XValid {
		indexes = valid
	}
	images, err := choose(all, indexes, !s.options.NoVerify)
	if err != nil {
		return nil, fmt.Errorf("dividing the training images in %s: %w", s.folder, err)
	}
	return images, nil
}

func (s *Source) loadTestPart(set Set) (*Images, error) {
	content, err := inputfile.Read(s.splitFile, maxSplitFile)
	if err != nil {
		return nil, fmt.Errorf("reading split file: %w", err)
	}
	split, err := parseTestSplit(content)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", s.splitFile, err)
	}
	all, err := s.test()
	if err != nil {
		return nil, err
	}
	indexes := split.xValid
	if set == XTest {
		indexes = split.xTest
	}
	images, err := choose(all, indexes, !s.options.NoVerify)
	if err != nil {
		return nil, fmt.Errorf("dividing the test images in %s by %s: %w", s.folder, s.splitFile, err)
	}
	return images, nil
}

// What a file may have, in bytes. The largest published one is CIFAR-100's train,
// with 155 million.
const (
	maxImageFile = 256 << 20
	maxSplitFile = 4 << 20
)

// read reads files side by side and joins their images.
func (s *Source) read(files []publishedFile) (*Images, error) {
	parts := make([]*Images, len(files))
	errs := make([]error, len(files))
	atOnce := make(chan struct{}, runtime.GOMAXPROCS(0)) // bounds the memory for whole files
	var wg sync.WaitGroup
	for i, file := range files {
		wg.Go(func() {
			atOnce <- struct{}{}
			defer func() { <-atOnce }()
			parts[i], errs[i] = s.readFile(file)
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	all := concat(parts)
	if all.Len() == 0 {
		return nil, fmt.Errorf("reading %s: %w", s.folder, brokenf("no images of %s in its files", s.dataset))
	}
	return all, nil
}

func (s *Source) readFile(file publishedFile) (*Images, error) {
	path := filepath.Join(s.folder, file.name)
	content, err := inputfile.Read(path, maxImageFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &MissingError{Dataset: s.dataset, Dir: s.folder, Wanted: []string{file.name}}
	}
	if err != nil {
		return nil, fmt.Errorf("reading images: %w", err)
	}
	sum := make(chan string, 1)
	go func() {
		if s.options.NoVerify {
			sum <- file.md5
			return
		}
		digest := md5.Sum(content)
		sum <- hex.EncodeToString(digest[:])
	}()
	images, err := s.layout.decode(content)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	if got := <-sum; got != file.md5 {
		return nil, &ChecksumError{path, file.md5, got}
	}
	return images, nil
}
