package pickle

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"cellnet/internal/pickle/pyclass"
)

// Call is the call of a class, made by the machine.
func (c *Class) Call(args ...any) (any, error) {
	if err := c.loader.charge(costMessage); err != nil {
		return nil, err
	}
	v, err := c.call(args)
	if err != nil {
		return nil, fmt.Errorf("%.100s: %w", c.Name, err)
	}
	if v == nil {
		return c.opaque(args)
	}
	return v, nil
}

// call makes what a known class or function makes of its arguments; nil if it is
// not known, or not with such arguments.
func (c *Class) call(args []any) (any, error) {
	l := c.loader
	switch c.known {
	case pyclass.OrderedDict:
		return makeOrderedDict(l, args)
	case pyclass.Set:
		return fillSet(l, new(Set), args)
	case pyclass.FrozenSet:
		return fillSet(l, &Set{Frozen: true}, args)
	case pyclass.Bytes:
		return makeBytes(args)
	case pyclass.ByteArray:
		return makeByteArray(l, args)
	case pyclass.Encode:
		return encode(l, args)
	case pyclass.DType:
		return makeDType(args)
	case pyclass.Scalar:
		return makeScalar(c.loader, args)
	case pyclass.Reconstruct:
		return makeArray(l, args)
	case pyclass.FromBuffer:
		return arrayFromBuffer(l, args)
	case pyclass.Size:
		return makeSize(args)
	case pyclass.RebuildTensor:
		return rebuildTensor(l, args)
	case pyclass.RebuildParameter:
		return rebuildParameter(l, args)
	case pyclass.RebuildFromType:
		return rebuildFromType(args)
	case pyclass.LoadFromBytes:
		return loadFromBytes(l, args)
	case pyclass.Reconstructor:
		return reconstruct(l, args)
	}
	return nil, nil
}

// opaque is the instance that an unknown class makes.
func (c *Class) opaque(args []any) (any, error) {
	if err := c.loader.charge(3 * costObject); err != nil {
		return nil, err
	}
	return &Object{Class: c.Name, Args: NewTuple(args...)}, nil
}

// reconstruct is how protocols 0 and 1 make an instance: of its class, the class
// of a base that is not a Python object, and what that is made of.
func reconstruct(l *loader, args []any) (any, error) {
	c, ok := argument0(args).(*Class)
	if !ok || len(args) != 3 {
		return nil, nil
	}
	if err := l.charge(3 * costObject); err != nil {
		return nil, err
	}
	o := &Object{Class: c.Name, Args: NewTuple(args[1:]...)}
	switch base := args[2].(type) {
	case *Dict:
		o.Entries = base
	case *List:
		o.Items = base
	}
	return o, nil
}

// makeOrderedDict makes an empty one, or as Python 2 does one of a list of
// pairs.
func makeOrderedDict(l *loader, args []any) (any, error) {
	d := &Dict{Ordered: true}
	if len(args) == 0 {
		return d, nil
	}
	items, ok := args[0].(*List)
	if !ok || len(args) != 1 {
		return nil, nil
	}
	if err := l.charge(costEntry * items.Len()); err != nil {
		return nil, err
	}
	for _, item := range *items {
		var pair []any
		switch item := item.(type) {
		case *List:
			pair = *item
		case *Tuple:
			pair = *item
		}
		if len(pair) != 2 {
			return nil, fmt.Errorf("an OrderedDict of a list of something else than pairs")
		}
		if err := d.Put(pair[0], pair[1]); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// PySetState takes an OrderedDict's attributes, such as PyTorch's _metadata.
func (d *Dict) PySetState(state any) error {
	if !d.Ordered {
		return fmt.Errorf("a dict with attributes")
	}
	d.Attributes = state
	return nil
}

func fillSet(l *loader, s *Set, args []any) (any, error) {
	if len(args) == 0 {
		return s, nil
	}
	items, ok := args[0].(*List)
	if !ok || len(args) != 1 {
		return nil, nil
	}
	if err := l.charge(costEntry * items.Len()); err != nil {
		return nil, err
	}
	for _, v := range *items {
		s.Add(v)
	}
	return s, nil
}

// makeBytes makes empty bytes; others are made by encode.
func makeBytes(args []any) (any, error) {
	if len(args) != 0 {
		return nil, nil
	}
	return []byte{}, nil
}

func makeByteArray(l *loader, args []any) (any, error) {
	data := []byte{}
	if len(args) > 0 {
		var ok bool
		if data, ok = args[0].([]byte); !ok || len(args) != 1 {
			return nil, nil
		}
	}
	if err := l.charge(len(data)); err != nil {
		return nil, err
	}
	return newByteArray(data), nil
}

// encode is how Python 3 writes bytes for Python 2: as a str in Latin-1.
func encode(l *loader, args []any) (any, error) {
	if len(args) != 2 || args[1] != "latin1" {
		return nil, nil
	}
	text, ok := args[0].(string)
	if !ok {
		return nil, fmt.Errorf("a %s where a str is needed", TypeName(args[0]))
	}
	if err := l.charge(len(text)); err != nil {
		return nil, err
	}
	out := make([]byte, 0, utf8.RuneCountInString(text))
	for _, r := range text {
		if r > 255 {
			return nil, fmt.Errorf("character %q in Latin-1", r)
		}
		out = append(out, byte(r))
	}
	return out, nil
}

func makeDType(args []any) (any, error) {
	if len(args) == 0 {
		return nil, fmt.Errorf("no arguments")
	}
	code, ok := args[0].(string)
	if !ok {
		return nil, nil
	}
	if d, ok := newDType(code); ok {
		return d, nil
	}
	return nil, nil
}

func makeScalar(l *loader, args []any) (any, error) {
	if len(args) != 2 {
		return nil, fmt.Errorf("%d arguments", len(args))
	}
	if o, ok := args[0].(*Object); ok && o.Class == dtypeClass {
		data, _ := args[1].([]byte)
		if text, ok := numpyText(o, data); ok {
			return text, l.charge(len(text))
		}
		return nil, nil // of a type that is not read
	}
	dtype, ok := args[0].(*DType)
	if !ok {
		return nil, fmt.Errorf("a %s where a numpy dtype is needed", TypeName(args[0]))
	}
	var data []byte
	switch v := args[1].(type) {
	case []byte:
		data = v
	case string: // Python 2
		data = []byte(v[:min(len(v), 16)])
	}
	if len(data) != dtype.Type.Size {
		return nil, fmt.Errorf("a scalar of type %v made of a %s of other size", dtype.Type, TypeName(args[1]))
	}
	return Scalar{Type: dtype.Type, Data: dtype.little(data)}, nil
}

// numpyText is the text of a numpy.str_, whose type is a U with the number of
// characters: UTF-32, padded by zeros.
func numpyText(dtype *Object, data []byte) (string, bool) {
	if dtype.Args == nil || dtype.Args.Len() == 0 {
		return "", false
	}
	code, _ := dtype.Args.Get(0).(string)
	count, isText := strings.CutPrefix(code, "U")
	n, err := strconv.Atoi(count)
	if !isText || err != nil || n < 0 || n > len(data) || 4*n != len(data) {
		return "", false
	}
	var order binary.ByteOrder = binary.LittleEndian
	if state, ok := dtype.State.(*Tuple); ok && state.Len() > 1 && state.Get(1) == ">" {
		order = binary.BigEndian
	}
	var text strings.Builder
	for ; len(data) > 0; data = data[4:] {
		text.WriteRune(rune(order.Uint32(data)))
	}
	return strings.TrimRight(text.String(), "\x00"), true
}

// makeArray gives an array that gets its contents by BUILD.
func makeArray(l *loader, args []any) (any, error) {
	if c, ok := argument0(args).(*Class); !ok || c.known != pyclass.NDArray {
		return nil, nil
	}
	return &Array{loader: l}, nil
}

// arrayFromBuffer takes bytes, type, shape and order, "C" or "F": the form
// of arrays since protocol 5.
func arrayFromBuffer(l *loader, args []any) (any, error) {
	if len(args) != 4 {
		return nil, fmt.Errorf("%d arguments", len(args))
	}
	data := args[0]
	if b, ok := data.(*ByteArray); ok {
		data = []byte(*b)
	}
	a := &Array{loader: l}
	return a, a.PySetState(NewTuple(1, args[2], args[1], args[3] == "F", data))
}

// dtypeClass is the class of numpy's types.
const dtypeClass = "numpy.dtype"

func argument0(args []any) any { return argument(args, 0) }

func argument(args []any, i int) any {
	if i >= len(args) {
		return nil
	}
	return args[i]
}

func makeSize(args []any) (any, error) {
	t, ok := argument0(args).(*Tuple)
	if !ok {
		return nil, fmt.Errorf("a size made of a %s", TypeName(argument0(args)))
	}
	return t, nil
}

// rebuildTensor takes storage, offset, size and stride, and in version 2
// whether a gradient is wanted, and hooks.
func rebuildTensor(l *loader, args []any) (any, error) {
	if len(args) < 4 {
		return nil, fmt.Errorf("%d arguments", len(args))
	}
	if _, unread := args[0].(*Object); unread {
		return nil, nil // a storage of a type that is not read
	}
	storage, okStorage := args[0].(*Storage)
	offset, okOffset := args[1].(int)
	size, okSize := args[2].(*Tuple)
	stride, okStride := args[3].(*Tuple)
	if !okStorage || !okOffset || !okSize || !okStride {
		return nil, fmt.Errorf("a tensor made of a %s, a %s, a %s and a %s",
			TypeName(args[0]), TypeName(args[1]), TypeName(args[2]), TypeName(args[3]))
	}
	if err := l.charge(16*(size.Len()+stride.Len()) + costObject); err != nil {
		return nil, err
	}
	if !storage.Type.isRead() || isExpanded(size, stride) {
		return nil, nil // no state dict has such
	}
	t, err := newTensor(storage, offset, size, stride)
	if err == nil && len(args) > 4 {
		t.RequiresGrad, _ = args[4].(bool)
	}
	return t, err
}

// isExpanded reports whether elements of a tensor are several times there, without
// memory of their own.
func isExpanded(size, stride *Tuple) bool {
	for i, step := range *stride {
		if n, ok := argument(*size, i).(int); step == 0 && ok && n > 1 {
			return true
		}
	}
	return false
}

// rebuildFromType takes a function that makes a tensor, the tensor's class, the
// function's arguments, and attributes.
func rebuildFromType(args []any) (any, error) {
	f, okFunction := argument0(args).(*Class)
	if !okFunction || len(args) != 4 {
		return nil, nil
	}
	inner, ok := args[2].(*Tuple)
	if !ok || f.known != pyclass.RebuildTensor && f.known != pyclass.RebuildParameter {
		return nil, nil
	}
	return f.Call(*inner...)
}

// rebuildParameter takes a tensor, whether a gradient is wanted, hooks, and
// perhaps attributes.
func rebuildParameter(l *loader, args []any) (any, error) {
	if _, unread := argument0(args).(*Object); unread {
		return nil, nil
	}
	t, ok := argument0(args).(*Tensor)
	if !ok || len(args) < 2 {
		return nil, fmt.Errorf("a parameter made of a %s", TypeName(argument0(args)))
	}
	if err := l.charge(costObject); err != nil {
		return nil, err
	}
	parameter := *t
	parameter.Parameter = true
	parameter.RequiresGrad, _ = args[1].(bool)
	return &parameter, nil
}
