package filelock

import (
	"os"

	"golang.org/x/sys/windows"
)

func tryLock(file *os.File) error {
	err := windows.LockFileEx(windows.Handle(file.Fd()),
		windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, new(windows.Overlapped))
	if err == windows.ERROR_LOCK_VIOLATION {
		return ErrHeld
	}
	return err
}

// removeHeld leaves the file: Windows removes no open file, and once it is
// closed another process may hold it.
func removeHeld(*os.File) error { return nil }
