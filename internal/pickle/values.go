package pickle

import (
	"fmt"
	"math/big"
)

// List is a list; trees hold *List.
type List []any

// NewList makes a list of values.
func NewList(values ...any) *List {
	l := List(values)
	return &l
}

// Append adds v at the end.
func (l *List) Append(v any) {
	if len(*l) == cap(*l) {
		grown := make(List, len(*l), max(4, 2*len(*l)))
		copy(grown, *l)
		*l = grown
	}
	*l = append(*l, v)
}

// Len is the number of elements.
func (l *List) Len() int { return len(*l) }

// Int gives v as an int, if it is an int or a numpy integer that fits.
func Int(v any) (int, bool) {
	switch v := v.(type) {
	case int:
		return v, true
	case Scalar:
		return v.Int()
	}
	return 0, false
}

// Float gives v as a float64, if it is a float, an int or a numpy number.
func Float(v any) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case int:
		return float64(v), true
	case *big.Int:
		f, _ := new(big.Float).SetInt(v).Float64()
		return f, true
	case Scalar:
		if f, ok := v.Float(); ok {
			return f, true
		}
		i, ok := v.Int()
		return float64(i), ok
	}
	return 0, false
}

// Field gives the value of a named entry of d, which must have the type T:
// string, *Dict, *List and so on. Keys may be str or bytes, as Python 2 and
// Python 3 write the same program's names.
func Field[T any](d *Dict, name string) (T, error) {
	var none T
	v, ok := d.Get(name)
	if !ok {
		v, ok = d.Get([]byte(name))
	}
	if !ok {
		return none, fmt.Errorf("there is no entry %q", name)
	}
	t, ok := v.(T)
	if !ok {
		return none, fmt.Errorf("entry %q is a %s where a %s is needed", name, TypeName(v), TypeName(none))
	}
	return t, nil
}
