package pickle

import (
	"fmt"
	"io"
)

// FormatError says that the input is no pickle, or a broken one.
type FormatError struct {
	Reason    string
	Truncated bool // the data end too early: more might mend it
}

// Error gives the reason.
func (e *FormatError) Error() string { return e.Reason }

// Unwrap gives io.ErrUnexpectedEOF if the data end too early.
func (e *FormatError) Unwrap() error {
	if e.Truncated {
		return io.ErrUnexpectedEOF
	}
	return nil
}

// UnsupportedError says that the input may be valid, but holds something that
// this package does not read.
type UnsupportedError struct {
	What string
}

// Error names what is not read.
func (e *UnsupportedError) Error() string { return e.What + ": not supported" }

func unsupported(format string, args ...any) error {
	return &UnsupportedError{What: fmt.Sprintf(format, args...)}
}

// broken makes a FormatError for the opcode at pos.
func broken(pos int, format string, args ...any) error {
	return &FormatError{Reason: fmt.Sprintf("the pickle is broken at byte %d: ", pos) + fmt.Sprintf(format, args...)}
}

// truncated makes a FormatError for an opcode at pos that lacks bytes.
func truncated(pos int, format string, args ...any) error {
	return &FormatError{Reason: fmt.Sprintf("the pickle is cut off at byte %d: ", pos) + fmt.Sprintf(format, args...), Truncated: true}
}
