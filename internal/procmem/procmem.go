// Package procmem tells how much memory the process has taken, and how much it may
// take yet, and keeps garbage from taking much of it.
package procmem
