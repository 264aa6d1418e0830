// Package pickle reads Python pickles as data and writes some.
//
// Reading rests on gopickle's machine. That machine trusts its input, so this
// package stands on both sides of it: before, every opcode of the stream is
// checked against the bytes that are there, and the stream is put into a
// normal form (see stream); after, a closed list of classes (see classes.go)
// decides what the pickle may build. What it makes of any other class is an
// Object, which names it. Nothing of a pickle is ever executed.
//
// # What a pickle becomes
//
//	None, bool, float          nil, bool, float64
//	int                        int, or *big.Int outside of 64 bits
//	str, Python 2's str        string
//	bytes, bytearray           []byte
//	tuple, list                *Tuple, *List
//	dict, OrderedDict          *Dict
//	set, frozenset             *Set
//	numpy's arrays, scalars    *Array, Scalar
//	PyTorch's tensors          *Tensor, *Storage
//	anything else              *Object
//
// An object that a pickle refers to twice is the same pointer twice; a tree
// may even contain itself.
//
// # Limits
//
// A pickle of n bytes makes Decode allocate at most 128*n bytes and a
// constant of 2 MiB, garbage included. Pickles that would need more (only
// ones made to do so were seen) are refused, as are integers of more than
// 1,024 digits or bytes and dictionary keys of more than 4 KiB. Protocols 0
// to 5 are read, without out-of-band buffers and extension codes.
package pickle
