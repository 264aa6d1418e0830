//go:build !unix

// Package cputime tells how long processors have worked for the process.
package cputime

import "time"

// Used is how long processors have worked for the process so far, 0 if the system
// doesn't tell.
func Used() time.Duration { return 0 }
