package procmem

import (
	"os"
	"runtime/debug"
)

// early is by how much of itself, in per cent, the heap grows between collections.
const early = 10

// CollectEarly has garbage collected before the heap grows by more than a tenth,
// unless GOGC says otherwise. It is for heaps that are mostly numbers, which cost a
// collection nothing, while fresh memory costs the system's work. undo ends it.
func CollectEarly() (undo func()) {
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	before := debug.SetGCPercent(early)
	return func() { debug.SetGCPercent(before) }
}
