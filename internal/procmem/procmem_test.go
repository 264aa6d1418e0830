package procmem

import (
	"runtime"
	"testing"
)

func TestPeakGrowsWithMemory(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the system's unit is only checked on Linux")
	}
	const size = 64 << 20
	before := Peak()
	buf := make([]byte, size)
	for i := 0; i < len(buf); i += 4096 {
		buf[i] = 1
	}
	grown := Peak() - before
	runtime.KeepAlive(buf)
	if grown < size/2 || grown > 4*size {
		t.Errorf("touching %d bytes raised the peak by %d", size, grown)
	}
}
