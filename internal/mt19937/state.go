package mt19937

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

const encodedLen = 4 * (stateLen + 1)

// MarshalBinary returns the whole state, 2500 bytes: the words of the state and
// the position within them, little-endian. It never fails.
func (s *Source) MarshalBinary() ([]byte, error) {
	b := make([]byte, 0, encodedLen)
	for _, w := range s.state {
		b = binary.LittleEndian.AppendUint32(b, w)
	}
	return binary.LittleEndian.AppendUint32(b, uint32(s.next)), nil
}

// UnmarshalBinary sets the state to one that MarshalBinary returned. On an error
// s is left as it was.
func (s *Source) UnmarshalBinary(b []byte) error {
	if len(b) != encodedLen {
		return fmt.Errorf("mt19937: state of %d bytes, want %d", len(b), encodedLen)
	}
	var t Source
	for i := range t.state {
		t.state[i] = binary.LittleEndian.Uint32(b[4*i:])
	}
	next := binary.LittleEndian.Uint32(b[4*stateLen:])
	if next > stateLen {
		return fmt.Errorf("mt19937: state at position %d, want at most %d", next, stateLen)
	}
	// Of the first word only the top bit is state; if all the rest is zero the
	// generator would yield zeros for ever.
	if t.state[0]>>31 == 0 && !slices.ContainsFunc(t.state[1:], func(w uint32) bool { return w != 0 }) {
		return errors.New("mt19937: state is all zero")
	}
	t.next = int(next)
	*s = t
	return nil
}
