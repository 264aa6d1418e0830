// Package filelock lets processes exclude each other by advisory locks on
// files. The operating system drops a lock with the process that held it, so a
// crash leaves none behind.
package filelock

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// ErrHeld says that another holder has the lock.
var ErrHeld = errors.New("lock is held elsewhere")

// ErrUnsupported says that the file system has no locks.
var ErrUnsupported = errors.New("its file system has no locks: choose a folder on another one")

// pollEvery is how long Acquire waits between two tries.
const pollEvery = 20 * time.Millisecond

// Lock is a lock that is held. It excludes other processes and other callers in
// this process.
type Lock struct {
	file *os.File
}

// TryAcquire takes the lock on path, a file that is created if it is missing.
// If the lock is held elsewhere the error wraps [ErrHeld].
func TryAcquire(path string) (*Lock, error) {
	for {
		file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
		if err != nil {
			return nil, fmt.Errorf("taking lock: %w", err)
		}
		if err := TryLock(file); err != nil {
			file.Close()
			return nil, fmt.Errorf("taking lock %s: %w", path, err)
		}
		if Names(path, file) {
			return &Lock{file}, nil
		}
		file.Close() // the holder before us removed the file while we opened it
	}
}

// Acquire is TryAcquire that waits until the lock is free or ctx is done.
func Acquire(ctx context.Context, path string) (*Lock, error) {
	for {
		lock, err := TryAcquire(path)
		if !errors.Is(err, ErrHeld) {
			return lock, err
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("waiting for lock %s: %w", path, ctx.Err())
		case <-time.After(pollEvery):
		}
	}
}

// Release gives the lock up and leaves its file.
func (l *Lock) Release() error {
	return l.file.Close()
}

// Remove gives the lock up and removes its file.
func (l *Lock) Remove() error {
	return errors.Join(removeHeld(l.file), l.file.Close())
}

// RemoveLeft removes the file of a lock whose holder is gone, if there is one.
func RemoveLeft(path string) {
	if _, err := os.Lstat(path); err != nil {
		return
	}
	if lock, err := TryAcquire(path); err == nil {
		lock.Remove()
	}
}

// TryLock locks an open file until it is closed. If the lock is held elsewhere the
// error wraps [ErrHeld], and where there are no locks [ErrUnsupported].
func TryLock(file *os.File) error { return tryLock(file) }

// Names tells whether path still names the open file.
func Names(path string, file *os.File) bool {
	open, err := file.Stat()
	if err != nil {
		return false
	}
	named, err := os.Lstat(path)
	return err == nil && os.SameFile(open, named)
}
