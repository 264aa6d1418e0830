package pickle

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// LegacyMagic starts PyTorch's files of the legacy format: the magic number
// and the protocol version 1001, each a pickle.
const LegacyMagic = "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19." + "\x80\x02M\xe9\x03."

// costNested is what reading a legacy container allocates besides its objects.
const costNested = 40 << 10

// loadFromBytes is how a storage is pickled by value: as the bytes of a
// legacy file that holds it.
func loadFromBytes(l *loader, args []any) (any, error) {
	data, ok := argument0(args).([]byte)
	if !ok {
		return nil, fmt.Errorf("a %s where bytes are needed", typeName(argument0(args)))
	}
	if l.nested {
		return nil, unsupported("a storage within a storage")
	}
	if err := l.charge(costNested); err != nil {
		return nil, err
	}
	header, err := decodeLegacy(data, l.decodeNested)
	if err != nil {
		return nil, err
	}
	s, ok := header.Value.(*Storage)
	if !ok || len(header.Order) != 1 {
		return nil, unsupported("a legacy container of a %s by value", typeName(header.Value))
	}
	rest := data[header.Len:]
	if len(rest) < 8 {
		return nil, fmt.Errorf("the data of storage %.20q are missing", s.Key)
	}
	n, rest := binary.LittleEndian.Uint64(rest), rest[8:]
	if n != uint64(s.Len) || s.Len > len(rest)/s.Type.Size() {
		return nil, fmt.Errorf("storage %.20q should have %d elements, %d are announced, %d bytes are there", s.Key, s.Len, n, len(rest))
	}
	s.Data = rest[: s.Len*s.Type.Size() : s.Len*s.Type.Size()]
	return s, nil
}

// LegacyHeader is what precedes the storages' data in a legacy file.
type LegacyHeader struct {
	Value    any
	Storages []*Storage // in the order in which they appear first
	Order    []*Storage // in the order of their data
	Len      int        // bytes; here the data start
}

// DecodeLegacy reads the pickles at the start of a file of PyTorch's legacy
// format. The error's chain has io.ErrUnexpectedEOF if data end too early.
func DecodeLegacy(data []byte) (*LegacyHeader, error) { return decodeLegacy(data, Decode) }

func decodeLegacy(data []byte, decode func([]byte) (*Document, error)) (*LegacyHeader, error) {
	if !bytes.HasPrefix(data, []byte(LegacyMagic)) {
		return nil, &FormatError{Reason: "no magic number of PyTorch's legacy format"}
	}
	header := &LegacyHeader{Len: len(LegacyMagic)}
	system, err := scan(data[header.Len:]) // sizes of C types, which nothing depends on
	if err != nil {
		return nil, err
	}
	header.Len += system.end
	object, err := decode(data[header.Len:])
	if err != nil {
		return nil, err
	}
	header.Len += object.Len
	header.Value, header.Storages = object.Value, object.Storages
	keys, err := decode(data[header.Len:])
	if err != nil {
		return nil, err
	}
	header.Len += keys.Len
	list, ok := keys.Value.(*List)
	if !ok {
		return nil, &FormatError{Reason: "the keys of the storages are a " + typeName(keys.Value)}
	}
	known := make(map[string]*Storage, len(header.Storages))
	for _, s := range header.Storages {
		known[s.Key] = s
	}
	for _, v := range *list {
		key, _ := v.(string)
		s, ok := known[key]
		if !ok {
			return nil, &FormatError{Reason: fmt.Sprintf("data of a storage %.20q that nothing refers to, or twice", key)}
		}
		delete(known, key)
		header.Order = append(header.Order, s)
	}
	if len(known) > 0 {
		return nil, &FormatError{Reason: fmt.Sprintf("%d storages have no data", len(known))}
	}
	return header, nil
}

// decodeNested is Decode within the budget of the pickle around it.
func (l *loader) decodeNested(data []byte) (*Document, error) {
	s, err := scan(data)
	if err != nil {
		return nil, err
	}
	if err := l.charge(s.cost); err != nil {
		return nil, err
	}
	inner := &loader{budget: l.budget, nested: true}
	defer func() { l.budget = inner.budget }()
	return inner.run(data, s)
}
