// Package pyclass lists the classes and functions of Python whose meaning in a
// pickle is known.
package pyclass

// Class is a class or function.
type Class uint8

// The classes, and the functions that make objects of them.
const (
	Unknown Class = iota
	OrderedDict
	Set
	FrozenSet
	Bytes
	ByteArray
	Encode // bytes as Python 3 writes them for Python 2
	DType
	Scalar      // makes a NumPy scalar
	Reconstruct // makes a NumPy array that gets its contents later
	FromBuffer  // makes a NumPy array of bytes
	NDArray
	Size
	RebuildTensor
	RebuildParameter
	RebuildFromType // makes a tensor that has attributes or a class of its own
	LoadFromBytes   // makes a PyTorch storage of bytes
	FloatStorage
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
	Reconstructor // makes an instance of any class in protocols 0 and 1
)

// IsStorage reports whether c is a class of PyTorch's storages.
func (c Class) IsStorage() bool { return c >= FloatStorage && c <= QInt32Storage }

// Of gives the class of a module's name, such as "collections.OrderedDict".
func Of(name string) Class {
	switch name {
	case "collections.OrderedDict":
		return OrderedDict
	case "__builtin__.set", "builtins.set":
		return Set
	case "__builtin__.frozenset", "builtins.frozenset":
		return FrozenSet
	case "__builtin__.bytes", "builtins.bytes":
		return Bytes
	case "__builtin__.bytearray", "builtins.bytearray":
		return ByteArray
	case "_codecs.encode":
		return Encode
	case "numpy.dtype":
		return DType
	case "numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar":
		return Scalar
	case "numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct":
		return Reconstruct
	case "numpy.core.numeric._frombuffer", "numpy._core.numeric._frombuffer":
		return FromBuffer
	case "numpy.ndarray":
		return NDArray
	case "torch.Size":
		return Size
	case "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2":
		return RebuildTensor
	case "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state":
		return RebuildParameter
	case "torch._tensor._rebuild_from_type_v2":
		return RebuildFromType
	case "torch.storage._load_from_bytes":
		return LoadFromBytes
	case "torch.FloatStorage":
		return FloatStorage
	case "torch.DoubleStorage":
		return DoubleStorage
	case "torch.HalfStorage":
		return HalfStorage
	case "torch.BFloat16Storage":
		return BFloat16Storage
	case "torch.LongStorage":
		return LongStorage
	case "torch.IntStorage":
		return IntStorage
	case "torch.ShortStorage":
		return ShortStorage
	case "torch.CharStorage":
		return CharStorage
	case "torch.ByteStorage":
		return ByteStorage
	case "torch.BoolStorage":
		return BoolStorage
	case "torch.ComplexFloatStorage":
		return ComplexFloatStorage
	case "torch.ComplexDoubleStorage":
		return ComplexDoubleStorage
	case "torch.QInt8Storage":
		return QInt8Storage
	case "torch.QUInt8Storage":
		return QUInt8Storage
	case "torch.QInt32Storage":
		return QInt32Storage
	case "copy_reg._reconstructor", "copyreg._reconstructor":
		return Reconstructor
	}
	return Unknown
}
