package procmem

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
)

// ShortError says that something needs more memory than there is.
type ShortError struct {
	What            string  // needs it
	Need, Available float64 // bytes
}

func (e *ShortError) Error() string {
	return fmt.Sprintf("%s needs about %s of memory, %s is available", e.What, inUnits(e.Need), inUnits(e.Available))
}

// inUnits gives bytes in a unit that suits them.
func inUnits(bytes float64) string {
	unit := 0
	units := []string{"kB", "MB", "GB", "TB", "PB"}
	for bytes /= 1e3; bytes >= 1e3 && unit < len(units)-1; unit++ {
		bytes /= 1e3
	}
	return fmt.Sprintf("%.3g %s", bytes, units[unit])
}

// Require returns a [*ShortError] if the system has less memory left than what
// needs, in bytes. Where the system doesn't tell, all is there.
func Require(what string, need float64) error {
	if available, ok := Available(); ok && need > available {
		return &ShortError{what, need, available}
	}
	return nil
}

// Available is how many bytes of memory the process can take before the system
// runs out of them or a limit of its control groups is met; false if the system
// doesn't tell, as others than Linux don't.
func Available() (bytes float64, ok bool) { return available(os.DirFS("/")) }

// available reads Linux's files.
func available(root fs.FS) (bytes float64, ok bool) {
	least := func(n float64) {
		if !ok || n < bytes {
			bytes, ok = max(n, 0), true
		}
	}
	const kB = 1024
	info := table(root, "proc/meminfo")
	if free, known := info["MemAvailable:"]; known {
		least(kB * (free + info["SwapFree:"]))
	}
	groups, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return bytes, ok
	}
	for line := range strings.Lines(string(groups)) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3) // number, controllers, path
		if len(parts) < 3 {
			continue
		}
		for _, h := range hierarchies() {
			if parts[1] != h.controller {
				continue
			}
			// A limit of a group holds for those within it. Where the path is that
			// of another namespace, the root is ours.
			for dir := path.Clean("/" + parts[2]); ; dir = path.Dir(dir) {
				if left, limited := h.left(root, path.Join(h.mount, dir)); limited {
					least(left)
				}
				if dir == "/" {
					break
				}
			}
		}
	}
	return bytes, ok
}

// hierarchy is a version of control groups.
type hierarchy struct{ controller, mount, limit, usage, cache string }

func hierarchies() []hierarchy {
	return []hierarchy{
		{"", "sys/fs/cgroup", "memory.max", "memory.current", "inactive_file"},
		{"memory", "sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"},
	}
}

// left is how many bytes a group may take yet: its use counts files in the
// cache, which make room.
func (h hierarchy) left(root fs.FS, dir string) (bytes float64, limited bool) {
	limit, ok := number(root, path.Join(dir, h.limit))
	if !ok { // "max", or no such group
		return 0, false
	}
	usage, ok := number(root, path.Join(dir, h.usage))
	if !ok {
		return 0, false
	}
	return limit - usage + table(root, path.Join(dir, "memory.stat"))[h.cache], true
}

func number(root fs.FS, name string) (float64, bool) {
	content, err := fs.ReadFile(root, name)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseUint(strings.TrimSpace(string(content)), 10, 64)
	return float64(n), err == nil
}

// table reads lines of a name and a number.
func table(root fs.FS, name string) map[string]float64 {
	values := map[string]float64{}
	content, err := fs.ReadFile(root, name)
	if err != nil {
		return values
	}
	for line := range strings.Lines(string(content)) {
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		if n, err := strconv.ParseUint(fields[1], 10, 64); err == nil {
			values[fields[0]] = float64(n)
		}
	}
	return values
}
