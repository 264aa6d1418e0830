package atomicfile

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"unicode/utf8"

	"cellnet/internal/filelock"
)

const (
	// maxName is how long names may be on common file systems.
	maxName = 255
	// addedToName is room for what temporary names have beside the file's.
	addedToName = 32
	// places is how many temporary names of a file are always looked at: more than
	// processes that write the same file at once.
	places = 8
	// maxPlaces is how many of them may be taken.
	maxPlaces = 1000
)

// besideName gives a name that is told by another one and an ending. One that would
// be too long is cut, and has a hash of what it was.
func besideName(base, ending string) string {
	if len(base) > maxName-addedToName {
		hash := sha256.Sum256([]byte(base))
		base = base[:maxName-addedToName-17]
		for !utf8.ValidString(base) && len(base) > 0 && !utf8.RuneStart(base[len(base)-1]) {
			base = base[:len(base)-1]
		}
		base = fmt.Sprintf("%s~%x", base, hash[:8])
	}
	return "." + base + ending
}

func temporaryName(dir, base string, i int) string {
	return filepath.Join(dir, besideName(base, fmt.Sprintf(".%d.tmp", i)))
}

// createTemporary makes and locks a new file beside a place, and removes those that
// processes left which are gone.
func createTemporary(place string, mode fs.FileMode) (*os.File, error) {
	dir, base := filepath.Split(place)
	var made *os.File
	for i := 0; i < maxPlaces; i++ {
		name := temporaryName(dir, base, i)
		found, there := removeLeftover(name)
		switch {
		case made != nil:
			if !found && i >= places {
				return made, nil
			}
		case !there:
			f, err := createLocked(name, mode)
			if errors.Is(err, fs.ErrExist) {
				continue // made by another process meanwhile
			}
			if err != nil {
				return nil, err
			}
			made = f
		}
	}
	if made == nil { // where there are no locks, leftovers stay
		return createLocked(temporaryName(dir, base, maxPlaces+int(rand.Uint32())), mode)
	}
	return made, nil
}

// createLocked makes a new file and locks it. One that another process took for a
// leftover in between is made again.
func createLocked(name string, mode fs.FileMode) (*os.File, error) {
	for {
		f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, mode|0o200)
		if err != nil {
			return nil, err
		}
		err = filelock.TryLock(f)
		switch {
		case errors.Is(err, filelock.ErrUnsupported):
			return f, nil // then nobody removes leftovers, and so this one
		case err == nil && filelock.Names(name, f):
			return f, nil
		}
		f.Close()
		if err != nil && !errors.Is(err, filelock.ErrHeld) {
			os.Remove(name)
			return nil, err
		}
	}
}

// removeLeftover removes a file that a process left which is gone. It tells whether
// a file of that name was found, and whether one is there still.
func removeLeftover(name string) (found, there bool) {
	info, err := os.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, false
	}
	if err != nil || !info.Mode().IsRegular() {
		return true, true
	}
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return true, !errors.Is(err, fs.ErrNotExist)
	}
	if filelock.TryLock(f) != nil || !filelock.Names(name, f) {
		f.Close()
		return true, true
	}
	return true, removeLocked(f) != nil
}
