package data

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// ErrFormat is what errors about broken files are, in the sense of errors.Is:
// files that are cut off, of another kind, or hold values that can't be.
var ErrFormat = errors.New("broken data file")

// formatError says what is wrong in a file.
type formatError struct {
	reason string
}

func brokenf(format string, args ...any) error {
	return &formatError{fmt.Sprintf(format, args...)}
}

func (e *formatError) Error() string        { return e.reason }
func (e *formatError) Is(target error) bool { return target == ErrFormat }

// MissingError says that a dataset's files are not there. It is fs.ErrNotExist in
// the sense of errors.Is.
type MissingError struct {
	Dataset Dataset
	// Dir is the folder that was searched, Wanted the names of which one was
	// looked for in it.
	Dir    string
	Wanted []string
}

func (e *MissingError) Error() string {
	wanted := strings.Join(e.Wanted, " or ")
	if _, ok := e.Dataset.Archive(); ok {
		return fmt.Sprintf("opening %s: no %s in %s: name the folder that holds it with --data, or fetch it with --download",
			e.Dataset, wanted, e.Dir)
	}
	return fmt.Sprintf("opening %s: no %s in %s: name the folder that holds it with --data; "+
		"the files are ImageNet's, downsampled to 16x16, from https://image-net.org/download-images", e.Dataset, wanted, e.Dir)
}

// Is makes the error fs.ErrNotExist.
func (e *MissingError) Is(target error) bool { return target == fs.ErrNotExist }

// ChecksumError says that a file is not the published one.
type ChecksumError struct {
	Path      string
	Want, Got string // MD5 sums in hexadecimal
}

func (e *ChecksumError) Error() string {
	return fmt.Sprintf("reading %s: MD5 sum is %s, that of the published file %s: "+
		"replace the file, or use it as it is with --no-verify", e.Path, e.Got, e.Want)
}

// NoSplitError says that a set can't be made, because the file that divides the
// test images into x-valid and x-test is not there. It is fs.ErrNotExist in the
// sense of errors.Is.
type NoSplitError struct {
	Dataset Dataset
	Set     Set
	// File is the file's name, Dirs are the folders that were searched.
	File string
	Dirs []string
}

func (e *NoSplitError) Error() string {
	return fmt.Sprintf("%s of %s can't be evaluated: no %s in %s: put it there, or name it with --split",
		e.Set, e.Dataset, e.File, strings.Join(e.Dirs, " or "))
}

// Is makes the error fs.ErrNotExist.
func (e *NoSplitError) Is(target error) bool { return target == fs.ErrNotExist }
