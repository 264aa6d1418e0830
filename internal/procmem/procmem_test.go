package procmem

import (
	"os"
	"os/exec"
	"runtime"
	"testing"
)

const size = 64 << 20

func skipElsewhere(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the system's unit is only checked on Linux")
	}
}

// touch has memory of the given size resident for a moment.
func touch() {
	buf := make([]byte, size)
	for i := 0; i < len(buf); i += 4096 {
		buf[i] = 1
	}
	runtime.KeepAlive(buf)
}

func TestPeakGrowsWithMemory(t *testing.T) {
	skipElsewhere(t)
	Reset() // of what earlier tests took
	before := Peak()
	touch()
	// The system may take some of it back at once.
	if grown := Peak() - before; grown < size/8 || grown > 4*size {
		t.Errorf("touching %d bytes raised the peak by %d", size, grown)
	}
}

func TestReset(t *testing.T) {
	skipElsewhere(t)
	touch()
	before := Peak()
	Reset()
	if after := Peak(); after > before-size/8 {
		t.Errorf("the peak was %d, and after a reset %d", before, after)
	}
}

const childEnv = "CELLNET_PROCMEM_CHILD"

func TestPeakOf(t *testing.T) {
	skipElsewhere(t)
	if os.Getenv(childEnv) != "" {
		touch()
		return
	}
	Reset() // a child begins with the peak of its parent
	child := exec.Command(os.Args[0], "-test.run=^TestPeakOf$")
	child.Env = append(os.Environ(), childEnv+"=1")
	if err := child.Run(); err != nil {
		t.Fatal(err)
	}
	if peak := PeakOf(child.ProcessState); peak < size || peak > 4*size {
		t.Errorf("touching %d bytes had the child's peak be %d", size, peak)
	}
}
