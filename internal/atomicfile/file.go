// Package atomicfile writes files that are there whole or not at all: into a
// temporary file beside the place, which then takes the place.
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

// Write gives write a buffered writer and puts what it writes at name. If
// write or anything after it fails, what was at name before is still there
// and nothing else is left behind.
func Write(name string, write func(io.Writer) error) error {
	f, err := Create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	buffered := bufio.NewWriterSize(f, 1<<16)
	if err := write(buffered); err != nil {
		return writingError(name, err)
	}
	if err := buffered.Flush(); err != nil {
		return writingError(name, err)
	}
	return f.Commit()
}

// File is a file that Commit puts into its place.
type File struct {
	*os.File
	name      string // the place; empty if the file is written in place
	committed bool
}

// Create starts a file that is to take the place of name, through symbolic
// links if name is one. Devices and pipes are written directly.
func Create(name string) (*File, error) {
	mode := fs.FileMode(0o666)
	switch info, err := os.Stat(name); {
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
		if name, err = filepath.EvalSymlinks(name); err != nil {
			return nil, err
		}
	}
	dir, base := filepath.Split(name)
	for i := range 1000 {
		temporary := filepath.Join(dir, fmt.Sprintf(".%s.%d-%d.tmp", base, os.Getpid(), i))
		f, err := os.OpenFile(temporary, os.O_RDWR|os.O_CREATE|os.O_EXCL, mode)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return nil, writingError(name, err)
		}
		return &File{File: f, name: name}, nil
	}
	return nil, fmt.Errorf("writing %s: too many temporary files of earlier tries beside it", name)
}

// Commit syncs and closes the file and puts it into its place.
func (f *File) Commit() error {
	if f.name == "" {
		f.committed = true
		return f.File.Close()
	}
	if err := f.File.Sync(); err != nil {
		return writingError(f.name, err)
	}
	if err := f.File.Close(); err != nil {
		return writingError(f.name, err)
	}
	if err := os.Rename(f.File.Name(), f.name); err != nil {
		return writingError(f.name, err)
	}
	f.committed = true
	syncDir(filepath.Dir(f.name))
	return nil
}

// Close drops the file if it was not committed; it does nothing otherwise.
func (f *File) Close() error {
	if f.committed {
		return nil
	}
	err := f.File.Close()
	if f.name != "" {
		err = errors.Join(ignoreClosed(err), os.Remove(f.File.Name()))
	}
	return err
}

func ignoreClosed(err error) error {
	if errors.Is(err, fs.ErrClosed) {
		return nil
	}
	return err
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
