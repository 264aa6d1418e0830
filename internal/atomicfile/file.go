// Package atomicfile writes files and folders that are there whole or not at all:
// into a temporary one beside the place, which then takes the place.
//
// The temporary one is locked by the process that writes it, and the operating
// system drops the lock with the process. So whoever writes to the same place next
// tells what a killed process has left from what another one is writing, and
// removes it.
package atomicfile

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Staged is a file or a folder that is written, and not yet in its place.
type Staged interface {
	Rename(name string) error // has Commit put it at another name in the same folder
	Commit() error            // puts it into its place
	Close() error             // drops it if it was not committed; does nothing otherwise
}

// Write gives write a buffered writer and puts what it writes at name. If
// write or anything after it fails, what was at name before is still there
// and nothing else is left behind.
func Write(name string, write func(io.Writer) error) error {
	f, err := Stage(name, write)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Commit()
}

// Stage is Write that leaves it to the caller to put the file into its place.
func Stage(name string, write func(io.Writer) error) (*File, error) {
	f, err := Create(name)
	if err != nil {
		return nil, err
	}
	buffered := bufio.NewWriterSize(f, 1<<16)
	err = write(buffered)
	if err == nil {
		err = buffered.Flush()
	}
	if err == nil && f.name != "" {
		err = f.Sync()
	}
	if err != nil {
		f.Close()
		return nil, writingError(name, err)
	}
	return f, nil
}

// File is a file that Commit puts into its place.
type File struct {
	*os.File
	name string      // the place; empty if the file is written in place
	mode fs.FileMode // of the file that was there; 0 if there was none
	done bool
}

// Create starts a file that is to take the place of name, through symbolic
// links if name is one. Devices and pipes are written directly.
func Create(name string) (*File, error) {
	place, err := behindLinks(name)
	if err != nil {
		return nil, writingError(name, err)
	}
	mode, keep := fs.FileMode(0o666), fs.FileMode(0)
	switch info, err := os.Stat(place); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, writingError(name, err)
	case info.IsDir():
		return nil, fmt.Errorf("writing %s: it is a directory", name)
	case !info.Mode().IsRegular():
		f, err := os.OpenFile(name, os.O_WRONLY, 0)
		if err != nil {
			return nil, writingError(name, err)
		}
		return &File{File: f}, nil
	default:
		mode = info.Mode().Perm()
		keep = mode
	}
	f, err := createTemporary(place, mode)
	if err != nil {
		return nil, writingError(name, err)
	}
	return &File{File: f, name: place, mode: keep}, nil
}

// maxLinks bounds a chain of symbolic links.
const maxLinks = 40

// behindLinks gives the place that a name stands for, which need not be there.
func behindLinks(name string) (string, error) {
	for range maxLinks {
		info, err := os.Lstat(name)
		if err != nil || info.Mode()&fs.ModeSymlink == 0 {
			return name, nil // what is wrong will show where the file is made
		}
		target, err := os.Readlink(name)
		if err != nil {
			return "", err
		}
		if !filepath.IsAbs(target) {
			// Not joined, which would take dir/.. away though dir may be a link.
			target = filepath.Dir(name) + string(filepath.Separator) + target
		}
		name = target
	}
	return "", errors.New("too many symbolic links")
}

// Rename has Commit put the file at another name in the folder of the first.
func (f *File) Rename(name string) error {
	if f.name == "" || filepath.Dir(name) != filepath.Dir(f.name) {
		return fmt.Errorf("writing %s: it is not in the folder of %s", name, f.File.Name())
	}
	f.name, f.mode = name, 0
	return nil
}

// Commit syncs and closes the file and puts it into its place.
func (f *File) Commit() error {
	if f.done {
		return nil
	}
	if f.name == "" {
		f.done = true
		return f.File.Close()
	}
	if f.mode != 0 {
		// Fails where the file system knows no modes.
		_ = f.Chmod(f.mode)
	}
	if err := f.Sync(); err != nil {
		return writingError(f.name, err)
	}
	if err := replace(f.File, f.name); err != nil {
		return writingError(f.name, err)
	}
	f.done = true
	syncDir(filepath.Dir(f.name))
	return nil
}

// Close drops the file if it was not committed; it does nothing otherwise.
func (f *File) Close() error {
	if f.done {
		return nil
	}
	f.done = true
	if f.name == "" {
		return f.File.Close()
	}
	return removeLocked(f.File)
}

// writingError says what went wrong with the file of that name, not with the
// temporary one.
func writingError(name string, err error) error {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		err = path.Err
	case errors.As(err, &link):
		err = link.Err
	}
	return fmt.Errorf("writing %s: %w", name, err)
}

// syncDir makes a rename last through a crash, on the file systems that can
// do that. The file itself is in its place either way.
func syncDir(name string) {
	if dir, err := os.Open(name); err == nil {
		dir.Sync()
		dir.Close()
	}
}
