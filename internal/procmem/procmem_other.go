//go:build !unix

package procmem

// Peak is the largest resident size of the process so far in bytes, 0 if the
// system doesn't tell.
func Peak() int64 { return 0 }
