package record

import (
	"fmt"
	"strconv"
)

// HP names a training recipe by its number of epochs, as the published APIs do
// with their hp argument. The zero value is no recipe.
type HP int

const (
	HP1   HP = 1   // "01", size search space only
	HP12  HP = 12  // "12"
	HP90  HP = 90  // "90", size search space only
	HP200 HP = 200 // "200", topology search space only
)

// ParseHP reads the published Dialect, "01", "12", "90" or "200", or the plain
// number of epochs.
func ParseHP(s string) (HP, error) {
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil || n == 0 || len(s) > 3 {
		return 0, fmt.Errorf("bench: unknown recipe %.20q, want 01, 12, 90 or 200", s)
	}
	return HP(n), nil
}

// String gives the published Dialect, such as "01" or "200".
func (hp HP) String() string { return fmt.Sprintf("%02d", int(hp)) }

// MarshalText gives the published Dialect.
func (hp HP) MarshalText() ([]byte, error) { return []byte(hp.String()), nil }

// UnmarshalText reads what ParseHP reads.
func (hp *HP) UnmarshalText(text []byte) (err error) {
	*hp, err = ParseHP(string(text))
	return err
}
