package published

import (
	"fmt"

	"cellnet/internal/pickle/unpickle"
)

// fields reads the entries of a state dictionary. irregular gathers whether it is
// written in a way that records have no place for.
type fields struct {
	v         unpickle.Value
	keys      []string // that are expected, in their order
	irregular bool
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

// want is the error that a value is missing or of another kind.
func want(what string, v unpickle.Value, want string) error {
	if v.Kind() == unpickle.Invalid {
		return fmt.Errorf("%s is missing", what)
	}
	return fmt.Errorf("%s is %v, want %s", what, v.Kind(), want)
}
