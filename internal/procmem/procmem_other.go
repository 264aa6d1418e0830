//go:build !unix

package procmem

import "os"

// Peak is the largest resident size of the process so far in bytes, 0 if the
// system doesn't tell.
func Peak() int64 { return 0 }

// PeakOf is the largest resident size that a process which has ended ever had
// in bytes, 0 if the system doesn't tell.
func PeakOf(*os.ProcessState) int64 { return 0 }
