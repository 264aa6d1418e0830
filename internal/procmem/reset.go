package procmem

import (
	"os"
	"runtime/debug"
)

// Reset returns what is free to the system and has [Peak] begin anew from what
// is in use. Only Linux can do so: elsewhere Peak goes on from the largest size
// so far.
func Reset() {
	debug.FreeOSMemory()
	// The file exists on Linux alone; 5 resets the peak of the resident size.
	if f, err := os.OpenFile("/proc/self/clear_refs", os.O_WRONLY, 0); err == nil {
		defer f.Close()
		_, _ = f.WriteString("5")
	}
}
