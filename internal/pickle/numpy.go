package pickle

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"unsafe"
)

// ElementType is numpy's type of array elements and scalars.
type ElementType struct {
	Kind byte // 'f' float, 'i' int, 'u' unsigned, 'b' bool
	Size int  // bytes
}

// String gives numpy's type string, such as "<f8" or "|u1".
func (t ElementType) String() string {
	order := '<'
	if t.Size == 1 {
		order = '|'
	}
	return fmt.Sprintf("%c%c%d", order, t.Kind, t.Size)
}

// DType is a numpy.dtype as an object of its own.
type DType struct {
	Type      ElementType
	BigEndian bool // in the pickle; arrays and scalars that were read are little-endian
}

// newDType reads a type code as numpy.dtype takes it, such as "f8". Types other
// than of numbers are not read.
func newDType(code string) (d *DType, ok bool) {
	if len(code) >= 2 && len(code) <= 3 {
		size, err := strconv.Atoi(code[1:])
		t := ElementType{Kind: code[0], Size: size}
		if err == nil && t.valid() {
			return &DType{Type: t}, true
		}
	}
	return nil, false
}

func (t ElementType) valid() bool {
	switch t.Kind {
	case 'f':
		return t.Size == 2 || t.Size == 4 || t.Size == 8
	case 'i', 'u':
		return t.Size == 1 || t.Size == 2 || t.Size == 4 || t.Size == 8
	case 'b':
		return t.Size == 1
	}
	return false
}

// PySetState takes numpy.dtype's state: version, byte order, then what only
// types with fields have.
func (d *DType) PySetState(state any) error {
	t, ok := state.(*Tuple)
	if !ok || t.Len() < 5 {
		return fmt.Errorf("the state of a numpy dtype is no tuple of five or more")
	}
	order, _ := t.Get(1).(string)
	switch order {
	case "<", "|", "=":
	case ">":
		d.BigEndian = true
	default:
		return fmt.Errorf("byte order %.20q of a numpy dtype", order)
	}
	for _, v := range (*t)[2:5] {
		if v != nil {
			return unsupported("a numpy type with fields")
		}
	}
	return nil
}

// little gives data of this type in little-endian order: data itself, or a
// copy.
func (d *DType) little(data []byte) []byte {
	size := d.Type.Size
	if !d.BigEndian || size == 1 {
		return data
	}
	out := make([]byte, len(data))
	for i := range data {
		out[i] = data[i-i%size+size-1-i%size]
	}
	return out
}

// Scalar is one numpy number, little-endian.
type Scalar struct {
	Type ElementType
	Data []byte
}

// Float64Scalar makes a numpy.float64.
func Float64Scalar(v float64) Scalar {
	return Scalar{ElementType{Kind: 'f', Size: 8}, binary.LittleEndian.AppendUint64(nil, math.Float64bits(v))}
}

// Float gives the value of a numpy float of 4 or 8 bytes.
func (s Scalar) Float() (float64, bool) {
	if s.Type.Kind != 'f' || len(s.Data) != s.Type.Size {
		return 0, false
	}
	switch s.Type.Size {
	case 4:
		return float64(math.Float32frombits(uint32(s.bits()))), true
	case 8:
		return math.Float64frombits(s.bits()), true
	}
	return 0, false
}

// Int gives the value of a numpy integer or bool.
func (s Scalar) Int() (int, bool) {
	if s.Type.Kind == 'f' || len(s.Data) != s.Type.Size || !s.Type.valid() {
		return 0, false
	}
	bits := s.bits()
	if s.Type.Kind == 'i' {
		shift := 64 - 8*s.Type.Size
		return int(int64(bits<<shift) >> shift), true
	}
	return int(bits), bits <= math.MaxInt
}

// bits gives the bytes as one number.
func (s Scalar) bits() uint64 {
	var b [8]byte
	copy(b[:], s.Data)
	return binary.LittleEndian.Uint64(b[:])
}

// Array is a numpy.ndarray, little-endian. Data may share memory with the
// pickle. Arrays of other types than numbers are empty.
type Array struct {
	Type    ElementType // zero if the elements are not read
	Shape   []int
	Fortran bool // the first axis varies fastest, not the last
	Data    []byte

	loader *loader // until the array has its state
}

// PySetState takes numpy.ndarray's state: version, shape, dtype, order, data.
func (a *Array) PySetState(state any) error {
	t, ok := state.(*Tuple)
	if !ok || t.Len() != 5 || a.loader == nil {
		return fmt.Errorf("the state of a numpy array is no tuple of five, or its second")
	}
	if o, ok := t.Get(2).(*Object); ok && o.Class == dtypeClass {
		a.loader = nil
		return nil
	}
	shape, okShape := t.Get(1).(*Tuple)
	dtype, okType := t.Get(2).(*DType)
	fortran, okOrder := truth(t.Get(3))
	if !okShape || !okType || !okOrder {
		return fmt.Errorf("the state of a numpy array has a %s, a %s and a %s for shape, type and order",
			TypeName(t.Get(1)), TypeName(t.Get(2)), TypeName(t.Get(3)))
	}
	var data []byte
	switch v := t.Get(4).(type) {
	case []byte:
		data = v
	case string: // Python 2
		data = unsafe.Slice(unsafe.StringData(v), len(v)) // shares memory with the pickle, see Array.Data
	default:
		return unsupported("a numpy array of objects")
	}
	dims, err := intsOf(shape)
	if err != nil {
		return err
	}
	n, err := product(dims, len(data))
	if err != nil || n*dtype.Type.Size != len(data) {
		return fmt.Errorf("a numpy array of shape %v and type %v with %d bytes", dims, dtype.Type, len(data))
	}
	if dtype.BigEndian {
		if err := a.loader.charge(len(data)); err != nil {
			return err
		}
	}
	*a = Array{Type: dtype.Type, Shape: dims, Fortran: fortran, Data: dtype.little(data)}
	return nil
}

// RowMajor gives the elements in the order in which the last axis varies
// fastest: Data itself, or a copy.
func (a *Array) RowMajor() []byte {
	if !a.Fortran || len(a.Shape) < 2 {
		return a.Data
	}
	size := a.Type.Size
	out := make([]byte, 0, len(a.Data))
	index := make([]int, len(a.Shape))
	for len(out) < len(a.Data) {
		at := 0
		for axis := len(index) - 1; axis >= 0; axis-- {
			at = at*a.Shape[axis] + index[axis]
		}
		out = append(out, a.Data[at*size:(at+1)*size]...)
		for axis := len(index) - 1; axis >= 0; axis-- {
			if index[axis]++; index[axis] < a.Shape[axis] {
				break
			}
			index[axis] = 0
		}
	}
	return out
}

func truth(v any) (value, ok bool) {
	switch v := v.(type) {
	case bool:
		return v, true
	case int:
		return v != 0, true
	}
	return false, false
}

// maxAxes is the largest number of axes of an array or tensor.
const maxAxes = 16

// intsOf reads a tuple of sizes, none of them negative.
func intsOf(t *Tuple) ([]int, error) {
	if t.Len() > maxAxes {
		return nil, unsupported("an array of %d axes", t.Len())
	}
	out := make([]int, t.Len())
	for i, v := range *t {
		n, ok := v.(int)
		if !ok || n < 0 {
			return nil, fmt.Errorf("a shape with a %s as a size, or a negative one", TypeName(v))
		}
		out[i] = n
	}
	return out, nil
}

// product multiplies sizes; a product above limit is an error.
func product(dims []int, limit int) (int, error) {
	n := 1
	for _, d := range dims {
		if d == 0 {
			return 0, nil
		}
	}
	for _, d := range dims {
		if n > limit/d {
			return 0, fmt.Errorf("shape %v has more elements than there is data", dims)
		}
		n *= d
	}
	return n, nil
}
