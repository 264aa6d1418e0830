package weights

import (
	"errors"
	"fmt"
	"strings"

	"cellnet/internal/pickle"
)

// FormatError says that a file is no weights file, or a broken one.
type FormatError struct {
	Reason string
}

// Error gives the reason.
func (e *FormatError) Error() string { return e.Reason }

// UnsupportedError says that a file may be valid, but holds something that
// this package does not read, such as a class outside its list.
type UnsupportedError struct {
	What string
}

// Error names what is not read.
func (e *UnsupportedError) Error() string { return e.What + ": not supported" }

// SelectionError says that not exactly one network of a file fits a Selector.
type SelectionError struct {
	Selector Selector
	Fitting  []*Network // two or more, or none
	There    []*Network // all networks with weights in the file
	Cleared  int        // trials in the file whose weights were left out
	Holds    string     // what is in the place of weights, if anything tells it
}

// Error lists the networks to choose from.
func (e *SelectionError) Error() string {
	switch {
	case len(e.Fitting) > 0:
		return fmt.Sprintf("%d networks fit, choose one: %s", len(e.Fitting), list(e.Fitting))
	case len(e.There) == 1 && e.otherArch(e.There[0]):
		return fmt.Sprintf("the file says that the network is of %s, not of %s", e.There[0].Arch, e.Selector.Arch)
	case len(e.There) > 0:
		return fmt.Sprintf("no network fits %v; there are: %s", e.Selector, list(e.There))
	case e.Cleared > 0:
		return fmt.Sprintf("it holds records of %d trials, but their weights were left out", e.Cleared)
	}
	if e.Holds != "" {
		return "no state dict is in it: " + e.Holds
	}
	return "no state dict is in it"
}

// otherArch reports whether only the architecture of n is another.
func (e *SelectionError) otherArch(n *Network) bool {
	s := e.Selector
	s.Arch = ""
	return s.fits(n)
}

func list(networks []*Network) string {
	const most = 12
	var names []string
	for i, n := range networks {
		if i == most {
			names = append(names, fmt.Sprintf("and %d more", len(networks)-most))
			break
		}
		names = append(names, n.String())
	}
	return strings.Join(names, ", ")
}

// translate makes errors of the internal packages this package's own.
func translate(err error) error {
	var format *pickle.FormatError
	var unsupported *pickle.UnsupportedError
	switch {
	case errors.As(err, &format):
		return &FormatError{Reason: format.Reason}
	case errors.As(err, &unsupported):
		return &UnsupportedError{What: unsupported.What}
	}
	return err
}
