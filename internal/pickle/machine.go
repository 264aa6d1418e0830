package pickle

import (
	"github.com/nlpodyssey/gopickle/pickle"
	"github.com/nlpodyssey/gopickle/types"
)

// Tuple is a tuple; trees hold *Tuple.
type Tuple = types.Tuple

// ByteArray is a bytearray; trees hold *ByteArray.
type ByteArray = types.ByteArray

// NewTuple makes a tuple of values.
func NewTuple(values ...any) *Tuple { return types.NewTupleFromSlice(values) }

// newByteArray makes a bytearray of a copy of data.
func newByteArray(data []byte) *ByteArray {
	return types.NewByteArrayFromSlice(append([]byte{}, data...))
}

// runMachine runs gopickle's machine over a pickle in normal form. The machine
// asks persistent for all that is no plain value, calls the method Call of what
// a pickle calls, and fills containers by their methods Append, Set, Add and
// PySetState.
func runMachine(s *stream, persistent func(id any) (any, error)) (any, error) {
	machine := pickle.NewUnpickler(s)
	machine.PersistentLoad = persistent
	return machine.Load()
}
