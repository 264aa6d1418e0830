package unpickle

import "cellnet/internal/pickle/pyclass"

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
	c := pyclass.Of(module + "." + name)
	if c == pyclass.Unknown {
		return d.unsupported("class %q, which benchmark files do not hold", module+"."+name)
	}
	d.push(Value{kind: class, bits: uint64(c)})
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
	return d.instance(callee, args.Items())
}

// instance makes what a class makes of its arguments.
func (d *Decoder) instance(callee Value, args []Value) error {
	if callee.kind != class {
		return d.broken("%v is called", callee.kind)
	}
	v, ok := d.call(pyclass.Class(callee.bits), args)
	if !ok {
		return d.unsupported("arguments that its class does not take in benchmark files")
	}
	d.push(v)
	return nil
}

func (d *Decoder) call(c pyclass.Class, args []Value) (Value, bool) {
	is := func(i int, k Kind) bool { return i < len(args) && args[i].kind == k }
	switch c {
	case pyclass.OrderedDict:
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
	case pyclass.Set, pyclass.FrozenSet:
		o := d.object()
		if len(args) == 1 && is(0, List) {
			o.items = d.extend(nil, args[0].Items())
			return Value{kind: Set, ref: o}, true
		}
		return Value{kind: Set, ref: o}, len(args) == 0
	case pyclass.Bytes, pyclass.ByteArray:
		o := d.object()
		if len(args) == 1 && is(0, Bytes) {
			o.text = args[0].ref.text
			return Value{kind: Bytes, ref: o}, true
		}
		return Value{kind: Bytes, ref: o}, len(args) == 0
	case pyclass.Encode:
		if len(args) != 2 || !is(0, String) || !args[1].Is("latin1") {
			return Value{}, false
		}
		o := d.object()
		text, ok := fromLatin1(args[0].Text())
		o.text = d.text(text)
		return Value{kind: Bytes, ref: o}, ok
	case pyclass.DType:
		if !is(0, String) {
			return Value{}, false
		}
		o := d.object()
		o.text = args[0].ref.text
		return Value{kind: DType, ref: o}, true
	case pyclass.Scalar:
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
	case pyclass.Size:
		if len(args) != 1 || !is(0, Tuple) {
			return Value{}, false
		}
		return args[0], true
	case pyclass.Reconstructor:
		return Value{}, false
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
