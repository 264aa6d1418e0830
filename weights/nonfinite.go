package weights

import (
	"encoding/binary"
	"slices"
)

// NonFinite names the tensors that hold a NaN or an infinity, in order.
func (s *StateDict) NonFinite() []string {
	var names []string
	for name, t := range s.All() {
		if t.nonFinite() {
			names = append(names, name)
		}
	}
	return names
}

// nonFinite looks for numbers whose exponent has all bits set.
func (t Tensor) nonFinite() bool {
	var mask uint64
	switch t.DType {
	case Float32:
		mask = 0x7f800000
	case Float64:
		mask = 0x7ff << 52
	case Float16:
		mask = 0x7c00
	case BFloat16:
		mask = 0x7f80
	default:
		return false
	}
	size := t.DType.Size()
	for number := range slices.Chunk(t.Data, size) {
		var bits uint64
		switch len(number) {
		case 4:
			bits = uint64(binary.LittleEndian.Uint32(number))
		case 8:
			bits = binary.LittleEndian.Uint64(number)
		case 2:
			bits = uint64(binary.LittleEndian.Uint16(number))
		}
		if bits&mask == mask {
			return true
		}
	}
	return false
}
