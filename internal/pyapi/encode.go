package pyapi

import (
	"encoding/json"
	"math"
	"strconv"

	"cellnet/bench/record"
)

// appendFloat writes a float so that Python reads it back as one.
func appendFloat(b []byte, v float64) []byte {
	switch {
	case math.IsNaN(v):
		return append(b, "NaN"...)
	case math.IsInf(v, 1):
		return append(b, "Infinity"...)
	case math.IsInf(v, -1):
		return append(b, "-Infinity"...)
	}
	start := len(b)
	b = strconv.AppendFloat(b, v, 'g', -1, 64)
	for _, c := range b[start:] {
		if c == '.' || c == 'e' {
			return b
		}
	}
	return append(b, ".0"...)
}

// list is a list or a tuple of Python.
type list []any

// appendValue writes a value of Python's: nil, an int, a float64, a record.Number, a
// string, a bool, fields or a list. Anything else is written by encoding/json.
func appendValue(b []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...), nil
	case int:
		return strconv.AppendInt(b, int64(v), 10), nil
	case float64:
		return appendFloat(b, v), nil
	case record.Number:
		if !v.OK {
			return append(b, "null"...), nil
		}
		return appendFloat(b, v.Value), nil
	case string:
		return appendText(b, v)
	case list:
		b = append(b, '[')
		for i, item := range v {
			if i > 0 {
				b = append(b, ',')
			}
			var err error
			if b, err = appendValue(b, item); err != nil {
				return nil, err
			}
		}
		return append(b, ']'), nil
	case record.Fields:
		b = append(b, '{')
		for i, f := range v {
			if i > 0 {
				b = append(b, ',')
			}
			var err error
			if b, err = appendText(b, f.Key); err != nil {
				return nil, err
			}
			b = append(b, ':')
			if b, err = appendValue(b, f.Value); err != nil {
				return nil, err
			}
		}
		return append(b, '}'), nil
	}
	text, err := json.Marshal(v)
	return append(b, text...), err
}

// appendText writes a text, the common ones at once.
func appendText(b []byte, text string) ([]byte, error) {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			quoted, err := json.Marshal(text)
			return append(b, quoted...), err
		}
	}
	b = append(b, '"')
	b = append(b, text...)
	return append(b, '"'), nil
}

// listOf makes a list.
func listOf[T any](values []T) list {
	l := make(list, len(values))
	for i, v := range values {
		l[i] = v
	}
	return l
}

// floats makes a list of numbers.
func floats(values []float64) any {
	if values == nil {
		return nil
	}
	return listOf(values)
}
