package pickle

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"unsafe"

	"cellnet/internal/pickle/pyclass"
)

// Document is a pickle that was read.
type Document struct {
	Value    any
	Storages []*Storage // those without data, in the order in which they appear first
	Len      int        // bytes of the pickle; what follows is not part of it
}

// Load reads the pickle at the start of data and gives its value. The tree
// may share memory with data, which must not be changed any more. Errors are
// *FormatError or *UnsupportedError.
func Load(data []byte) (any, error) {
	d, err := Decode(data)
	if err != nil {
		return nil, err
	}
	return d.Value, nil
}

// Decode is Load with what a reader of PyTorch's files needs besides.
func Decode(data []byte) (*Document, error) { return decodeWithin(data, math.MaxInt) }

// DecodeBzip2 reads a pickle packed with bzip2, as NATS-Bench's files are. A
// file of n bytes makes it allocate at most 2,048*n bytes and a constant.
func DecodeBzip2(packed []byte) (*Document, error) {
	data, err := Bunzip2(packed)
	if err != nil {
		return nil, err
	}
	return decodeWithin(data, bzip2Budget*len(packed)+allowance)
}

// decodeWithin is Decode with at most so many bytes for objects.
func decodeWithin(data []byte, budget int) (*Document, error) {
	s, err := scan(data)
	if err != nil {
		return nil, err
	}
	l := &loader{budget: min(budget, multiple*s.end+allowance)}
	if err := l.charge(s.cost); err != nil {
		return nil, err
	}
	return l.run(data, s)
}

// loader turns one pickle into a tree by way of gopickle's machine.
type loader struct {
	stream   *stream
	budget   int // bytes that classes may still allocate
	classes  map[string]*Class
	byKey    map[string]*Storage
	storages []*Storage
	nested   bool // within a storage that was pickled by value
}

// run builds the objects. The machine has no checks of its own in some
// places: a panic of it means that the pickle is broken.
func (l *loader) run(data []byte, s survey) (doc *Document, err error) {
	l.stream = newStream(data, s)
	defer func() {
		switch p := recover().(type) {
		case nil:
		case *UnsupportedError: // from Dict.Set
			doc, err = nil, p
		default:
			doc, err = nil, broken(l.stream.current, "the opcode does not fit what precedes it")
		}
	}()
	value, err := runMachine(l.stream, l.persistent)
	if err != nil {
		return nil, l.explain(err)
	}
	return &Document{Value: value, Storages: l.storages, Len: s.end}, nil
}

// persistent answers the requests of stream, and loads PyTorch's storages.
func (l *loader) persistent(id any) (any, error) {
	switch id := id.(type) {
	case nil:
		return new(Dict), nil
	case bool:
		if id {
			return new(List), nil
		}
		return new(Set), nil
	case *Tuple:
		if id.Len() != 2 {
			return l.storage(id)
		}
		if name, ok := id.Get(1).(string); ok {
			module, _ := id.Get(0).(string)
			return l.class(module + "." + name)
		}
		if call, ok := id.Get(1).(int); ok {
			return l.answer(call, id.Get(0))
		}
	}
	return nil, unsupported("a persistent id that is not that of a PyTorch storage")
}

// class gives the class of that name.
func (l *loader) class(name string) (any, error) {
	if c, ok := l.classes[name]; ok {
		return c, nil
	}
	if err := l.charge(costObject + costEntry + len(name)); err != nil {
		return nil, err
	}
	if l.classes == nil {
		l.classes = map[string]*Class{}
	}
	c := &Class{Name: name, known: pyclass.Of(name), loader: l}
	l.classes[name] = c
	return c, nil
}

// answer makes a container of a tuple, or gives an argument that was kept
// back.
func (l *loader) answer(call int, of any) (any, error) {
	switch call {
	case callNew, callObj, callInst:
		return l.instance(call, of)
	case callString, callBytes, callByteArray:
		i, ok := of.(int)
		if !ok || i < 0 || i >= len(l.stream.large) {
			return nil, fmt.Errorf("a persistent id of numbers")
		}
		arg := l.stream.large[i]
		switch call {
		case callString:
			return unsafe.String(unsafe.SliceData(arg), len(arg)), nil // of what Load's caller must not change
		case callByteArray:
			return newByteArray(arg), l.charge(len(arg))
		}
		return arg, nil
	}
	items, ok := of.(*Tuple)
	if !ok {
		return nil, fmt.Errorf("a persistent id of a %s", TypeName(of))
	}
	if err := l.charge(costEntry * items.Len()); err != nil {
		return nil, err
	}
	switch call {
	case callList:
		return NewList(*items...), nil
	case callDict:
		d := new(Dict)
		for i := 0; i < items.Len(); i += 2 {
			d.Set(items.Get(i), items.Get(i+1))
		}
		return d, nil
	}
	s := &Set{Frozen: true}
	for _, v := range *items {
		s.Add(v)
	}
	return s, nil
}

// instance makes an instance of a class, as the opcodes do which don't call.
func (l *loader) instance(call int, of any) (any, error) {
	parts, ok := of.(*Tuple)
	if !ok || parts.Len() == 0 {
		return nil, fmt.Errorf("an instance of nothing")
	}
	class, args := parts.Get(0), (*parts)[1:]
	if call != callObj {
		inner := class
		if call == callNew {
			inner = parts.Get(1)
		} else {
			class = parts.Get(1)
		}
		t, ok := inner.(*Tuple)
		if !ok {
			return nil, fmt.Errorf("an instance made of a %s", TypeName(inner))
		}
		args = *t
		if parts.Len() == 3 {
			if named, ok := parts.Get(2).(*Dict); !ok || named.Len() > 0 {
				args = append(slices.Clone(args), parts.Get(2))
			}
		}
	}
	switch c := class.(type) {
	case *Class:
		return c.Call(args...)
	case *Object:
		return c.Call(args...)
	}
	return nil, fmt.Errorf("an instance of a %s", TypeName(class))
}

// charge takes bytes that are about to be allocated from the budget.
func (l *loader) charge(bytes int) error {
	l.budget -= bytes
	if l.budget < 0 {
		return unsupported("a pickle whose objects need more memory than its size permits")
	}
	return nil
}

// maxReason keeps messages of the machine, which print values, readable.
const maxReason = 200

// explain gives errors of the machine a place and one of this package's types.
func (l *loader) explain(err error) error {
	var format *FormatError
	var valid *UnsupportedError
	switch {
	case errors.As(err, &valid):
		return valid
	case errors.As(err, &format):
		return format
	}
	reason := err.Error()
	if len(reason) > maxReason {
		reason = reason[:maxReason] + "..."
	}
	return broken(l.stream.current, "%s", reason)
}
