package pickle

import "cellnet/internal/pickle/pyclass"

// Class is a class or function that a pickle names. It is never called.
type Class struct {
	Name string // with its module, such as "torch.float32"

	known  pyclass.Class
	loader *loader
}

// Object is what a class or function whose meaning is not known would make:
// what the pickle says of it, without a call.
type Object struct {
	Class string // that was called
	Args  *Tuple // what it was called with
	// State is what the pickle restores the instance with, most often a Dict of
	// its attributes; nil if it does not.
	State any
	// Entries are those of a dict, Items those of a list or set, that the
	// instance is besides; nil if it is none.
	Entries *Dict
	Items   *List
}

// Call is the call of what an unknown call gave.
func (o *Object) Call(args ...any) (any, error) {
	return &Object{Class: o.Class, Args: NewTuple(args...)}, nil
}

// PySetState keeps the state of BUILD.
func (o *Object) PySetState(state any) error {
	o.State = state
	return nil
}

// Set sets an entry of an instance that is a dict besides. A key that no Dict
// takes becomes a panic, as in Dict.Set.
func (o *Object) Set(key, value any) {
	if o.Entries == nil {
		o.Entries = new(Dict)
	}
	o.Entries.Set(key, value)
}

// Append adds to an instance that is a list besides.
func (o *Object) Append(v any) {
	if o.Items == nil {
		o.Items = new(List)
	}
	o.Items.Append(v)
}

// Add adds to an instance that is a set besides.
func (o *Object) Add(v any) { o.Append(v) }

// Fields gives the attributes of an instance whose state is a dict of them.
func (o *Object) Fields() (*Dict, bool) {
	state := o.State
	if t, ok := state.(*Tuple); ok && t.Len() == 2 { // attributes, and those in slots
		if state = t.Get(0); state == nil {
			state = t.Get(1)
		}
	}
	d, ok := state.(*Dict)
	return d, ok
}
