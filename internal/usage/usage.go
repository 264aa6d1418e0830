// Package usage tells faults in what a program was asked for from failures of what
// it did.
package usage

import (
	"fmt"
)

// Error is a fault in arguments, flags or the environment.
type Error struct{ fault error }

// Error is the text of the fault.
func (e Error) Error() string { return e.fault.Error() }

// Unwrap gives the fault.
func (e Error) Unwrap() error { return e.fault }

// Fault makes an [Error] of a fault that was found.
func Fault(err error) error { return Error{err} }

// Errorf makes an [Error] of a fault in words.
func Errorf(format string, args ...any) error { return Error{fmt.Errorf(format, args...)} }
