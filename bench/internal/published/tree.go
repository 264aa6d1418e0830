package published

import (
	"bytes"
	"errors"
	"fmt"

	"cellnet/internal/pickle"
	"cellnet/internal/pickle/unpickle"
)

// maxTree bounds the values of one tree that is kept as it was read.
const maxTree = 1 << 20

// tree copies a decoded value into a tree that package pickle writes.
func tree(v unpickle.Value) (any, error) {
	t := treeMaker{budget: maxTree}
	return t.make(v, 0)
}

type treeMaker struct{ budget int }

func (t *treeMaker) make(v unpickle.Value, depth int) (any, error) {
	const maxDepth = 64
	if t.budget--; t.budget < 0 || depth > maxDepth {
		return nil, errors.New("it is too large or too deep to keep")
	}
	switch v.Kind() {
	case unpickle.None:
		return nil, nil
	case unpickle.Bool:
		return v.Int() != 0, nil
	case unpickle.Int:
		return int(v.Int()), nil
	case unpickle.Float:
		f, _ := v.Float()
		return f, nil
	case unpickle.String:
		return string(v.Text()), nil
	case unpickle.Bytes:
		return bytes.Clone(v.Text()), nil
	case unpickle.Scalar:
		return t.scalar(v)
	case unpickle.Tuple, unpickle.List, unpickle.Set:
		return t.sequence(v, depth)
	case unpickle.Dict, unpickle.OrderedDict:
		return t.dict(v, depth)
	}
	return nil, fmt.Errorf("%v in a place where it cannot be kept", v.Kind())
}

func (t *treeMaker) scalar(v unpickle.Value) (any, error) {
	name := v.DTypeName()
	if len(name) != 2 {
		return nil, fmt.Errorf("a NumPy scalar of type %.20q", name)
	}
	return pickle.Scalar{
		Type: pickle.ElementType{Kind: name[0], Size: int(name[1] - '0')},
		Data: bytes.Clone(v.Text()),
	}, nil
}

func (t *treeMaker) sequence(v unpickle.Value, depth int) (any, error) {
	items := make([]any, 0, min(v.Len(), t.budget))
	for _, item := range v.Items() {
		made, err := t.make(item, depth+1)
		if err != nil {
			return nil, err
		}
		items = append(items, made)
	}
	switch v.Kind() {
	case unpickle.Tuple:
		return pickle.NewTuple(items...), nil
	case unpickle.List:
		return pickle.NewList(items...), nil
	}
	s := new(pickle.Set)
	for _, item := range items {
		switch item.(type) {
		case nil, bool, int, float64, string:
			s.Add(item)
		default:
			return nil, errors.New("a set of more than numbers and strings")
		}
	}
	return s, nil
}

func (t *treeMaker) dict(v unpickle.Value, depth int) (any, error) {
	if v.HasAttributes() {
		return nil, errors.New("an OrderedDict with attributes")
	}
	d := &pickle.Dict{Ordered: v.Kind() == unpickle.OrderedDict}
	items := v.Items()
	for i := 0; i < len(items); i += 2 {
		key, err := t.make(items[i], depth+1)
		if err != nil {
			return nil, err
		}
		var value any
		if !items[i].Is(keyWeights) {
			if value, err = t.make(items[i+1], depth+1); err != nil {
				return nil, err
			}
		}
		if err := d.Put(key, value); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// Pickled gives the pickle of a tree.
func Pickled(v any) ([]byte, error) {
	var b bytes.Buffer
	err := pickle.NewWriter(&b, pickle.Protocol4).Write(v)
	return b.Bytes(), err
}

// verbatim gives the pickle of a decoded value, weights left out.
func verbatim(v unpickle.Value) ([]byte, error) {
	t, err := tree(v)
	if err != nil {
		return nil, err
	}
	return Pickled(t)
}

// verbatimHead gives the pickle of the results of a recipe without their trials.
func verbatimHead(v unpickle.Value) ([]byte, error) {
	t := treeMaker{budget: maxTree}
	head := &pickle.Dict{Ordered: v.Kind() == unpickle.OrderedDict}
	items := v.Items()
	for i := 0; i < len(items); i += 2 {
		key, err := t.make(items[i], 0)
		if err != nil {
			return nil, err
		}
		var value any = &pickle.Dict{Ordered: items[i+1].Kind() == unpickle.OrderedDict}
		if !items[i].Is(keyTrials) {
			if value, err = t.make(items[i+1], 0); err != nil {
				return nil, err
			}
		}
		if err := head.Put(key, value); err != nil {
			return nil, err
		}
	}
	return Pickled(head)
}
