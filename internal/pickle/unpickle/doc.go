// Package unpickle reads the pickles of benchmark files without building their
// whole object tree: [Scan] passes over a file of any size once and notes where
// its parts lie, a [Decoder] then gives the value of one part at a time, in
// memory that it uses again for the next.
//
// Pickles are read as data: a closed list of classes is known (ordered
// dictionaries, sets, NumPy scalars, PyTorch tensors, of which only the place is
// noted), anything else is an error that names it.
package unpickle

import "fmt"

// FormatError tells that a pickle is broken.
type FormatError struct {
	Offset int64 // bytes from the start of the pickle
	Reason string
	cause  error
}

// Unwrap gives the error of what a value refers to, such as one of reading.
func (e *FormatError) Unwrap() error { return e.cause }

func (e *FormatError) Error() string {
	return fmt.Sprintf("broken pickle at byte %d: %s", e.Offset, e.Reason)
}

// UnsupportedError tells that a pickle holds what no benchmark file holds.
type UnsupportedError struct {
	Offset int64 // bytes from the start of the pickle
	What   string
}

func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("unsupported pickle at byte %d: %s", e.Offset, e.What)
}
