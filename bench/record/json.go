package record

import (
	"bytes"
	"encoding/json"
	"errors"
)

// Field is an entry of a dict as the published programs return it. Its value is an
// int, a string or a [Number].
type Field struct {
	Key   string
	Value any
}

// Fields are a dict of the published programs, in their order.
type Fields []Field

func (f *Fields) add(key string, value any) { *f = append(*f, Field{key, value}) }

// MarshalJSON writes the fields as an object, in their order.
func (f Fields) MarshalJSON() ([]byte, error) {
	var buf bytes.Buffer
	var errs []error
	buf.WriteByte('{')
	for i, field := range f {
		key, err1 := json.Marshal(field.Key)
		value, err2 := json.Marshal(field.Value)
		errs = append(errs, err1, err2)
		if i > 0 {
			buf.WriteByte(',')
		}
		buf.Write(key)
		buf.WriteByte(':')
		buf.Write(value)
	}
	buf.WriteByte('}')
	return buf.Bytes(), errors.Join(errs...)
}
