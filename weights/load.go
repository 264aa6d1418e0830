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

// maxCopies bounds what tensors that are no plain part of a storage take
// together, as a multiple of the file's size and besides copyAllowance.
const (
	maxCopies     = 64
	copyAllowance = 1 << 20
)

// loadTensors reads the numbers of tensors. A storage that several share is
// read once.
func loadTensors(tensors []namedTensor, read dataReader, size int64) (*StateDict, error) {
	s := new(StateDict)
	storages := map[*pickle.Storage][]byte{}
	copied := int64(0)
	for _, t := range tensors {
		storage := t.tensor.Storage
		data, ok := storages[storage]
		if !ok {
			var err error
			if data, err = read(storage); err != nil {
				return nil, err
			}
			storages[storage] = data
		}
		if !t.tensor.Contiguous() {
			copied += int64(t.tensor.Len()) * int64(storage.Type.Size())
			if copied > maxCopies*size+copyAllowance {
				return nil, &UnsupportedError{What: "tensors that overlap too much"}
			}
		}
		numbers, err := t.tensor.Bytes(data)
		if err != nil {
			return nil, err
		}
		s.Set(t.name, Tensor{DType: dtypeOf(storage.Type), Shape: append([]int{}, t.tensor.Shape...), Data: numbers})
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
