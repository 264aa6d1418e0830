// Package hugepage allocates large buffers in memory pages of 2 MB where the
// system has them for who asks (transparent huge pages on Linux): a pass over
// buffers larger than the caches then misses the table of pages far less often.
package hugepage

import "unsafe"

const pageSize = 2 << 20

// Floats returns n zeros. Large buffers begin at a page.
func Floats(n int) []float32 { return zeros[float32](n) }

// Doubles returns n zeros as Floats does.
func Doubles(n int) []float64 { return zeros[float64](n) }

func zeros[T float32 | float64](n int) []T {
	wordSize := int(unsafe.Sizeof(T(0)))
	if n*wordSize < pageSize {
		return make([]T, n)
	}
	buf := make([]T, n+pageSize/wordSize)
	offset := int(-uintptr(unsafe.Pointer(&buf[0])) % pageSize / uintptr(wordSize))
	buf = buf[offset:][:n:n]
	advise(unsafe.Slice((*byte)(unsafe.Pointer(&buf[0])), n*wordSize))
	return buf
}
