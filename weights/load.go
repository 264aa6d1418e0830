package weights

import (
	"slices"

	"cellnet/internal/pickle"
)

// dataReader gives the data of a storage.
type dataReader func(*pickle.Storage) ([]byte, error)

// namedTensor is a tensor of a state dict whose numbers were not read.
type namedTensor struct {
	name   string
	tensor source
}

// source is a tensor of PyTorch or an array of numpy; one of the two is nil.
type source struct {
	tensor *pickle.Tensor
	array  *pickle.Array
}

// sourceOf gives the tensor that v is.
func sourceOf(v any) (source, bool) {
	switch v := v.(type) {
	case *pickle.Tensor:
		return source{tensor: v}, true
	case *pickle.Array:
		_, ok := elementDType(v.Type)
		return source{array: v}, ok
	}
	return source{}, false
}

func (s source) info(name string) TensorInfo {
	if s.array != nil {
		dtype, _ := elementDType(s.array.Type)
		return TensorInfo{name, dtype, slices.Clone(s.array.Shape)}
	}
	return TensorInfo{name, dtypeOf(s.tensor.Storage.Type), slices.Clone(s.tensor.Shape)}
}

// tensorsOf gives the tensors of a state dict: a dict of text to tensors, at
// least one.
func tensorsOf(d *pickle.Dict) ([]namedTensor, bool) {
	var out []namedTensor
	for key, v := range d.All() {
		name, okName := key.(string)
		t, okTensor := sourceOf(v)
		if !okName || !okTensor {
			return nil, false
		}
		out = append(out, namedTensor{name, t})
	}
	return out, len(out) > 0
}

// maxLoad bounds what tensors take together, each storage counted once and
// each tensor as often as it is referred to: as a multiple of the file's size,
// and besides loadAllowance. Sound files need twice their size.
const (
	maxLoad       = 64
	loadAllowance = 1 << 20
)

// tensorLoader reads the numbers of tensors. A storage that several share is
// read once.
type tensorLoader struct {
	read     dataReader
	storages map[*pickle.Storage][]byte
	left     int64 // bytes that may still be read or referred to
}

func newTensorLoader(read dataReader, size int64) *tensorLoader {
	return &tensorLoader{read: read, storages: map[*pickle.Storage][]byte{}, left: maxLoad*size + loadAllowance}
}

func (l *tensorLoader) load(s source) (Tensor, error) {
	if s.array != nil {
		return l.array(s.array)
	}
	return l.tensor(s.tensor)
}

func (l *tensorLoader) tensor(t *pickle.Tensor) (Tensor, error) {
	size := int64(t.Storage.Type.Size())
	data, known := l.storages[t.Storage]
	if !known {
		l.left -= int64(t.Storage.Len) * size
	}
	if l.left -= int64(t.Len()) * size; l.left < 0 {
		return Tensor{}, errOverlap
	}
	if !known {
		var err error
		if data, err = l.read(t.Storage); err != nil {
			return Tensor{}, err
		}
		l.storages[t.Storage] = data
	}
	numbers, err := t.Bytes(data)
	if err != nil {
		return Tensor{}, err
	}
	return Tensor{DType: dtypeOf(t.Storage.Type), Shape: append([]int{}, t.Shape...), Data: numbers}, nil
}

var errOverlap = &UnsupportedError{What: "tensors that overlap too much"}

// array gives an array of numpy as a tensor.
func (l *tensorLoader) array(a *pickle.Array) (Tensor, error) {
	dtype, _ := elementDType(a.Type)
	if l.left -= int64(len(a.Data)); l.left < 0 {
		return Tensor{}, errOverlap
	}
	return Tensor{DType: dtype, Shape: append([]int{}, a.Shape...), Data: a.RowMajor()}, nil
}

func (l *tensorLoader) stateDict(tensors []namedTensor) (*StateDict, error) {
	s := new(StateDict)
	for _, named := range tensors {
		t, err := l.load(named.tensor)
		if err != nil {
			return nil, err
		}
		s.Set(named.name, t)
	}
	return s, nil
}

// The types of PyTorch's storages, in the order of the DTypes.
var storageTypes = [...]pickle.StorageType{
	Float32: pickle.FloatStorage, Float64: pickle.DoubleStorage, Float16: pickle.HalfStorage, BFloat16: pickle.BFloat16Storage,
	Int64: pickle.LongStorage, Int32: pickle.IntStorage, Int16: pickle.ShortStorage, Int8: pickle.CharStorage,
	Uint8: pickle.ByteStorage, Bool: pickle.BoolStorage,
}

func dtypeOf(t pickle.StorageType) DType {
	for d, s := range storageTypes {
		if s == t {
			return DType(d)
		}
	}
	panic("weights: storage type without a DType")
}

// elementDType gives the type of numpy's that is a DType.
func elementDType(t pickle.ElementType) (DType, bool) {
	switch t {
	case pickle.ElementType{Kind: 'f', Size: 4}:
		return Float32, true
	case pickle.ElementType{Kind: 'f', Size: 8}:
		return Float64, true
	case pickle.ElementType{Kind: 'f', Size: 2}:
		return Float16, true
	case pickle.ElementType{Kind: 'i', Size: 8}:
		return Int64, true
	case pickle.ElementType{Kind: 'i', Size: 4}:
		return Int32, true
	case pickle.ElementType{Kind: 'i', Size: 2}:
		return Int16, true
	case pickle.ElementType{Kind: 'i', Size: 1}:
		return Int8, true
	case pickle.ElementType{Kind: 'u', Size: 1}:
		return Uint8, true
	case pickle.ElementType{Kind: 'b', Size: 1}:
		return Bool, true
	}
	return 0, false
}
