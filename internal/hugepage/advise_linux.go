package hugepage

import "golang.org/x/sys/unix"

// advise asks for huge pages. It is a hint: what the system answers changes
// nothing but speed.
func advise(buf []byte) { _ = unix.Madvise(buf[:len(buf)/pageSize*pageSize], unix.MADV_HUGEPAGE) }
