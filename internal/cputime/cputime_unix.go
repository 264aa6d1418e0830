//go:build unix

// Package cputime tells how long processors have worked for the process.
package cputime

import (
	"syscall"
	"time"
)

// Used is how long processors have worked for the process so far, 0 if the system
// doesn't tell.
func Used() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
