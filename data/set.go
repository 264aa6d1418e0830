package data

import (
	"fmt"
	"strings"
)

// Set is a part of a dataset: the training images, or one of the sets that are
// evaluated. The zero value is no set.
type Set uint8

const (
	Train   Set = iota + 1 // train
	XValid                 // x-valid: validation images
	XTest                  // x-test: the test images that are not in x-valid
	OriTest                // ori-test: the whole original test set
)

var setNames = [...]string{Train: "train", XValid: "x-valid", XTest: "x-test", OriTest: "ori-test"}

// ParseSet returns the set with the given name, such as "ori-test".
func ParseSet(name string) (Set, error) {
	for s := Train; s <= OriTest; s++ {
		if setNames[s] == name {
			return s, nil
		}
	}
	return 0, fmt.Errorf("data: unknown set %q, want one of %s", name, strings.Join(setNames[Train:], ", "))
}

// String returns the name, such as "ori-test".
func (s Set) String() string {
	if s < Train || s > OriTest {
		return fmt.Sprintf("Set(%d)", uint8(s))
	}
	return setNames[s]
}

// MarshalText returns the name.
func (s Set) MarshalText() ([]byte, error) {
	if s < Train || s > OriTest {
		return nil, fmt.Errorf("data: %v has no name", s)
	}
	return []byte(s.String()), nil
}

// UnmarshalText sets s by its name.
func (s *Set) UnmarshalText(name []byte) (err error) {
	*s, err = ParseSet(string(name))
	return err
}
