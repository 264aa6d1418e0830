package weights

import (
	"fmt"
	"slices"

	"cellnet/internal/pickle"
)

// Entry is a named value of a file's top level, beside the network: what a
// program notes with its weights.
type Entry struct {
	Name  string
	Value Value
}

// Opaque is an instance of a class that means nothing here: it is read, but cannot be
// written.
type Opaque struct {
	Class  string // such as "argparse.Namespace"
	Fields Dict   // attributes, as far as the file tells them
}

func (v Opaque) pickled() (any, error) {
	return nil, fmt.Errorf("weights: an instance of %.100s cannot be written", v.Class)
}

// Value is a value of an Entry: Text, Int, Float, Flag, None, List, Dict,
// Tensor, *StateDict or Opaque.
type Value interface {
	pickled() (any, error)
}

// The plain types of values.
type (
	Text  string
	Int   int64
	Float float64
	Flag  bool
	None  struct{}
	List  []Value
	Dict  []Entry // in order
)

func (None) pickled() (any, error)    { return nil, nil }
func (v Text) pickled() (any, error)  { return string(v), nil }
func (v Int) pickled() (any, error)   { return int64(v), nil }
func (v Float) pickled() (any, error) { return float64(v), nil }
func (v Flag) pickled() (any, error)  { return bool(v), nil }

func (v List) pickled() (any, error) {
	list := new(pickle.List)
	for _, item := range v {
		p, err := pickledValue(item)
		if err != nil {
			return nil, err
		}
		list.Append(p)
	}
	return list, nil
}

func (v Dict) pickled() (any, error) {
	dict := new(pickle.Dict)
	for _, e := range v {
		p, err := pickledValue(e.Value)
		if err != nil {
			return nil, fmt.Errorf("entry %s: %w", e.Name, err)
		}
		if err := dict.Put(e.Name, p); err != nil {
			return nil, err
		}
	}
	return dict, nil
}

func (s *StateDict) pickled() (any, error) {
	if s == nil {
		return nil, fmt.Errorf("weights: a nil state dict cannot be written")
	}
	dict := &pickle.Dict{Ordered: true}
	for name, t := range s.All() {
		p, err := t.pickled()
		if err != nil {
			return nil, fmt.Errorf("tensor %s: %w", name, err)
		}
		if err := dict.Put(name, p); err != nil {
			return nil, err
		}
	}
	return dict, nil
}

func (t Tensor) pickled() (any, error) {
	if _, err := t.check(); err != nil {
		return nil, err
	}
	return pickle.NewTensor(storageTypes[t.DType], t.Shape, t.Data)
}

func pickledValue(v Value) (any, error) {
	if v == nil {
		return nil, fmt.Errorf("weights: a nil value cannot be written")
	}
	return v.pickled()
}

// Get gives the value of a name of d.
func (v Dict) Get(name string) (Value, bool) {
	for _, e := range v {
		if e.Name == name {
			return e.Value, true
		}
	}
	return nil, false
}

// Writable reports whether v can be written in a file of torch.save: it holds
// nothing opaque.
func Writable(v Value) bool {
	switch v := v.(type) {
	case Opaque:
		return false
	case List:
		return !slices.ContainsFunc(v, func(item Value) bool { return !Writable(item) })
	case Dict:
		return !slices.ContainsFunc(v, func(e Entry) bool { return !Writable(e.Value) })
	}
	return true
}
