// Package inputfile opens what a user names as input. Only regular files are
// opened: a FIFO or a device would keep its reader waiting or never end.
package inputfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

var (
	ErrFolder     = errors.New("it is a folder")
	ErrNotRegular = errors.New("it is no regular file")
)

// TooLargeError says that a file has more bytes than its kind ever has.
type TooLargeError struct {
	Size, Limit int64 // bytes
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("it has %d bytes, and files of its kind at most %d", e.Size, e.Limit)
}

// Open opens a regular file and tells its size in bytes. What else has that name
// is refused without being opened. Errors are of type *fs.PathError.
func Open(path string) (*os.File, int64, error) {
	info, err := Stat(path)
	if err != nil {
		return nil, 0, err
	}
	if err := checkRegular(path, info); err != nil {
		return nil, 0, err
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	// Another file may have taken the name.
	info, err = file.Stat()
	if err == nil {
		err = checkRegular(path, info)
	}
	if err != nil {
		file.Close()
		return nil, 0, err
	}
	return file, info.Size(), nil
}

// Stat is os.Stat, but says what to do about a file that is not there.
func Stat(path string) (fs.FileInfo, error) {
	info, err := os.Stat(path)
	var p *fs.PathError
	if errors.As(err, &p) && errors.Is(err, fs.ErrNotExist) {
		p.Err = fmt.Errorf("%w: check its name", p.Err)
	}
	return info, err
}

// Read reads a regular file of at most limit bytes, at once. Errors are of type
// *fs.PathError.
func Read(path string, limit int64) ([]byte, error) {
	file, size, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if size > limit {
		return nil, &fs.PathError{Op: "read", Path: path, Err: &TooLargeError{size, limit}}
	}
	content := make([]byte, size)
	if _, err := io.ReadFull(file, content); err != nil {
		return nil, &fs.PathError{Op: "read", Path: path, Err: err}
	}
	return content, nil
}

func checkRegular(path string, info fs.FileInfo) error {
	switch {
	case info.IsDir():
		return &fs.PathError{Op: "open", Path: path, Err: ErrFolder}
	case !info.Mode().IsRegular():
		return &fs.PathError{Op: "open", Path: path, Err: ErrNotRegular}
	}
	return nil
}
