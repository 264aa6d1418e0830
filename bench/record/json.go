package record

import (
	"bytes"
	"encoding/json"
	"errors"
)

// object builds a JSON object key by key, in the order of the published APIs.
type object struct {
	buf bytes.Buffer
	err error
}

func (o *object) add(key string, value any) {
	k, err1 := json.Marshal(key)
	v, err2 := json.Marshal(value)
	o.err = errors.Join(o.err, err1, err2)
	if o.buf.Len() > 0 {
		o.buf.WriteByte(',')
	}
	o.buf.Write(k)
	o.buf.WriteByte(':')
	o.buf.Write(v)
}

func (o *object) end() ([]byte, error) {
	return append(append([]byte{'{'}, o.buf.Bytes()...), '}'), o.err
}
