// Package opcode lists the opcodes of Python's pickles, protocols 0 to 5, under
// the names of Python's pickletools.
package opcode

// The opcodes that are read.
const (
	Mark            = '('
	Stop            = '.'
	Pop             = '0'
	PopMark         = '1'
	Dup             = '2'
	Int             = 'I'
	Long            = 'L'
	Long1           = 0x8a
	Long4           = 0x8b
	BinInt          = 'J'
	BinInt1         = 'K'
	BinInt2         = 'M'
	String          = 'S'
	BinString       = 'T'
	ShortBinString  = 'U'
	Unicode         = 'V'
	BinUnicode      = 'X'
	ShortBinUnicode = 0x8c
	BinUnicode8     = 0x8d
	BinBytes        = 'B'
	ShortBinBytes   = 'C'
	BinBytes8       = 0x8e
	ByteArray8      = 0x96
	None            = 'N'
	NewTrue         = 0x88
	NewFalse        = 0x89
	Float           = 'F'
	BinFloat        = 'G'
	Global          = 'c'
	StackGlobal     = 0x93
	EmptyDict       = '}'
	EmptyList       = ']'
	EmptySet        = 0x8f
	EmptyTuple      = ')'
	Tuple           = 't'
	Tuple1          = 0x85
	Tuple2          = 0x86
	Tuple3          = 0x87
	List            = 'l'
	Dict            = 'd'
	FrozenSet       = 0x91
	Put             = 'p'
	BinPut          = 'q'
	LongBinPut      = 'r'
	Memoize         = 0x94
	Get             = 'g'
	BinGet          = 'h'
	LongBinGet      = 'j'
	BinPersID       = 'Q'
	Reduce          = 'R'
	Build           = 'b'
	NewObj          = 0x81
	NewObjEx        = 0x92
	Obj             = 'o'
	Inst            = 'i'
	Append          = 'a'
	Appends         = 'e'
	SetItem         = 's'
	SetItems        = 'u'
	AddItems        = 0x90
	Proto           = 0x80
	Frame           = 0x95
)

// The opcodes that are not read: ids that are text, the registry of extensions
// and buffers that lie outside of the pickle.
const (
	PersID         = 'P'
	Ext1           = 0x82
	Ext2           = 0x83
	Ext4           = 0x84
	NextBuffer     = 0x97
	ReadOnlyBuffer = 0x98
)

// HighestProtocol is the newest protocol that is read.
const HighestProtocol = 5

// Argument is the way in which an opcode's argument is written.
type Argument uint8

const (
	Unknown Argument = iota // there is no such opcode
	Unread                  // there is, but it is not read
	Nothing                 // no argument
	Fixed1                  // so many bytes
	Fixed2
	Fixed4
	Fixed8
	Line     // up to a line feed
	TwoLines // two of them
	Sized1   // a length of one byte, then so many bytes
	Sized4
	Sized8
)

// ArgumentOf tells how the argument of an opcode is written.
func ArgumentOf(op byte) Argument {
	switch op {
	case Mark, Stop, Pop, PopMark, Dup, None, NewTrue, NewFalse, StackGlobal, EmptyDict, EmptyList, EmptySet, EmptyTuple,
		Tuple, Tuple1, Tuple2, Tuple3, List, Dict, FrozenSet, Memoize, BinPersID, Reduce, Build, NewObj, NewObjEx, Obj,
		Append, Appends, SetItem, SetItems, AddItems:
		return Nothing
	case BinInt1, BinPut, BinGet, Proto:
		return Fixed1
	case BinInt2:
		return Fixed2
	case BinInt, LongBinPut, LongBinGet:
		return Fixed4
	case BinFloat, Frame:
		return Fixed8
	case Int, Long, Float, String, Unicode, Put, Get:
		return Line
	case Global, Inst:
		return TwoLines
	case Long1, ShortBinString, ShortBinUnicode, ShortBinBytes:
		return Sized1
	case Long4, BinString, BinUnicode, BinBytes:
		return Sized4
	case BinUnicode8, BinBytes8, ByteArray8:
		return Sized8
	case PersID, Ext1, Ext2, Ext4, NextBuffer, ReadOnlyBuffer:
		return Unread
	}
	return Unknown
}
