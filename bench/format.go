package bench

import (
	"fmt"
	"math"
)

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
