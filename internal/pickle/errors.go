package pickle

import (
	"fmt"
	"io"
)

// FormatError says that the input is no pickle, or a broken one.
type FormatError struct {
	Offset    int // of the opcode at fault, in bytes from the pickle's start
	Reason    string
	Truncated bool // the data end before the pickle does
}

// Error gives reason and place.
func (e *FormatError) Error() string {
	return fmt.Sprintf("broken pickle: %s at byte %d", e.Reason, e.Offset)
}

// Unwrap gives io.ErrUnexpectedEOF if more data could mend the pickle.
func (e *FormatError) Unwrap() error {
	if e.Truncated {
		return io.ErrUnexpectedEOF
	}
	return nil
}

// UnsupportedError says that the input may be a valid pickle, but holds
// something that this package does not read.
type UnsupportedError struct {
	What string
}

// Error names what is not read.
func (e *UnsupportedError) Error() string { return "unsupported pickle: " + e.What }

func unsupported(format string, args ...any) error {
	return &UnsupportedError{What: fmt.Sprintf(format, args...)}
}
