package cell

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// The names that the published records give to networks: of C and N, and of widths.
const (
	InferTiny      = "infer.tiny"
	InferShapeTiny = "infer.shape.tiny"
)

// Keys of the published records.
const (
	keyName     = "name"
	keyC        = "C"
	keyN        = "N"
	keyChannels = "channels"
	keyArch     = "arch_str"
	keyGenotype = "genotype"
	keyClasses  = "num_classes"
	// In the files' own records of trials.
	keyFileClasses = "class_num"
)

func configError(key, format string, args ...any) error {
	return fmt.Errorf("config: %s: %w", key, fmt.Errorf(format, args...))
}

// MarshalJSON writes a record as the published API returns it,
//
//	{"name": "infer.tiny", "C": 16, "N": 5, "arch_str": "...", "num_classes": 10}
//	{"name": "infer.shape.tiny", "channels": "8:16:24:24:40", "genotype": "...", "num_classes": 10}
//
// the first for networks that [NewNetwork] gives, the second for all others. It
// fails if Validate does.
func (n Network) MarshalJSON() ([]byte, error) {
	if err := n.Validate(); err != nil {
		return nil, err
	}
	if channels, cells, ok := n.Stages(); ok {
		return json.Marshal(struct {
			Name    string `json:"name"`
			C       int    `json:"C"`
			N       int    `json:"N"`
			Cell    Cell   `json:"arch_str"`
			Classes int    `json:"num_classes"`
		}{InferTiny, channels, cells, n.Cell, n.Classes})
	}
	return json.Marshal(struct {
		Name     string `json:"name"`
		Channels string `json:"channels"`
		Cell     Cell   `json:"genotype"`
		Classes  int    `json:"num_classes"`
	}{InferShapeTiny, n.Widths.String(), n.Cell, n.Classes})
}

// UnmarshalJSON reads a record of either name; without one it is "infer.tiny".
// Of "genotype" and "arch_str" one is required, as an arch string or, with
// "genotype", as the nested lists of a published genotype, [[["none", 0]], ...].
// "channels" may be a list of numbers. As trial files have it, "class_num" may
// stand for "num_classes", and "arch_str" beside "channels" repeat them. All other
// keys are required, unknown ones are refused, and so is a record that fails
// Validate. On an error n is left as it was.
func (n *Network) UnmarshalJSON(data []byte) error {
	values, err := members(data)
	if err != nil {
		return err
	}
	read, err := readRecord(values)
	if err != nil {
		return err
	}
	*n = read
	return nil
}

// readRecord reads the values of a record.
func readRecord(values map[string]json.RawMessage) (Network, error) {
	r := recordReader{values: values}
	name := InferTiny
	if _, ok := values[keyName]; ok {
		name = get(&r, keyName, decode[string])
	}
	if r.err != nil {
		return Network{}, r.err
	}
	switch name {
	case InferTiny, "":
		r.check(keyName, keyC, keyN, keyArch, keyGenotype, keyClasses)
		r.oneOf(keyArch, keyGenotype)
		channels, cells := get(&r, keyC, decode[int]), get(&r, keyN, decode[int])
		c, classes := r.cell(), get(&r, keyClasses, decode[int])
		if r.err != nil {
			return Network{}, r.err
		}
		return NewNetwork(c, channels, cells, classes)
	case InferShapeTiny:
		r.check(keyName, keyChannels, keyArch, keyGenotype, keyClasses)
		n := Network{Widths: get(&r, keyChannels, readWidths), Cell: get(&r, keyGenotype, readGenotype), Classes: get(&r, keyClasses, decode[int])}
		if _, ok := values[keyArch]; ok && get(&r, keyArch, decode[string]) != n.Widths.String() {
			r.fail("%s: want the same as %s, %q", keyArch, keyChannels, n.Widths)
		}
		if r.err != nil {
			return Network{}, r.err
		}
		return n, n.Validate()
	}
	return Network{}, configError(keyName, "%s is not a network of this benchmark, want %q or %q", quote(name), InferTiny, InferShapeTiny)
}

// recordReader takes the values out of a record; the first error stays.
type recordReader struct {
	values map[string]json.RawMessage
	err    error
}

// check refuses keys that are none of those known, and records that lack one,
// but for the name and the cell.
func (r *recordReader) check(known ...string) {
	if classes, ok := r.values[keyFileClasses]; ok {
		r.oneOf(keyClasses, keyFileClasses)
		delete(r.values, keyFileClasses)
		r.values[keyClasses] = classes
	}
	for _, key := range slices.Sorted(maps.Keys(r.values)) {
		if !slices.Contains(known, key) {
			r.fail("unknown key %s, want %s", quote(key), strings.Join(known, ", "))
		}
	}
	for _, key := range known {
		if _, ok := r.values[key]; !ok && key != keyName && key != keyArch && key != keyGenotype {
			r.fail("key %q is missing", key)
		}
	}
}

// oneOf refuses records with both or neither of two keys.
func (r *recordReader) oneOf(a, b string) {
	_, hasA := r.values[a]
	_, hasB := r.values[b]
	if hasA == hasB {
		r.fail("want one of the keys %q and %q", a, b)
	}
}

func (r *recordReader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("config: "+format, args...)
	}
}

// cell reads the cell under the key that there is.
func (r *recordReader) cell() Cell {
	if _, ok := r.values[keyArch]; ok {
		return get(r, keyArch, readArch)
	}
	return get(r, keyGenotype, readGenotype)
}

// get reads the value of a key.
func get[T any](r *recordReader, key string, read func(json.RawMessage) (T, error)) (value T) {
	if _, ok := r.values[key]; !ok {
		r.fail("key %q is missing", key)
	}
	if r.err != nil {
		return value
	}
	value, err := read(r.values[key])
	if err != nil {
		r.err = configError(key, "%w", err)
	}
	return value
}

// members splits a JSON object. Names are compared exactly, as Python does, which
// encoding/json would not.
func members(object []byte) (map[string]json.RawMessage, error) {
	d := json.NewDecoder(bytes.NewReader(object))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, errors.New("config: want a JSON object")
	}
	values := make(map[string]json.RawMessage)
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, fmt.Errorf("config: %w", err)
		}
		key := t.(string)
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, fmt.Errorf("config: %w", err)
		}
		if _, twice := values[key]; twice {
			return nil, fmt.Errorf("config: key %s is given twice", quote(key))
		}
		values[key] = value
	}
	return values, nil
}

// decode reads a JSON value that must be a string or a whole number.
func decode[T string | int](value json.RawMessage) (T, error) {
	var p *T
	if err := json.Unmarshal(value, &p); err != nil || p == nil {
		var zero T
		kind := "whole number"
		if _, ok := any(zero).(string); ok {
			kind = "string"
		}
		return zero, fmt.Errorf("%s is not a %s", quote(string(value)), kind)
	}
	return *p, nil
}

// readWidths reads "8:16:24:24:40" or a list of whole numbers.
func readWidths(value json.RawMessage) (Widths, error) {
	if value[0] == '"' {
		text, err := decode[string](value)
		if err != nil {
			return nil, err
		}
		return ParseWidths(text)
	}
	var list []json.RawMessage
	if err := json.Unmarshal(value, &list); err != nil || list == nil {
		return nil, fmt.Errorf("%s is neither widths such as %q nor a list of them", quote(string(value)), "8:16:24:24:40")
	}
	widths := make(Widths, len(list))
	for i, item := range list {
		var err error
		if widths[i], err = decode[int](item); err != nil {
			return nil, err
		}
	}
	return widths, nil
}

func readArch(value json.RawMessage) (Cell, error) {
	arch, err := decode[string](value)
	if err != nil {
		return Cell{}, err
	}
	return Parse(arch)
}

// readGenotype reads an arch string or nested lists, a list of [op, node] for
// each of the nodes 1, 2, ...
func readGenotype(value json.RawMessage) (Cell, error) {
	if value[0] == '"' {
		return readArch(value)
	}
	var lists [][][]json.RawMessage
	if err := json.Unmarshal(value, &lists); err != nil {
		return Cell{}, errors.New("want an arch string or a list of lists of [op, node]")
	}
	nodes := make([][]Edge, len(lists))
	for i, list := range lists {
		for _, pair := range list {
			e, err := readGenotypeEdge(pair)
			if err != nil {
				return Cell{}, fmt.Errorf("node %d: %w", i+1, err)
			}
			nodes[i] = append(nodes[i], e)
		}
	}
	return New(nodes...)
}

func readGenotypeEdge(pair []json.RawMessage) (Edge, error) {
	if len(pair) != 2 {
		return Edge{}, fmt.Errorf("edge of %d values, want [op, node]", len(pair))
	}
	name, err := decode[string](pair[0])
	if err != nil {
		return Edge{}, err
	}
	op, problem := parseOp(name)
	if problem != "" {
		return Edge{}, errors.New(problem)
	}
	from, err := decode[int](pair[1])
	return Edge{op, from}, err
}
