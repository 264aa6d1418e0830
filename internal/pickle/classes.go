package pickle

import (
	"fmt"
	"unicode/utf8"

	"github.com/nlpodyssey/gopickle/types"
)

// class is a class or function that a pickle may name. make is what calling
// it gives; nil if it is only ever an argument.
type class struct {
	name   string
	loader *loader
	make   func(l *loader, args []any) (any, error)
}

// Call makes class a gopickle Callable.
func (c *class) Call(args ...any) (any, error) {
	if c.make == nil {
		return nil, unsupported("a call of class %s", c.name)
	}
	if err := c.loader.charge(costMessage); err != nil {
		return nil, err
	}
	v, err := c.make(c.loader, args)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.name, err)
	}
	return v, nil
}

// makers is the closed list of what pickles may name, with what a call does.
func makers(name string) (make func(l *loader, args []any) (any, error), listed bool) {
	switch name {
	case "collections.OrderedDict":
		return makeOrderedDict, true
	case "__builtin__.set", "builtins.set":
		return makeSet, true
	case "__builtin__.frozenset", "builtins.frozenset":
		return makeFrozenSet, true
	case "__builtin__.bytes", "builtins.bytes":
		return makeBytes, true
	case "__builtin__.bytearray", "builtins.bytearray":
		return makeByteArray, true
	case "_codecs.encode":
		return encode, true
	case "numpy.dtype":
		return makeDType, true
	case "numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar":
		return makeScalar, true
	case "numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct":
		return makeArray, true
	case "numpy.core.numeric._frombuffer", "numpy._core.numeric._frombuffer":
		return arrayFromBuffer, true
	case "numpy.ndarray":
		return nil, true
	case "torch.Size":
		return makeSize, true
	case "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2":
		return rebuildTensor, true
	case "torch._utils._rebuild_parameter":
		return rebuildParameter, true
	case "torch.storage._load_from_bytes":
		return loadFromBytes, true
	}
	_, listed = storageTypeOf(name)
	return nil, listed
}

func makeOrderedDict(_ *loader, args []any) (any, error) {
	if len(args) != 0 {
		return nil, unsupported("an OrderedDict made of arguments")
	}
	return &Dict{Ordered: true}, nil
}

// PySetState takes an OrderedDict's attributes, such as PyTorch's _metadata.
func (d *Dict) PySetState(state any) error {
	if !d.Ordered {
		return fmt.Errorf("a dict with attributes")
	}
	d.Attributes = state
	return nil
}

func makeSet(l *loader, args []any) (any, error) { return fillSet(l, new(Set), args) }

func makeFrozenSet(l *loader, args []any) (any, error) {
	return fillSet(l, &Set{Frozen: true}, args)
}

func fillSet(l *loader, s *Set, args []any) (any, error) {
	if len(args) == 0 {
		return s, nil
	}
	items, ok := args[0].(*List)
	if !ok || len(args) != 1 {
		return nil, unsupported("a set made of a %s", typeName(args[0]))
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
func makeBytes(_ *loader, args []any) (any, error) {
	if len(args) != 0 {
		return nil, unsupported("bytes made of arguments")
	}
	return []byte{}, nil
}

func makeByteArray(l *loader, args []any) (any, error) {
	data := []byte{}
	if len(args) > 0 {
		var ok bool
		if data, ok = args[0].([]byte); !ok || len(args) != 1 {
			return nil, unsupported("a bytearray made of a %s", typeName(args[0]))
		}
	}
	if err := l.charge(len(data)); err != nil {
		return nil, err
	}
	return types.NewByteArrayFromSlice(append([]byte{}, data...)), nil
}

// encode is how Python 3 writes bytes for Python 2: as a str in Latin-1.
func encode(l *loader, args []any) (any, error) {
	if len(args) != 2 || args[1] != "latin1" {
		return nil, unsupported("an encoding other than latin1")
	}
	text, ok := args[0].(string)
	if !ok {
		return nil, fmt.Errorf("a %s where a str is needed", typeName(args[0]))
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

func makeDType(_ *loader, args []any) (any, error) {
	if len(args) == 0 {
		return nil, fmt.Errorf("no arguments")
	}
	code, ok := args[0].(string)
	if !ok {
		return nil, unsupported("a numpy dtype made of a %s", typeName(args[0]))
	}
	return newDType(code)
}

func makeScalar(_ *loader, args []any) (any, error) {
	if len(args) != 2 {
		return nil, fmt.Errorf("%d arguments", len(args))
	}
	dtype, ok := args[0].(*DType)
	if !ok {
		return nil, fmt.Errorf("a %s where a numpy dtype is needed", typeName(args[0]))
	}
	var data []byte
	switch v := args[1].(type) {
	case []byte:
		data = v
	case string: // Python 2
		data = []byte(v[:min(len(v), 16)])
	}
	if len(data) != dtype.Type.Size {
		return nil, fmt.Errorf("a scalar of type %v made of a %s of other size", dtype.Type, typeName(args[1]))
	}
	return Scalar{Type: dtype.Type, Data: dtype.little(data)}, nil
}

// makeArray gives an array that gets its contents by BUILD.
func makeArray(l *loader, args []any) (any, error) {
	if c, ok := argument0(args).(*class); !ok || c.name != "numpy.ndarray" {
		return nil, unsupported("a numpy array of class other than ndarray")
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

func argument0(args []any) any {
	if len(args) == 0 {
		return nil
	}
	return args[0]
}

func makeSize(_ *loader, args []any) (any, error) {
	t, ok := argument0(args).(*Tuple)
	if !ok {
		return nil, fmt.Errorf("a size made of a %s", typeName(argument0(args)))
	}
	return t, nil
}

// rebuildTensor takes storage, offset, size and stride, and in version 2
// whether a gradient is wanted, and hooks.
func rebuildTensor(l *loader, args []any) (any, error) {
	if len(args) < 4 {
		return nil, fmt.Errorf("%d arguments", len(args))
	}
	storage, okStorage := args[0].(*Storage)
	offset, okOffset := args[1].(int)
	size, okSize := args[2].(*Tuple)
	stride, okStride := args[3].(*Tuple)
	if !okStorage || !okOffset || !okSize || !okStride {
		return nil, fmt.Errorf("a tensor made of a %s, a %s, a %s and a %s",
			typeName(args[0]), typeName(args[1]), typeName(args[2]), typeName(args[3]))
	}
	if err := l.charge(16*(size.Len()+stride.Len()) + costObject); err != nil {
		return nil, err
	}
	t, err := newTensor(storage, offset, size, stride)
	if err == nil && len(args) > 4 {
		t.RequiresGrad, _ = args[4].(bool)
	}
	return t, err
}

// rebuildParameter takes a tensor, whether a gradient is wanted, and hooks.
func rebuildParameter(l *loader, args []any) (any, error) {
	t, ok := argument0(args).(*Tensor)
	if !ok || len(args) < 2 {
		return nil, fmt.Errorf("a parameter made of a %s", typeName(argument0(args)))
	}
	if err := l.charge(costObject); err != nil {
		return nil, err
	}
	parameter := *t
	parameter.Parameter = true
	parameter.RequiresGrad, _ = args[1].(bool)
	return &parameter, nil
}
