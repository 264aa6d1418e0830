//go:build unix

package filelock

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

func tryLock(file *os.File) error {
	for {
		err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		switch {
		case err == unix.EINTR:
		case err == unix.EWOULDBLOCK:
			return ErrHeld
		case err == unix.ENOLCK, err == unix.EINVAL, errors.Is(err, errors.ErrUnsupported):
			return fmt.Errorf("%w (%v)", ErrUnsupported, err)
		default:
			return err
		}
	}
}

func removeHeld(file *os.File) error {
	return os.Remove(file.Name())
}
