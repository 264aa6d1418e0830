package unpickle

import "slices"

// knownClasses are the classes and functions that a pickle may name.
var knownClasses = []string{
	"collections.OrderedDict",
	"__builtin__.set", "builtins.set",
	"_codecs.encode",
	"numpy.dtype",
	"numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar",
	"torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_parameter",
	"torch.storage._load_from_bytes",
	"torch.FloatStorage", "torch.DoubleStorage", "torch.HalfStorage", "torch.BFloat16Storage",
	"torch.LongStorage", "torch.IntStorage", "torch.ShortStorage", "torch.CharStorage",
	"torch.ByteStorage", "torch.BoolStorage",
}

func (d *Decoder) global() error {
	module, err := d.line()
	if err != nil {
		return err
	}
	m := string(module)
	name, err := d.line()
	if err != nil {
		return err
	}
	return d.class(m, string(name))
}

func (d *Decoder) class(module, name string) error {
	i := slices.Index(knownClasses, module+"."+name)
	if i < 0 {
		return d.unsupported("class %q, which benchmark files do not hold", module+"."+name)
	}
	d.push(Value{kind: class, bits: uint64(i)})
	return nil
}

// reduce calls a class with a tuple of arguments.
func (d *Decoder) reduce() error {
	call, err := d.pop(2)
	if err != nil {
		return err
	}
	callee, args := call[0], call[1]
	if callee.kind != class || args.kind != Tuple {
		return d.broken("%v is called with %v", callee.kind, args.kind)
	}
	v, ok := d.call(knownClasses[callee.bits], args.Items())
	if !ok {
		return d.unsupported("the arguments of class %q", knownClasses[callee.bits])
	}
	d.push(v)
	return nil
}

func (d *Decoder) call(name string, args []Value) (Value, bool) {
	is := func(i int, k Kind) bool { return i < len(args) && args[i].kind == k }
	switch name {
	case "collections.OrderedDict":
		o := d.object()
		if len(args) == 0 {
			return Value{kind: OrderedDict, ref: o}, true
		}
		// Python 2 gives the pairs as a list of lists.
		if len(args) != 1 || !is(0, List) {
			return Value{}, false
		}
		for _, pair := range args[0].Items() {
			if pair.Len() != 2 || pair.kind != List && pair.kind != Tuple {
				return Value{}, false
			}
			o.items = d.extend(o.items, pair.Items())
		}
		return Value{kind: OrderedDict, ref: o}, true
	case "__builtin__.set", "builtins.set":
		o := d.object()
		if len(args) == 1 && is(0, List) {
			o.items = d.extend(nil, args[0].Items())
			return Value{kind: Set, ref: o}, true
		}
		return Value{kind: Set, ref: o}, len(args) == 0
	case "_codecs.encode":
		if len(args) != 2 || !is(0, String) || !args[1].Is("latin1") {
			return Value{}, false
		}
		o := d.object()
		text, ok := fromLatin1(args[0].Text())
		o.text = d.text(text)
		return Value{kind: Bytes, ref: o}, ok
	case "numpy.dtype":
		if !is(0, String) {
			return Value{}, false
		}
		o := d.object()
		o.text = args[0].ref.text
		return Value{kind: DType, ref: o}, true
	case "numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar":
		if len(args) != 2 || !is(0, DType) || !is(1, Bytes) {
			return Value{}, false
		}
		o := d.object()
		o.text, o.items = args[1].ref.text, d.extend(nil, args[:1])
		v := Value{kind: Scalar, ref: o}
		if len(o.text) == 8 {
			v.bits = littleEndianFloat(o.text)
		}
		return v, v.DTypeName() != "f8" || len(o.text) == 8
	}
	return Value{kind: Tensor}, true
}

// fromLatin1 gives the bytes of a text that has one character for each.
func fromLatin1(text []byte) ([]byte, bool) {
	out := make([]byte, 0, len(text))
	for _, r := range string(text) {
		if r > 255 {
			return nil, false
		}
		out = append(out, byte(r))
	}
	return out, true
}

// build gives a value its state.
func (d *Decoder) build() error {
	state, err := d.pop(1)
	if err != nil {
		return err
	}
	if len(d.stack) <= d.floor() {
		return d.broken("the stack runs empty")
	}
	switch v := d.stack[len(d.stack)-1]; v.kind {
	case OrderedDict:
		v.ref.attrs = true
	case DType:
		// (3, byte order, ...): "|" and "=" stand for the machine's own.
		if items := state[0].Items(); len(items) < 2 || items[1].Is(">") {
			return d.unsupported("a NumPy type that is not little-endian")
		}
	case Tensor:
	default:
		return d.unsupported("%v with a state", v.kind)
	}
	return nil
}
