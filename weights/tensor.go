package weights

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Tensor is an array of numbers as a weights file holds it. Data has the
// elements in row-major order without gaps, each little-endian. A Tensor
// shares its Data with copies of it; nothing in this package changes Data
// after the Tensor was made.
type Tensor struct {
	DType DType
	Shape []int // empty for a scalar
	Data  []byte
}

// NewFloat32 makes a tensor of a copy of v, whose length must be the product
// of shape; it panics otherwise.
func NewFloat32(shape []int, v []float32) Tensor {
	t := newTensor(Float32, shape, len(v))
	for i, x := range v {
		binary.LittleEndian.PutUint32(t.Data[4*i:], math.Float32bits(x))
	}
	return t
}

// NewInt64 makes a tensor of a copy of v, whose length must be the product of
// shape; it panics otherwise.
func NewInt64(shape []int, v []int64) Tensor {
	t := newTensor(Int64, shape, len(v))
	for i, x := range v {
		binary.LittleEndian.PutUint64(t.Data[8*i:], uint64(x))
	}
	return t
}

func newTensor(d DType, shape []int, n int) Tensor {
	t := Tensor{DType: d, Shape: append([]int{}, shape...)}
	if t.Len() != n {
		panic(fmt.Sprintf("weights: %d values for a tensor of shape %v", n, shape))
	}
	t.Data = make([]byte, n*d.Size())
	return t
}

// Len is the number of elements.
func (t Tensor) Len() int {
	n := 1
	for _, d := range t.Shape {
		n *= d
	}
	return n
}

// Float32s gives the elements of a floating-point tensor as new float32
// values; float64 is rounded to the nearest. Other types are an error.
func (t Tensor) Float32s() ([]float32, error) {
	n, err := t.check()
	if err != nil {
		return nil, err
	}
	v := make([]float32, n)
	switch t.DType {
	case Float32:
		for i := range v {
			v[i] = math.Float32frombits(binary.LittleEndian.Uint32(t.Data[4*i:]))
		}
	case Float64:
		for i := range v {
			v[i] = float32(math.Float64frombits(binary.LittleEndian.Uint64(t.Data[8*i:])))
		}
	case Float16:
		for i := range v {
			v[i] = float16(binary.LittleEndian.Uint16(t.Data[2*i:]))
		}
	case BFloat16:
		for i := range v {
			v[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(t.Data[2*i:])) << 16)
		}
	default:
		return nil, fmt.Errorf("weights: a tensor of %v where floating-point numbers are needed", t.DType)
	}
	return v, nil
}

// Int64s gives the elements of a tensor of integers or booleans as new int64
// values. Floating-point types are an error.
func (t Tensor) Int64s() ([]int64, error) {
	n, err := t.check()
	if err != nil {
		return nil, err
	}
	v := make([]int64, n)
	for i := range v {
		switch t.DType {
		case Int64:
			v[i] = int64(binary.LittleEndian.Uint64(t.Data[8*i:]))
		case Int32:
			v[i] = int64(int32(binary.LittleEndian.Uint32(t.Data[4*i:])))
		case Int16:
			v[i] = int64(int16(binary.LittleEndian.Uint16(t.Data[2*i:])))
		case Int8:
			v[i] = int64(int8(t.Data[i]))
		case Uint8, Bool:
			v[i] = int64(t.Data[i])
		default:
			return nil, fmt.Errorf("weights: a tensor of %v where integers are needed", t.DType)
		}
	}
	return v, nil
}

// check makes sure that Data has what DType and Shape say: tensors may be
// made by hand.
func (t Tensor) check() (int, error) {
	if int(t.DType) >= len(dtypes) {
		return 0, fmt.Errorf("weights: a tensor of unknown type %v", t.DType)
	}
	n := t.Len()
	if n < 0 || len(t.Data) != n*t.DType.Size() {
		return 0, fmt.Errorf("weights: a %v tensor of shape %v with %d bytes of data", t.DType, t.Shape, len(t.Data))
	}
	return n, nil
}

// float16 converts the bits of an IEEE half-precision number.
func float16(bits uint16) float32 {
	sign := uint32(bits>>15) << 31
	exponent, fraction := uint32(bits>>10)&31, uint32(bits)&1023
	switch exponent {
	case 0: // zero and subnormal numbers: fraction * 2^-24
		f := float32(fraction) * (1.0 / (1 << 24))
		return math.Float32frombits(math.Float32bits(f) | sign)
	case 31:
		return math.Float32frombits(sign | 255<<23 | fraction<<13)
	}
	return math.Float32frombits(sign | (exponent+127-15)<<23 | fraction<<13)
}
