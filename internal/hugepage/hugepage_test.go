package hugepage

import (
	"testing"
	"unsafe"
)

func TestFloats(t *testing.T) { check(t, Floats) }

func TestDoubles(t *testing.T) { check(t, Doubles) }

func check[T float32 | float64](t *testing.T, zeros func(n int) []T) {
	wordSize := int(unsafe.Sizeof(T(0)))
	for _, n := range []int{0, 1, pageSize/wordSize - 1, pageSize / wordSize, 3*pageSize/wordSize + 5} {
		buf := zeros(n)
		if len(buf) != n || cap(buf) != n {
			t.Errorf("%d numbers: length %d, capacity %d", n, len(buf), cap(buf))
		}
		if n*wordSize >= pageSize && uintptr(unsafe.Pointer(&buf[0]))%pageSize != 0 {
			t.Errorf("%d numbers don't begin at a page", n)
		}
		for i, v := range buf {
			if v != 0 {
				t.Fatalf("%d numbers: number %d is %v", n, i, v)
			}
			buf[i] = 1
		}
	}
}
