// Package procmem tells how much memory the process has taken, and how much it
// may take yet.
package procmem
