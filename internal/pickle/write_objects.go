package pickle

import (
	"bytes"
	"cellnet/internal/pickle/opcode"
	"iter"
)

func (w *Writer) tuple(items []any) {
	if len(items) > 3 {
		w.op(opcode.Mark)
	}
	for _, v := range items {
		w.value(v)
	}
	switch len(items) {
	case 0:
		w.op(opcode.EmptyTuple)
	case 1:
		w.op(opcode.Tuple1)
	case 2:
		w.op(opcode.Tuple2)
	case 3:
		w.op(opcode.Tuple3)
	default:
		w.op(opcode.Tuple)
	}
}

// items adds to the container on the stack, in batches as Python does.
func (w *Writer) items(seq iter.Seq[any], add byte) {
	n := 0
	for v := range seq {
		if n%batchItems == 0 {
			w.op(opcode.Mark)
		}
		w.value(v)
		if n++; n%batchItems == 0 {
			w.op(add)
		}
		if w.err != nil {
			return
		}
	}
	if n%batchItems != 0 {
		w.op(add)
	}
}

// entries adds to the dict on the stack.
func (w *Writer) entries(seq iter.Seq2[any, any]) {
	w.items(func(yield func(any) bool) {
		for key, value := range seq {
			if !yield(key) || !yield(value) {
				return
			}
		}
	}, opcode.SetItems)
}

func (w *Writer) emptyDict(ordered bool) {
	if !ordered {
		w.op(opcode.EmptyDict)
		return
	}
	w.global("collections", "OrderedDict")
	w.op(opcode.EmptyTuple, opcode.Reduce)
}

func (w *Writer) dict(ordered bool, entries iter.Seq2[any, any]) {
	w.emptyDict(ordered)
	w.entries(entries)
}

func (w *Writer) set(s *Set) {
	if w.protocol >= Protocol4 {
		if s.Frozen {
			w.op(opcode.Mark)
			for v := range s.All() {
				w.value(v)
			}
			w.op(opcode.FrozenSet)
			return
		}
		w.op(opcode.EmptySet)
		w.items(s.All(), opcode.AddItems)
		return
	}
	if s.Frozen {
		w.global("builtins", "frozenset")
	} else {
		w.global("builtins", "set")
	}
	w.op(opcode.EmptyList)
	w.items(s.All(), opcode.Appends)
	w.op(opcode.Tuple1, opcode.Reduce)
}

// dtype writes a numpy.dtype, once per type.
func (w *Writer) dtype(t ElementType) {
	key := "\xff" + t.String()
	if id, known := w.strings[key]; known {
		w.get(id)
		return
	}
	w.global("numpy", "dtype")
	w.value(NewTuple(t.String()[1:], false, true))
	w.op(opcode.Reduce)
	// version, byte order, subtype, names, fields, size, alignment, flags
	w.value(NewTuple(3, t.String()[:1], nil, nil, nil, -1, -1, 0))
	w.op(opcode.Build)
	w.strings[key] = w.put()
}

func (w *Writer) scalar(s Scalar) {
	w.global("numpy.core.multiarray", "scalar")
	w.dtype(s.Type)
	w.value(s.Data)
	w.op(opcode.Tuple2, opcode.Reduce)
}

func (w *Writer) array(a *Array) {
	w.global("numpy.core.multiarray", "_reconstruct")
	w.global("numpy", "ndarray")
	w.value(NewTuple(0))
	w.value([]byte("b"))
	w.op(opcode.Tuple3, opcode.Reduce)
	w.op(opcode.Mark, opcode.BinInt1, 1) // version
	w.value(sizes(a.Shape))
	w.dtype(a.Type)
	w.value(a.Fortran)
	w.value(a.Data)
	w.op(opcode.Tuple, opcode.Build)
}

func sizes(dims []int) *Tuple {
	t := make(Tuple, len(dims))
	for i, d := range dims {
		t[i] = d
	}
	return &t
}

// tensor writes a tensor as torch.save does; the empty OrderedDicts are the
// hooks of its gradient.
func (w *Writer) tensor(t *Tensor) {
	if t.Parameter {
		w.global("torch._utils", "_rebuild_parameter")
	}
	w.global("torch._utils", "_rebuild_tensor_v2")
	w.op(opcode.Mark)
	w.value(t.Storage)
	w.value(t.Offset)
	w.value(sizes(t.Shape))
	w.value(sizes(t.Stride))
	w.value(t.RequiresGrad && !t.Parameter)
	w.emptyDict(true)
	w.op(opcode.Tuple, opcode.Reduce)
	if t.Parameter {
		w.value(t.RequiresGrad)
		w.emptyDict(true)
		w.op(opcode.Tuple3, opcode.Reduce)
	}
}

// storage writes a reference to a storage, or its data.
func (w *Writer) storage(s *Storage) {
	if w.StorageKey == nil {
		var file bytes.Buffer
		if err := WriteLegacy(&file, s); err != nil {
			w.fail("%w", err)
			return
		}
		w.global("torch.storage", "_load_from_bytes")
		w.value(file.Bytes())
		w.op(opcode.Tuple1, opcode.Reduce)
		return
	}
	key, err := w.StorageKey(s)
	if err != nil {
		w.fail("%w", err)
		return
	}
	w.op(opcode.Mark)
	w.value("storage")
	w.global("torch", s.Type.String())
	w.value(key)
	w.value("cpu") // wherever it was: this loads on every machine
	w.value(s.Len)
	if w.LegacyIDs {
		w.value(nil) // it is no view of another storage
	}
	w.op(opcode.Tuple, opcode.BinPersID)
}
