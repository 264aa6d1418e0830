package record

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
)

// Number is a number that a record may lack.
type Number struct {
	Value float64
	OK    bool // false: not recorded, and Value is 0
}

// NumberOf is a number that is recorded.
func NumberOf(v float64) Number { return Number{v, true} }

// MarshalJSON gives null for a number that is not recorded, and for NaN and
// infinities, which JSON does not have.
func (n Number) MarshalJSON() ([]byte, error) {
	return n.AppendJSON(nil), nil
}

// AppendJSON appends what MarshalJSON gives, in the form of encoding/json: with an
// exponent below 1e-6 and from 1e21 on.
func (n Number) AppendJSON(b []byte) []byte {
	if !n.OK || math.IsNaN(n.Value) || math.IsInf(n.Value, 0) {
		return append(b, "null"...)
	}
	abs := math.Abs(n.Value)
	if abs == 0 || abs >= 1e-6 && abs < 1e21 {
		return strconv.AppendFloat(b, n.Value, 'f', -1, 64)
	}
	b = strconv.AppendFloat(b, n.Value, 'e', -1, 64)
	if end := len(b) - 4; string(b[end:end+3]) == "e-0" { // written without the zero
		b = append(b[:end+2], b[end+3])
	}
	return b
}

// UnmarshalJSON reads a number or null.
func (n *Number) UnmarshalJSON(data []byte) error {
	var v *float64
	if err := json.Unmarshal(data, &v); err != nil {
		return err
	}
	*n = Number{}
	if v != nil {
		*n = NumberOf(*v)
	}
	return nil
}

// per divides n, where it is recorded.
func (n Number) per(count int) Number {
	if !n.OK {
		return n
	}
	return NumberOf(n.Value / float64(count))
}

// fixed formats v as Python's "{:width.digitsf}" does.
func fixed(v float64, width, digits int) string {
	switch {
	case math.IsNaN(v):
		return fmt.Sprintf("%*s", width, "nan")
	case math.IsInf(v, 0):
		s := "inf"
		if v < 0 {
			s = "-inf"
		}
		return fmt.Sprintf("%*s", width, s)
	}
	return fmt.Sprintf("%*.*f", width, digits, v)
}
