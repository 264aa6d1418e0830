package pickle

import "errors"

// maxReason keeps messages of the machine, which print values, readable.
const maxReason = 200

// explain gives errors of the machine a place and one of this package's types.
func (l *loader) explain(err error) error {
	var format *FormatError
	var valid *UnsupportedError
	switch {
	case errors.As(err, &valid):
		return valid
	case errors.As(err, &format):
		return format
	}
	reason := err.Error()
	if len(reason) > maxReason {
		reason = reason[:maxReason] + "..."
	}
	return &FormatError{Offset: l.stream.current, Reason: reason}
}
