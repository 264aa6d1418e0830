package weights

import (
	"fmt"
	"io"
	"slices"
	"strconv"

	"cellnet/internal/pickle"
	"cellnet/internal/torchfile"
)

// Entries gives the names of what the file holds besides its networks, in
// order.
func (f *File) Entries() []string {
	names := make([]string, len(f.entries))
	for i, e := range f.entries {
		names[i] = e.name
	}
	return names
}

// Entry reads an entry. One that there is not, or whose type is no Value's,
// is an error.
func (f *File) Entry(name string) (Value, error) {
	for _, e := range f.entries {
		if e.name != name {
			continue
		}
		v, err := e.read()
		if err != nil {
			return nil, f.wrap(fmt.Errorf("entry %s: %w", name, translate(err)))
		}
		return v, nil
	}
	return nil, f.wrap(fmt.Errorf("there is no entry %s", name))
}

// fileEntry is an entry that is read when it is asked for.
type fileEntry struct {
	name string
	read func() (Value, error)
}

// keepEntries notes the entries of a checkpoint that are no networks and none's
// tensors.
func (f *File) keepEntries(top *pickle.Dict, data dataReader) {
	isState := slices.ContainsFunc(f.networks, func(n *Network) bool { return n.Entry == "" })
	for key, v := range top.All() {
		if _, tensor := sourceOf(v); tensor && isState {
			continue
		}
		name, isText := key.(string)
		if n, isInt := key.(int); isInt {
			name, isText = strconv.Itoa(n), true
		}
		if !isText || slices.ContainsFunc(f.networks, func(n *Network) bool { return n.Entry == name }) {
			continue
		}
		f.entries = append(f.entries, fileEntry{name, func() (Value, error) {
			// A value takes at least a byte, an entry of a dict two, but they may be
			// referred to from several places.
			r := valueReader{tensors: newTensorLoader(data, f.size), left: 2*f.size + 1000}
			return r.read(v, 0)
		}})
	}
}

// maxNesting is the number of levels of values that are read.
const maxNesting = 20

// valueReader makes Values of a pickle's tree.
type valueReader struct {
	tensors *tensorLoader // nil: tensors are opaque
	left    int64         // values and entries that may still be made
}

// read makes a Value of v. Tuples become lists, and keys that are ints text.
func (r *valueReader) read(v any, depth int) (Value, error) {
	r.left--
	if d, ok := v.(*pickle.Dict); ok {
		r.left -= int64(d.Len())
	}
	if r.left < 0 || depth > maxNesting {
		return nil, &UnsupportedError{What: "a value that contains itself, or is too large"}
	}
	switch v := v.(type) {
	case nil:
		return None{}, nil
	case string:
		return Text(v), nil
	case int:
		return Int(v), nil
	case float64:
		return Float(v), nil
	case bool:
		return Flag(v), nil
	case pickle.Scalar:
		if x, ok := v.Float(); ok {
			return Float(x), nil
		}
		if x, ok := v.Int(); ok {
			return Int(x), nil
		}
	case *pickle.Tuple:
		return r.list(*v, depth)
	case *pickle.List:
		return r.list(*v, depth)
	case *pickle.Tensor:
		if r.tensors == nil {
			break
		}
		return r.tensors.tensor(v)
	case *pickle.Object:
		return r.opaque(v, depth), nil
	case *pickle.Dict:
		if tensors, ok := tensorsOf(v); ok {
			if r.tensors == nil {
				break
			}
			return r.tensors.stateDict(tensors)
		}
		return r.dict(v, depth)
	}
	return Opaque{Class: pickle.TypeName(v)}, nil
}

// opaque reads an instance, with its attributes if they are Values; tensors among them
// are not read.
func (r *valueReader) opaque(o *pickle.Object, depth int) Value {
	out := Opaque{Class: pickle.TypeName(o)}
	if fields, ok := o.Fields(); ok {
		within := valueReader{left: r.left}
		read, err := within.dict(fields, depth+1)
		if r.left = within.left; err == nil {
			out.Fields = read.(Dict)
		}
	}
	return out
}

func (r *valueReader) list(items []any, depth int) (Value, error) {
	out := make(List, len(items))
	for i, item := range items {
		var err error
		if out[i], err = r.read(item, depth+1); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (r *valueReader) dict(d *pickle.Dict, depth int) (Value, error) {
	out := make(Dict, 0, d.Len())
	for key, item := range d.All() {
		name, ok := key.(string)
		if n, isInt := key.(int); isInt {
			name, ok = strconv.Itoa(n), true
		}
		if !ok {
			return nil, &UnsupportedError{What: "a key that is neither text nor a number"}
		}
		value, err := r.read(item, depth+1)
		if err != nil {
			return nil, err
		}
		out = append(out, Entry{name, value})
	}
	return out, nil
}

// ReadValues reads a whole file of torch.save, of the given size, that holds a dict:
// entry by entry what it is, whichever of them are networks.
func ReadValues(r io.ReaderAt, size int64) (Dict, error) {
	f, err := torchfile.Open(r, size)
	if err != nil {
		return nil, translate(err)
	}
	top, ok := f.Value.(*pickle.Dict)
	if !ok {
		return nil, &UnsupportedError{What: fmt.Sprintf("a file of a %.100s, want a dict", pickle.TypeName(f.Value))}
	}
	v := valueReader{tensors: newTensorLoader(f.Data, size), left: 2*size + 1000}
	all, err := v.dict(top, 0)
	if err != nil {
		return nil, translate(err)
	}
	return all.(Dict), nil
}
