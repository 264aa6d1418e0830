package pickle

import (
	"encoding/binary"
	"fmt"
	"io"
	"strconv"

	"cellnet/internal/fileformat"
)

// LegacyMagic starts PyTorch's files of the legacy format: the magic number
// and the format's version 1001, each a pickle.
const LegacyMagic = fileformat.TorchMagic + "\x80\x02M\xe9\x03."

// costNested is what reading a legacy container allocates besides its objects.
const costNested = 40 << 10

// loadFromBytes is how a storage is pickled by value: as the bytes of a
// legacy file that holds it.
func loadFromBytes(l *loader, args []any) (any, error) {
	data, ok := argument0(args).([]byte)
	if !ok {
		return nil, fmt.Errorf("a %s where bytes are needed", TypeName(argument0(args)))
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
		return nil, unsupported("a legacy container of a %s by value", TypeName(header.Value))
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
	header := &LegacyHeader{Len: fileformat.TorchMagicLen(data)}
	if header.Len == 0 {
		return nil, &FormatError{Reason: "no magic number of PyTorch's legacy format"}
	}
	for range 2 { // the format's version, and sizes of C types, which nothing depends on
		system, err := scan(data[header.Len:])
		if err != nil {
			return nil, err
		}
		header.Len += system.end
	}
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
		return nil, &FormatError{Reason: "the keys of the storages are a " + TypeName(keys.Value)}
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

// StorageTable gives storages keys, "0" first, in the order in which a Writer
// asks for them, which is that of their first appearance.
type StorageTable struct {
	Storages []*Storage // with the keys 0, 1 and so on
	keys     map[*Storage]string
}

// Key gives the key of s, which must have its data.
func (t *StorageTable) Key(s *Storage) (string, error) {
	if key, ok := t.keys[s]; ok {
		return key, nil
	}
	if s.Len < 0 || len(s.Data) != s.Len*s.Type.Size() {
		return "", fmt.Errorf("pickle: a storage of %d elements of %v with %d bytes cannot be written", s.Len, s.Type, len(s.Data))
	}
	if t.keys == nil {
		t.keys = map[*Storage]string{}
	}
	key := strconv.Itoa(len(t.Storages))
	t.keys[s] = key
	t.Storages = append(t.Storages, s)
	return key, nil
}

// WriteLegacy writes v as torch.save does in the legacy format. Storages need
// their data. The keys of storages are numbers where PyTorch has memory
// addresses.
func WriteLegacy(w io.Writer, v any) error {
	if _, err := io.WriteString(w, LegacyMagic); err != nil {
		return err
	}
	sizes, system := new(Dict), new(Dict)
	for _, e := range []struct {
		name  string
		bytes int
	}{{"short", 2}, {"int", 4}, {"long", 4}} {
		sizes.Set(e.name, e.bytes)
	}
	system.Set("protocol_version", 1001)
	system.Set("little_endian", true)
	system.Set("type_sizes", sizes)
	if err := NewWriter(w, Protocol2).Write(system); err != nil {
		return err
	}
	var table StorageTable
	object := NewWriter(w, Protocol2)
	object.StorageKey, object.LegacyIDs = table.Key, true
	if err := object.Write(v); err != nil {
		return err
	}
	keys := new(List)
	for i := range table.Storages {
		keys.Append(strconv.Itoa(i))
	}
	if err := NewWriter(w, Protocol2).Write(keys); err != nil {
		return err
	}
	for _, s := range table.Storages {
		if _, err := w.Write(binary.LittleEndian.AppendUint64(nil, uint64(s.Len))); err != nil {
			return err
		}
		if _, err := w.Write(s.Data); err != nil {
			return err
		}
	}
	return nil
}
