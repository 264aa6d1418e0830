package weights

import (
	"cellnet/internal/pickle"
)

// dataReader gives the data of a storage.
type dataReader func(*pickle.Storage) ([]byte, error)

// namedTensor is a tensor of a state dict whose numbers were not read.
type namedTensor struct {
	name   string
	tensor *pickle.Tensor
}

// tensorsOf gives the tensors of a state dict: a dict of text to tensors, at
// least one.
func tensorsOf(d *pickle.Dict) ([]namedTensor, bool) {
	out := make([]namedTensor, 0, d.Len())
	for key, v := range d.All() {
		name, okName := key.(string)
		t, okTensor := v.(*pickle.Tensor)
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

func (l *tensorLoader) tensor(t *pickle.Tensor) (Tensor, error) {
	size := int64(t.Storage.Type.Size())
	data, known := l.storages[t.Storage]
	if !known {
		l.left -= int64(t.Storage.Len) * size
	}
	if l.left -= int64(t.Len()) * size; l.left < 0 {
		return Tensor{}, &UnsupportedError{What: "tensors that overlap too much"}
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

func (l *tensorLoader) stateDict(tensors []namedTensor) (*StateDict, error) {
	s := new(StateDict)
	for _, named := range tensors {
		t, err := l.tensor(named.tensor)
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
