//go:build unix

package procmem

import (
	"os"
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
	return peakIn(&u)
}

// PeakOf is the largest resident size that a process which has ended ever had
// in bytes, 0 if the system doesn't tell.
func PeakOf(p *os.ProcessState) int64 {
	if u, ok := p.SysUsage().(*syscall.Rusage); ok {
		return peakIn(u)
	}
	return 0
}

func peakIn(u *syscall.Rusage) int64 {
	if runtime.GOOS == "darwin" || runtime.GOOS == "ios" {
		return int64(u.Maxrss)
	}
	return int64(u.Maxrss) * 1024
}
