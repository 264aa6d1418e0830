package bench

import (
	"cellnet/internal/pickle/unpickle"
)

// fields reads the entries of a state dictionary. odd gathers whether it is
// spelled in a way that the records have no place for.
type fields struct {
	v    unpickle.Value
	keys []string // that are expected, in their order
	odd  bool
}

func (f *fields) lookup(key string) (unpickle.Value, bool) { return f.v.Lookup(key) }

// inOrder reports whether the dictionary has the expected keys and no others,
// in the expected order.
func (f *fields) inOrder() bool {
	items := f.v.Items()
	if len(items) != 2*len(f.keys) {
		return false
	}
	for i, key := range f.keys {
		if !items[2*i].Is(key) {
			return false
		}
	}
	return true
}

func (f *fields) integer(key string) (int64, error) {
	v, _ := f.lookup(key)
	if v.Kind() != unpickle.Int {
		return 0, want(key, v, "an int")
	}
	return v.Int(), nil
}

func (f *fields) text(b *builder, key string) (string, error) {
	v, _ := f.lookup(key)
	if v.Kind() != unpickle.String {
		return "", want(key, v, "a str")
	}
	return b.name(v.Text()), nil
}

// float reads a number and tells whether it is a numpy.float64.
func (f *fields) float(key string) (x float64, numpy bool, err error) {
	v, _ := f.lookup(key)
	x, ok := v.Float()
	if !ok {
		return 0, false, want(key, v, "a number")
	}
	f.odd = f.odd || v.Kind() == unpickle.Int
	return x, v.Kind() == unpickle.Scalar, nil
}
