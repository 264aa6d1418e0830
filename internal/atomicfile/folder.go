package atomicfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"cellnet/internal/filelock"
)

// Folder is a folder that Commit puts into its place.
type Folder struct {
	part  string
	place string
	lock  *filelock.Lock
	done  bool
}

// CreateFolder starts a folder that is to take the place of name, where nothing may
// be. A folder that a killed process left half written is removed.
func CreateFolder(name string) (*Folder, error) {
	name = filepath.Clean(name)
	dir, base := filepath.Split(name)
	if info, err := os.Stat(filepath.Dir(name)); err == nil && !info.IsDir() {
		return nil, fmt.Errorf("writing %s: %s is no folder", name, filepath.Dir(name))
	}
	lock, err := filelock.TryAcquire(filepath.Join(dir, besideName(base, ".lock")))
	if errors.Is(err, filelock.ErrHeld) {
		return nil, fmt.Errorf("writing %s: another process is writing it", name)
	}
	if err != nil {
		return nil, writingError(name, err)
	}
	f := &Folder{part: filepath.Join(dir, besideName(base, ".part")), place: name, lock: lock}
	if err := f.begin(); err != nil {
		return nil, errors.Join(writingError(name, err), lock.Remove())
	}
	return f, nil
}

func (f *Folder) begin() error {
	if err := os.RemoveAll(f.part); err != nil {
		return err
	}
	if err := f.wantFree(); err != nil {
		return err
	}
	return os.Mkdir(f.part, 0o777)
}

func (f *Folder) wantFree() error {
	_, err := os.Lstat(f.place)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = fmt.Errorf("%w: remove it, or choose another name", fs.ErrExist)
	}
	return err
}

// Path is where the folder's files are to be written.
func (f *Folder) Path() string { return f.part }

// Rename has Commit put the folder at another name in the folder of the first.
func (f *Folder) Rename(name string) error {
	name = filepath.Clean(name)
	if filepath.Dir(name) != filepath.Dir(f.place) {
		return fmt.Errorf("writing %s: it is not in the folder of %s", name, f.place)
	}
	f.place = name
	return nil
}

// Commit syncs the folder, whose files are synced, and puts it into its place.
func (f *Folder) Commit() error {
	if f.done {
		return nil
	}
	syncDir(f.part)
	if err := f.wantFree(); err != nil { // an empty folder would be replaced
		return writingError(f.place, err)
	}
	if err := os.Rename(f.part, f.place); err != nil {
		return writingError(f.place, err)
	}
	f.done = true
	syncDir(filepath.Dir(f.place))
	return f.lock.Remove()
}

// Close drops the folder if it was not committed; it does nothing otherwise.
func (f *Folder) Close() error {
	if f.done {
		return nil
	}
	f.done = true
	return errors.Join(os.RemoveAll(f.part), f.lock.Remove())
}
