package hugepage

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// advise asks for huge pages. It is a hint: what the system answers changes
// nothing but speed.
func advise(buf []float32) {
	whole := len(buf) * wordSize / pageSize * pageSize
	_ = unix.Madvise(unsafe.Slice((*byte)(unsafe.Pointer(&buf[0])), whole), unix.MADV_HUGEPAGE)
}
