// Package output looks at what commands are to write before they do: it must not be
// what they read, and not take the place of files of another kind.
package output

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"cellnet/internal/atomicfile"
	"cellnet/internal/usage"
)

// Target is a file or folder that is to be written.
type Target struct {
	Path string
	Kind Kind
}

// Check returns an error if one of the targets can't be written, is one of the
// inputs, lies in a folder that is one, or is another target, by whatever names and
// links; or if it is there and of another kind, unless force allows that. Folders
// must not be there.
func Check(force bool, targets []Target, inputs ...string) error {
	for i, t := range targets {
		for _, other := range targets[:i] {
			if samePlace(t.Path, other.Path) {
				return usage.Errorf("%s is to be written twice: give two names", t.Path)
			}
		}
		if err := t.check(force, inputs); err != nil {
			return err
		}
	}
	return nil
}

func (t Target) check(force bool, inputs []string) error {
	info, err := os.Stat(t.Path)
	switch {
	case t.Kind == Folder:
		return t.checkFolder()
	case errors.Is(err, fs.ErrNotExist):
		return t.try()
	case err != nil:
		return fmt.Errorf("writing %w", err)
	case info.IsDir():
		return fmt.Errorf("writing %s: it is a directory", t.Path)
	case !info.Mode().IsRegular(): // a device or a pipe
		return nil
	}
	there, err := kindOf(t.Path)
	if err != nil {
		return fmt.Errorf("writing %s: it is there, and can't be read: %w", t.Path, err)
	}
	for _, input := range inputs {
		if err := t.checkInput(info, there, input); err != nil {
			return err
		}
	}
	if there != t.Kind && there != empty && !force {
		return fmt.Errorf("writing %s: it is there and is %v, not %v: choose another name, or overwrite it with --force", t.Path, there, t.Kind)
	}
	return t.try()
}

func (t Target) checkInput(info fs.FileInfo, there Kind, input string) error {
	read, err := os.Stat(input)
	if err != nil {
		return nil // reading it will tell
	}
	if os.SameFile(info, read) {
		return usage.Errorf("%s is both read and to be written: give another output", t.Path)
	}
	if read.IsDir() && within(t.Path, read) && (there != t.Kind || !t.Kind.isResult()) {
		return usage.Errorf("%s is a file of the folder that is read: give another output", t.Path)
	}
	return nil
}

// checkFolder finds out whether a folder can be made there.
func (t Target) checkFolder() error {
	f, err := atomicfile.CreateFolder(t.Path)
	if err != nil {
		return err
	}
	return f.Close()
}

// try finds out whether a file can be made there.
func (t Target) try() error {
	f, err := atomicfile.Create(t.Path)
	if err != nil {
		return err
	}
	return f.Close()
}

// within tells whether a path leads to something below a folder.
func within(path string, folder fs.FileInfo) bool {
	real, err := filepath.EvalSymlinks(path)
	if err == nil {
		real, err = filepath.Abs(real)
	}
	if err != nil {
		return false
	}
	for dir := filepath.Dir(real); ; dir = filepath.Dir(dir) {
		if info, err := os.Stat(dir); err == nil && os.SameFile(info, folder) {
			return true
		}
		if dir == filepath.Dir(dir) {
			return false
		}
	}
}

// samePlace tells whether two names are of the same file, be it there or not.
func samePlace(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	if errX == nil && errY == nil {
		return os.SameFile(x, y)
	}
	dirX, errX := os.Stat(filepath.Dir(filepath.Clean(a)))
	dirY, errY := os.Stat(filepath.Dir(filepath.Clean(b)))
	sameDir := errX == nil && errY == nil && os.SameFile(dirX, dirY)
	return sameDir && sameName(filepath.Base(a), filepath.Base(b))
}

// sameName compares as the usual file systems of the operating system do.
func sameName(a, b string) bool {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		return strings.EqualFold(a, b)
	}
	return a == b
}
