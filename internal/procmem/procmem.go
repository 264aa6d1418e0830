// Package procmem tells how much memory the process has taken.
package procmem
