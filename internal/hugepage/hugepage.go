// Package hugepage allocates large buffers in memory pages of 2 MB where the
// system has them for who asks (transparent huge pages on Linux): a pass over
// buffers larger than the caches then misses the table of pages far less often.
package hugepage

import "unsafe"

const (
	pageSize = 2 << 20
	wordSize = 4
)

// Floats returns n zeros. Large buffers begin at a page.
func Floats(n int) []float32 {
	if n*wordSize < pageSize {
		return make([]float32, n)
	}
	buf := make([]float32, n+pageSize/wordSize)
	offset := int(-uintptr(unsafe.Pointer(&buf[0])) % pageSize / wordSize)
	buf = buf[offset:][:n:n]
	advise(buf)
	return buf
}
