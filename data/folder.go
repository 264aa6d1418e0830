package data

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
)

// DefaultFolderSide is the side in pixels that pictures of a [Folder] are scaled
// to.
const DefaultFolderSide = 32

// setFolders are the sets of a [Folder] in the order of their folders' use, and
// the names of these.
var setFolders = []struct {
	set  Set
	name string
}{{Train, "train"}, {XValid, "val"}, {OriTest, "test"}}

// pictureFile is a picture with its class.
type pictureFile struct {
	path  string
	label int
}

// folder is a folder of pictures whose files were listed.
type folder struct {
	dir  string
	info Info // without a Normalization unless that is given
	sets map[Set][]pictureFile

	mu    sync.Mutex
	notes []string
}

// openFolder lists the pictures of a folder. What given has is taken of it, the
// rest of the folder.
func openFolder(dir string, given Info) (*folder, error) {
	if dir == "" {
		return nil, fmt.Errorf("opening a folder of pictures: none is named: name with --data the folder that holds one for each class, or train, val and test with these")
	}
	f := &folder{dir: dir, info: given, sets: map[Set][]pictureFile{}}
	f.info.Classes = len(given.ClassNames)
	if f.info.Side == 0 {
		f.info.Side = DefaultFolderSide
	}
	if err := checkSide(f.info.Side); err != nil {
		return nil, fmt.Errorf("opening %s: %w", dir, err)
	}
	if err := f.list(); err != nil {
		return nil, fmt.Errorf("opening %s: %w", dir, err)
	}
	return f, nil
}

func (f *folder) list() error {
	below, others, err := subfolders(f.dir)
	if err != nil {
		return err
	}
	parted := false
	for _, s := range setFolders {
		if !slices.Contains(below, s.name) {
			continue
		}
		path := filepath.Join(f.dir, s.name)
		classes, files, err := subfolders(path)
		if err != nil {
			return err
		}
		if len(classes) == 0 {
			continue // of a class that has this name
		}
		if err := f.listSet(s.set, path, classes); err != nil {
			return err
		}
		f.noteOthers(path, files)
		below = slices.DeleteFunc(below, func(name string) bool { return name == s.name })
		parted = true
	}
	if parted {
		f.noteOthers(f.dir, append(others, below...))
	} else {
		if len(below) == 0 {
			return fmt.Errorf("no folders in it: want one for each class, with PNG or JPEG pictures, or train, val and test with these")
		}
		if err := f.listSet(Train, f.dir, below); err != nil {
			return err
		}
		f.noteOthers(f.dir, others)
	}
	if f.sets[Train] != nil && f.sets[XValid] == nil && f.sets[OriTest] == nil {
		return f.holdOut()
	}
	f.info.HeldOut = HeldOut{}
	return nil
}

// listSet lists the pictures of a set, in a folder for each class.
func (f *folder) listSet(set Set, path string, classes []string) error {
	if f.info.ClassNames == nil {
		if len(classes) < 2 {
			return fmt.Errorf("one class, %s, in %s: want a folder for each of two or more", classes[0], path)
		}
		f.info.ClassNames, f.info.Classes = classes, len(classes)
	}
	if set == Train && len(classes) < f.info.Classes {
		return fmt.Errorf("%d classes in %s, want %d: %s", len(classes), path, f.info.Classes, someOf(f.info.ClassNames))
	}
	var perClass [][]pictureFile
	for _, class := range classes {
		label := slices.Index(f.info.ClassNames, class)
		if label < 0 {
			return fmt.Errorf("%s is none of the %d classes: %s", filepath.Join(path, class), f.info.Classes, someOf(f.info.ClassNames))
		}
		files, err := f.listClass(filepath.Join(path, class), label)
		if err != nil {
			return err
		}
		if len(files) == 0 && set == Train {
			return fmt.Errorf("no PNG or JPEG pictures in %s: put some there, or remove the folder", filepath.Join(path, class))
		}
		perClass = append(perClass, files)
	}
	f.sets[set] = inTurn(perClass)
	if len(f.sets[set]) == 0 {
		return fmt.Errorf("no PNG or JPEG pictures in %s", path)
	}
	return nil
}

// listClass lists the pictures in a folder and those in it, in the order of their
// names. Links to folders are not followed, so that the list ends.
func (f *folder) listClass(path string, label int) (files []pictureFile, err error) {
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, err
	}
	var others []string
	for _, e := range entries {
		name := e.Name()
		inner := filepath.Join(path, name)
		switch {
		case hidden(name):
		case e.IsDir():
			more, err := f.listClass(inner, label)
			if err != nil {
				return nil, err
			}
			files = append(files, more...)
		case isPicture(name) && isRegular(inner):
			files = append(files, pictureFile{inner, label})
		default:
			others = append(others, name)
		}
	}
	f.noteOthers(path, others)
	return files, nil
}

// holdOut makes x-valid of a share of the training pictures of every class.
func (f *folder) holdOut() error {
	h := &f.info.HeldOut
	if h.Share == 0 {
		h.Share = DefaultHeldOut
	}
	if err := h.check(); err != nil {
		return err
	}
	ofClass := make([][]pictureFile, f.info.Classes)
	for _, p := range f.sets[Train] {
		ofClass[p.label] = append(ofClass[p.label], p)
	}
	train, held := make([][]pictureFile, len(ofClass)), make([][]pictureFile, len(ofClass))
	for label, files := range ofClass {
		order := make([]int32, len(files))
		s := streamAt(streamKey(heldOutStream, h.Seed, uint64(label)), 0)
		s.permutation(order)
		first := h.count(len(files))
		for i, at := range order {
			if int(at) < first {
				held[label] = append(held[label], files[i])
			} else {
				train[label] = append(train[label], files[i])
			}
		}
	}
	f.sets[Train], f.sets[XValid] = inTurn(train), inTurn(held)
	for set, files := range f.sets {
		if len(files) == 0 {
			delete(f.sets, set)
		}
	}
	return nil
}

// inTurn takes a picture of each class, then a second one of each, so that the
// first ones of a set are of all classes.
func inTurn(perClass [][]pictureFile) []pictureFile {
	var all []pictureFile
	for i := 0; ; i++ {
		before := len(all)
		for _, files := range perClass {
			if i < len(files) {
				all = append(all, files[i])
			}
		}
		if len(all) == before {
			return all
		}
	}
}

// read decodes the pictures of a set. Damaged ones are left out.
func (f *folder) read(set Set) (*Images, error) {
	files, side := f.sets[set], f.info.Side
	decoded, errs := make([][]byte, len(files)), make([]error, len(files))
	workers := min(runtime.GOMAXPROCS(0), len(files))
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := w; i < len(files); i += workers {
				decoded[i], errs[i] = ReadPicture(files[i].path, side)
			}
		})
	}
	wg.Wait()
	m := &Images{side: side}
	var damaged []error
	for i, err := range errs {
		switch {
		case errors.Is(err, ErrFormat):
			damaged = append(damaged, err)
		case err != nil:
			return nil, err
		default:
			m.pixels, m.labels = append(m.pixels, decoded[i]), append(m.labels, files[i].label)
		}
	}
	if m.Len() == 0 {
		return nil, fmt.Errorf("none of the %d pictures of %s can be read: %w", len(files), set, damaged[0])
	}
	for i, err := range damaged {
		if i == maxNoted {
			f.note("%d more pictures of %s are damaged and left out", len(damaged)-i, set)
			break
		}
		f.note("%v: left out", err)
	}
	return m, nil
}

// maxNoted is how many damaged pictures of a set are named.
const maxNoted = 5

// noteOthers notes what is in a folder beside what is read.
func (f *folder) noteOthers(path string, names []string) {
	if len(names) > 0 {
		f.note("%s: not read: %s", path, someOf(names))
	}
}

func (f *folder) note(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.notes = append(f.notes, fmt.Sprintf(format, args...))
}

// someOf lists the first of some names.
func someOf(names []string) string {
	const shown = 5
	if len(names) > shown {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:shown], ", "), len(names)-shown)
	}
	return strings.Join(names, ", ")
}

// subfolders lists the folders in a folder and what else is in it, without what is
// hidden, each in the order of their names.
func subfolders(path string) (folders, others []string, err error) {
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, nil, err
	}
	for _, e := range entries {
		if hidden(e.Name()) {
			continue
		}
		if info, err := os.Stat(filepath.Join(path, e.Name())); err == nil && info.IsDir() {
			folders = append(folders, e.Name())
		} else {
			others = append(others, e.Name())
		}
	}
	return folders, others, nil
}

func hidden(name string) bool { return strings.HasPrefix(name, ".") }

func isPicture(name string) bool {
	return slices.Contains([]string{".png", ".jpg", ".jpeg"}, strings.ToLower(filepath.Ext(name)))
}

func isRegular(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
