package pickle

import (
	"fmt"

	"cellnet/internal/pickle/pyclass"
)

// StorageType is the element type of a PyTorch storage.
type StorageType uint8

// The storage types. Of those from ComplexFloatStorage on only the size is known:
// their tensors are not read.
const (
	FloatStorage StorageType = iota
	DoubleStorage
	HalfStorage
	BFloat16Storage
	LongStorage
	IntStorage
	ShortStorage
	CharStorage
	ByteStorage
	BoolStorage
	ComplexFloatStorage
	ComplexDoubleStorage
	QInt8Storage
	QUInt8Storage
	QInt32Storage
)

// isRead reports whether tensors of the type are read.
func (t StorageType) isRead() bool { return t < ComplexFloatStorage }

var storageTypes = [...]struct {
	name  string
	dtype string // PyTorch's name of the elements' type
	size  int
	class pyclass.Class
}{
	FloatStorage:    {"FloatStorage", "float32", 4, pyclass.FloatStorage},
	DoubleStorage:   {"DoubleStorage", "float64", 8, pyclass.DoubleStorage},
	HalfStorage:     {"HalfStorage", "float16", 2, pyclass.HalfStorage},
	BFloat16Storage: {"BFloat16Storage", "bfloat16", 2, pyclass.BFloat16Storage},
	LongStorage:     {"LongStorage", "int64", 8, pyclass.LongStorage},
	IntStorage:      {"IntStorage", "int32", 4, pyclass.IntStorage},
	ShortStorage:    {"ShortStorage", "int16", 2, pyclass.ShortStorage},
	CharStorage:     {"CharStorage", "int8", 1, pyclass.CharStorage},
	ByteStorage:     {"ByteStorage", "uint8", 1, pyclass.ByteStorage},
	BoolStorage:     {"BoolStorage", "bool", 1, pyclass.BoolStorage},

	ComplexFloatStorage:  {"ComplexFloatStorage", "complex64", 8, pyclass.ComplexFloatStorage},
	ComplexDoubleStorage: {"ComplexDoubleStorage", "complex128", 16, pyclass.ComplexDoubleStorage},
	QInt8Storage:         {"QInt8Storage", "qint8", 1, pyclass.QInt8Storage},
	QUInt8Storage:        {"QUInt8Storage", "quint8", 1, pyclass.QUInt8Storage},
	QInt32Storage:        {"QInt32Storage", "qint32", 4, pyclass.QInt32Storage},
}

// String gives the class name within module torch.
func (t StorageType) String() string { return storageTypes[t].name }

// Size is the number of bytes of one element.
func (t StorageType) Size() int { return storageTypes[t].size }

// StorageTypeOf gives the storage type of a type of elements, such as "float32".
func StorageTypeOf(dtype string) (StorageType, bool) {
	for i, t := range storageTypes {
		if t.dtype == dtype {
			return StorageType(i), true
		}
	}
	return 0, false
}

// Storage is the memory that one or more tensors share. A pickle only refers
// to storages by key: their data stand elsewhere in the file. Data is nil
// then, but for storages that were pickled by value.
type Storage struct {
	Type     StorageType
	Key      string
	Location string // device, such as "cpu" or "cuda:0"
	Len      int    // elements, as the pickle claims
	Data     []byte // Len*Type.Size() bytes, or nil
}

// Tensor is a view of a storage. Offset and Stride count elements.
type Tensor struct {
	Storage      *Storage
	Offset       int
	Shape        []int
	Stride       []int
	RequiresGrad bool
	Parameter    bool // an nn.Parameter
}

// Len is the number of elements.
func (t *Tensor) Len() int {
	n := 1
	for _, d := range t.Shape {
		n *= d
	}
	return n
}

// Contiguous reports whether the elements stand in row-major order without
// gaps.
func (t *Tensor) Contiguous() bool {
	expected := 1
	for i := len(t.Shape) - 1; i >= 0; i-- {
		if t.Shape[i] != 1 && t.Stride[i] != expected {
			return false
		}
		expected *= t.Shape[i]
	}
	return true
}

// Bytes gives the elements in row-major order, taken from the storage's data.
// It is a part of data if the tensor is contiguous, otherwise a copy.
func (t *Tensor) Bytes(data []byte) ([]byte, error) {
	size := t.Storage.Type.Size()
	if len(data) != t.Storage.Len*size {
		return nil, fmt.Errorf("storage %q has %d bytes, not %d", t.Storage.Key, len(data), t.Storage.Len*size)
	}
	n := t.Len()
	if n == 0 {
		return []byte{}, nil
	}
	if t.Contiguous() {
		start := t.Offset * size
		return data[start : start+n*size : start+n*size], nil
	}
	out := make([]byte, 0, n*size)
	index := make([]int, len(t.Shape))
	for at := t.Offset; ; {
		out = append(out, data[at*size:(at+1)*size]...)
		axis := len(index) - 1
		for ; axis >= 0; axis-- {
			index[axis]++
			at += t.Stride[axis]
			if index[axis] < t.Shape[axis] {
				break
			}
			at -= index[axis] * t.Stride[axis]
			index[axis] = 0
		}
		if axis < 0 {
			return out, nil
		}
	}
}

// NewTensor makes a tensor of its elements in row-major order, in a storage of its
// own that shares memory with data.
func NewTensor(kind StorageType, shape []int, data []byte) (*Tensor, error) {
	stride, step := make([]int, len(shape)), 1
	for i := len(shape) - 1; i >= 0; i-- {
		stride[i] = step
		step *= max(shape[i], 1)
	}
	t := &Tensor{Shape: shape, Stride: stride}
	t.Storage = &Storage{Type: kind, Len: t.Len(), Data: data}
	if len(data) != t.Len()*kind.Size() {
		return nil, fmt.Errorf("a tensor of shape %v and type %v of %d bytes", shape, kind, len(data))
	}
	return t, nil
}

// newTensor checks that the view lies within its storage and has no more
// elements than it: such views exist (expanded tensors) but not in what
// state_dict() gives, and they would let a small file ask for much memory.
func newTensor(storage *Storage, offset int, size, stride *Tuple) (*Tensor, error) {
	shape, err := intsOf(size)
	if err != nil {
		return nil, err
	}
	strides, err := intsOf(stride)
	if err != nil {
		return nil, err
	}
	if len(shape) != len(strides) {
		return nil, fmt.Errorf("a tensor of %d sizes and %d strides", len(shape), len(strides))
	}
	n, err := product(shape, storage.Len)
	if err != nil {
		return nil, err
	}
	if offset < 0 || offset > storage.Len {
		return nil, fmt.Errorf("a tensor at offset %d of a storage of %d elements", offset, storage.Len)
	}
	if n > 0 {
		last := offset
		for i, d := range shape {
			if d > 1 && strides[i] > (storage.Len-1-last)/(d-1) {
				last = storage.Len
				break
			}
			last += (d - 1) * strides[i]
		}
		if last >= storage.Len {
			return nil, fmt.Errorf("a tensor of shape %v, strides %v and offset %d that leaves its storage of %d elements",
				shape, strides, offset, storage.Len)
		}
	}
	return &Tensor{Storage: storage, Offset: offset, Shape: shape, Stride: strides}, nil
}

// maxStorage is the largest number of elements of a storage: 2^40 bytes.
const maxStorage = 1 << 37

// storage gives the storage of a persistent id: "storage", class, key,
// location, number of elements, and perhaps in legacy files a view of it: key,
// offset, number of elements. Legacy files of whole modules have another kind:
// "module", class, its source file and text.
func (l *loader) storage(id *Tuple) (any, error) {
	fields := *id
	if len(fields) == 4 && fields[0] == "module" {
		return fields[1], nil // a class of a module, with its source
	}
	if len(fields) < 5 || len(fields) > 6 || fields[0] != "storage" {
		return nil, unsupported("a persistent id that is not that of a PyTorch storage")
	}
	c, okClass := fields[1].(*Class)
	key, okKey := fields[2].(string)
	location, okLocation := fields[3].(string)
	n, okLen := fields[4].(int)
	if !okClass || !okKey || !okLocation || !okLen {
		return nil, fmt.Errorf("a persistent id of a %s, a %s, a %s and a %s",
			TypeName(fields[1]), TypeName(fields[2]), TypeName(fields[3]), TypeName(fields[4]))
	}
	kind, ok := storageTypeOf(c.known)
	if !ok {
		return c.opaque(fields)
	}
	if n < 0 || n > maxStorage {
		return nil, fmt.Errorf("a storage of %d elements", n)
	}
	s, known := l.byKey[key]
	if !known {
		if l.byKey == nil {
			l.byKey = map[string]*Storage{}
		}
		s = &Storage{Type: kind, Key: key, Location: location, Len: n}
		l.byKey[key] = s
		l.storages = append(l.storages, s)
	}
	if s.Type != kind || s.Len != n {
		return nil, fmt.Errorf("storage %.20q once has %d elements of %v and once %d of %v", key, s.Len, s.Type, n, kind)
	}
	if len(fields) == 6 && fields[5] != nil {
		return nil, unsupported("a view of a storage, as PyTorch wrote them before version 0.4")
	}
	return s, nil
}

func storageTypeOf(class pyclass.Class) (StorageType, bool) {
	for i, t := range storageTypes {
		if t.class == class {
			return StorageType(i), true
		}
	}
	return 0, false
}
