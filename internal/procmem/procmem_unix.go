//go:build unix

package procmem

import (
	"runtime"
	"syscall"
)

// Peak is the largest resident size of the process so far in bytes, 0 if the
// system doesn't tell.
func Peak() int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	if runtime.GOOS == "darwin" || runtime.GOOS == "ios" {
		return int64(u.Maxrss)
	}
	return int64(u.Maxrss) * 1024
}
