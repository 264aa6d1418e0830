package bench

import (
	"encoding/json"
	"math"
)

// Number is a number that a record may lack.
type Number struct {
	Value float64
	OK    bool // false: not recorded, and Value is 0
}

func number(v float64) Number { return Number{v, true} }

// MarshalJSON gives null for a number that is not recorded, and for NaN and
// infinities, which JSON does not have.
func (n Number) MarshalJSON() ([]byte, error) {
	if !n.OK || math.IsNaN(n.Value) || math.IsInf(n.Value, 0) {
		return []byte("null"), nil
	}
	return json.Marshal(n.Value)
}

// UnmarshalJSON reads a number or null.
func (n *Number) UnmarshalJSON(data []byte) error {
	var v *float64
	if err := json.Unmarshal(data, &v); err != nil {
		return err
	}
	*n = Number{}
	if v != nil {
		*n = number(*v)
	}
	return nil
}

// per divides n, where it is recorded.
func (n Number) per(count int) Number {
	if !n.OK {
		return n
	}
	return number(n.Value / float64(count))
}
